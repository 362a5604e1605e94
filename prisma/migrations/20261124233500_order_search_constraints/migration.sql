-- Orders are searched by the time of purchase or of completion (ORD-1). When an order was completed stays known
-- whatever becomes of it: a refund later on ends it once more. Whichever statement completes an order, this notes it.
ALTER TABLE "orders" ADD COLUMN "completed_at" TIMESTAMPTZ(3);
UPDATE "orders" SET "completed_at" = coalesce("ended_at", "updated_at") WHERE "state" = 'completed';
CREATE FUNCTION "note_completion"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."completed_at" := coalesce(NEW."ended_at", NEW."updated_at");
  RETURN NEW;
END
$$;
CREATE TRIGGER "orders_note_completion" BEFORE INSERT OR UPDATE OF "state" ON "orders"
  FOR EACH ROW WHEN (NEW."state" = 'completed' AND NEW."completed_at" IS NULL) EXECUTE FUNCTION "note_completion"();

-- A list of orders is ordered by the time that it is searched by, so each of these serves a filter, a range and a place.
CREATE INDEX "orders_by_purchase" ON "orders" ("created_at", "id");
CREATE INDEX "orders_by_state_and_purchase" ON "orders" ("state", "created_at", "id");
CREATE INDEX "orders_of_provider_by_purchase" ON "orders" ("provider_id", "created_at", "id");
CREATE INDEX "orders_of_provider_by_state_and_purchase" ON "orders" ("provider_id", "state", "created_at", "id");
CREATE INDEX "orders_of_buyer_by_purchase" ON "orders" ("buyer_id", "created_at", "id");
CREATE INDEX "orders_of_buyer_by_state_and_purchase" ON "orders" ("buyer_id", "state", "created_at", "id");
-- Written once in the life of an order.
CREATE INDEX "orders_by_completion" ON "orders" ("completed_at", "id") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "orders_by_state_and_completion" ON "orders" ("state", "completed_at", "id")
  WHERE "completed_at" IS NOT NULL;
CREATE INDEX "orders_of_provider_by_completion" ON "orders" ("provider_id", "completed_at", "id")
  WHERE "completed_at" IS NOT NULL;
CREATE INDEX "orders_of_provider_by_state_and_completion" ON "orders" ("provider_id", "state", "completed_at", "id")
  WHERE "completed_at" IS NOT NULL;
CREATE INDEX "orders_of_buyer_by_completion" ON "orders" ("buyer_id", "completed_at", "id")
  WHERE "completed_at" IS NOT NULL;
CREATE INDEX "orders_of_buyer_by_state_and_completion" ON "orders" ("buyer_id", "state", "completed_at", "id")
  WHERE "completed_at" IS NOT NULL;

-- What ordered them by id: the indexes above begin with the same columns.
DROP INDEX "orders_buyer_id_id_idx";
DROP INDEX "orders_provider_id_id_idx";
DROP INDEX "orders_by_state";
DROP INDEX "orders_of_provider_by_state";
DROP INDEX "orders_of_buyer_by_state";
