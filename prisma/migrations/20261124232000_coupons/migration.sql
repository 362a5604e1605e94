-- Coupons (CPN). Adding columns that are empty or have a constant default rewrites no table.
ALTER TABLE "providers" ADD COLUMN "coupons_enabled_at" TIMESTAMPTZ(3);
ALTER TABLE "orders" ADD COLUMN "coupon_id" TEXT, ADD COLUMN "coupon_reduction_fen" BIGINT NOT NULL DEFAULT 0;

CREATE TABLE "coupons" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "product_ids" TEXT[],
    "kind" TEXT NOT NULL,
    "reduction_fen" BIGINT,
    "threshold_fen" BIGINT,
    "paid_basis_points" INTEGER,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,
    "quantity" INTEGER NOT NULL,
    "per_buyer" INTEGER NOT NULL,
    "scene" TEXT NOT NULL,
    "placement" TEXT NOT NULL,
    "link" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed" INTEGER NOT NULL DEFAULT 0,
    "paused" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "coupons_pkey" PRIMARY KEY ("id")
);
CREATE TABLE "coupon_claims" (
    "id" TEXT NOT NULL,
    "coupon_id" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "per_buyer" INTEGER NOT NULL,
    "issue_number" INTEGER NOT NULL,
    "buyer_number" INTEGER NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'claimed',
    "order_id" TEXT,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "coupon_claims_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "coupons_link_key" ON "coupons"("link");
CREATE INDEX "coupons_provider_id_id_idx" ON "coupons"("provider_id", "id");
CREATE UNIQUE INDEX "coupons_id_quantity_per_buyer_key" ON "coupons"("id", "quantity", "per_buyer");
CREATE UNIQUE INDEX "coupon_claims_order_id_key" ON "coupon_claims"("order_id");
CREATE INDEX "coupon_claims_buyer_id_id_idx" ON "coupon_claims"("buyer_id", "id");
CREATE INDEX "coupon_claims_buyer_id_status_id_idx" ON "coupon_claims"("buyer_id", "status", "id");
CREATE UNIQUE INDEX "coupon_claims_coupon_id_issue_number_key" ON "coupon_claims"("coupon_id", "issue_number");
CREATE UNIQUE INDEX "coupon_claims_coupon_id_buyer_id_buyer_number_key" ON "coupon_claims"("coupon_id", "buyer_id", "buyer_number");
ALTER TABLE "coupon_claims" ADD CONSTRAINT "coupon_claims_coupon_id_quantity_per_buyer_fkey" FOREIGN KEY ("coupon_id", "quantity", "per_buyer") REFERENCES "coupons"("id", "quantity", "per_buyer") ON DELETE RESTRICT ON UPDATE CASCADE;
