-- What kind of purchase an order is (CPN-1), whether it is a free trial (PRD-2), and the instance that it is for more of.
-- Orders from before were all new ones, at a price.
ALTER TABLE "orders"
  ADD COLUMN "scene" TEXT NOT NULL DEFAULT 'new',
  ADD COLUMN "is_trial" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "renews_instance_id" TEXT;

-- A claim is found by what its coupon is for.
ALTER TABLE "coupon_claims" ADD COLUMN "scene" TEXT NOT NULL DEFAULT 'new';
ALTER TABLE "coupon_claims" DISABLE TRIGGER "coupon_claims_used_once";
UPDATE "coupon_claims" k SET "scene" = c."scene" FROM "coupons" c WHERE c."id" = k."coupon_id" AND c."scene" <> 'new';
ALTER TABLE "coupon_claims" ENABLE TRIGGER "coupon_claims_used_once";
CREATE INDEX "coupon_claims_buyer_id_scene_id_idx" ON "coupon_claims"("buyer_id", "scene", "id");
