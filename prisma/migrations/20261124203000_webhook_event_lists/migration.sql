-- The log of one object's events.
CREATE INDEX "webhook_deliveries_endpoint_id_object_id_id_idx" ON "webhook_deliveries"("endpoint_id", "object_id", "id");
