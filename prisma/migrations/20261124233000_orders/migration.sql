-- What an order keeps of what it was placed on (ORD, PRD-7, WDR-1). Orders from before were placed at one price, had the
-- fee of all products, and were all supervised.
ALTER TABLE "orders"
  ADD COLUMN "original_fen" BIGINT,
  ADD COLUMN "price_version" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "product_type" TEXT,
  ADD COLUMN "fulfilment" TEXT NOT NULL DEFAULT 'delivery',
  ADD COLUMN "product_version" INTEGER,
  ADD COLUMN "agreement_sha256" TEXT,
  ADD COLUMN "fee_basis_points" INTEGER NOT NULL DEFAULT 1000;

UPDATE "orders" o SET "original_fen" = o."payable_fen",
  "product_type" = coalesce((SELECT p."type" FROM "products" p WHERE p."id" = o."product_id"), 'human_service');

ALTER TABLE "orders"
  ALTER COLUMN "original_fen" SET NOT NULL,
  ALTER COLUMN "product_type" SET NOT NULL,
  ADD CONSTRAINT "orders_price_within_original" CHECK ("payable_fen" <= "original_fen" AND "price_version" >= 1),
  ADD CONSTRAINT "orders_fee_basis_points" CHECK ("fee_basis_points" BETWEEN 0 AND 10000),
  ADD CONSTRAINT "orders_product_type_known" CHECK ("product_type" IN ('image', 'human_service', 'saas', 'api')),
  ADD CONSTRAINT "orders_fulfilment_known" CHECK ("fulfilment" IN ('delivery', 'direct', 'instance', 'immediate'));
