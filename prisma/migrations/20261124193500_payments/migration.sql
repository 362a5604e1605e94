-- An order that is about to close looks for payments that were received in time (ORD-6).
CREATE INDEX "payment_callbacks_order_id_idx" ON "payment_callbacks" ("order_id");
