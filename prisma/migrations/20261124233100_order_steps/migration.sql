-- An order has steps of its own beyond its payment (ORD-2, ORD-5): its row says how far it is, and keeps the policies of
-- one that its provider fulfils directly. A payment names the price that it was made for.
ALTER TABLE "orders" ADD COLUMN "sequence" INTEGER NOT NULL DEFAULT 1, ADD COLUMN "policy" JSONB;
ALTER TABLE "payment_callbacks" ADD COLUMN "price_version" INTEGER;

UPDATE "orders" SET "sequence" = 2 WHERE "state" <> 'pending_payment';

ALTER TABLE "orders" ADD CONSTRAINT "orders_sequence" CHECK ("sequence" >= 1);
ALTER TABLE "payment_callbacks" ADD CONSTRAINT "payment_callbacks_price_version" CHECK ("price_version" >= 1);
