-- What lists are served by: each filter of a list has an index in the order of the list, so that a page reads what it
-- shows, however rare that is. test/prisma/list-plans.test.ts asks every list for its plan.

-- Whose order was looked at: the trail of a provider is found without its orders.
ALTER TABLE "contact_looks" ADD COLUMN "provider_id" TEXT;
ALTER TABLE "contact_looks" DISABLE TRIGGER "contact_looks_append_only";
UPDATE "contact_looks" SET "provider_id" = "orders"."provider_id" FROM "orders" WHERE "orders"."id" = "contact_looks"."order_id";
ALTER TABLE "contact_looks" ENABLE TRIGGER "contact_looks_append_only";
CREATE INDEX "contact_looks_by_provider" ON "contact_looks" ("provider_id", "at", "order_id", "id");
CREATE INDEX "contact_looks_by_viewer" ON "contact_looks" ("viewer_id", "at");

CREATE INDEX "orders_by_state" ON "orders" ("state", "id");
CREATE INDEX "orders_of_provider_by_state" ON "orders" ("provider_id", "state", "id");
CREATE INDEX "orders_of_buyer_by_state" ON "orders" ("buyer_id", "state", "id");

CREATE INDEX "deliveries_frozen" ON "deliveries" ("id") WHERE "frozen";
CREATE INDEX "deliveries_of_provider_by_stage" ON "deliveries" ("provider_id", "stage", "id");
CREATE INDEX "deliveries_of_buyer_by_stage" ON "deliveries" ("buyer_id", "stage", "id");

-- Ids of different kinds sort by time only after their prefixes.
CREATE INDEX "reviews_by_time" ON "reviews" (substr("id", 5));
CREATE INDEX "reviews_by_status" ON "reviews" ("status", substr("id", 5));
CREATE INDEX "reviews_by_kind" ON "reviews" ("kind", "status", substr("id", 5));
CREATE INDEX "reviews_of_provider_by_time" ON "reviews" ("provider_id", substr("id", 5));
CREATE INDEX "reviews_of_provider_by_kind" ON "reviews" ("provider_id", "kind", "status", substr("id", 5));
CREATE INDEX "reviews_of_provider_by_operation" ON "reviews" ("provider_id", "operation", substr("id", 5));
CREATE INDEX "reviews_open_by_time" ON "reviews" (substr("id", 5)) WHERE "status" IN ('security_check', 'in_review');
CREATE INDEX "reviews_overdue" ON "reviews" (substr("id", 5)) WHERE "overdue";

-- An action is found by how it begins.
CREATE INDEX "steps_by_action" ON "steps" ("action" text_pattern_ops, "at");
CREATE INDEX "steps_of_provider_by_action" ON "steps" ("provider_id", "action" text_pattern_ops, "at");

DROP INDEX "sendings_unsettled";
CREATE INDEX "sendings_by_status" ON "sendings" ("status", "message_id", "channel") WHERE "status" <> 'sent';
CREATE INDEX "sendings_by_sms" ON "sendings" ("message_id") WHERE "channel" = 'sms';

DROP INDEX "messages_unread";
CREATE INDEX "messages_unread" ON "messages" ("recipient_id", "event_group", "id") WHERE "read_at" IS NULL AND "in_site";
CREATE INDEX "messages_by_group" ON "messages" ("recipient_id", "event_group", "id");

CREATE INDEX "webhook_deliveries_by_status" ON "webhook_deliveries" ("endpoint_id", "status", "id");

CREATE INDEX "products_published" ON "products" ("id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_category" ON "products" ("category", "id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_type" ON "products" ("type", "id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_grade" ON "products" ("grade", "id") WHERE "status" = 'published';
