ALTER TABLE "coupons"
  ADD CONSTRAINT "coupons_name_length" CHECK (char_length("name") BETWEEN 1 AND 50),
  ADD CONSTRAINT "coupons_scope_known" CHECK (
    "product_ids" IS NOT NULL AND ("scope" = 'shop' AND cardinality("product_ids") = 0 OR "scope" = 'products' AND cardinality("product_ids") > 0)),
  -- Of a kind its own amounts, and no others (CPN-1).
  ADD CONSTRAINT "coupons_kind_whole" CHECK (
    "kind" = 'full_reduction' AND num_nulls("reduction_fen", "threshold_fen") = 0 AND "paid_basis_points" IS NULL
    OR "kind" = 'discount' AND num_nonnulls("reduction_fen", "threshold_fen") = 0 AND "paid_basis_points" IS NOT NULL),
  ADD CONSTRAINT "coupons_money" CHECK ("reduction_fen" > 0 AND "reduction_fen" < "threshold_fen"),
  ADD CONSTRAINT "coupons_discount" CHECK ("paid_basis_points" BETWEEN 1000 AND 9900),
  ADD CONSTRAINT "coupons_validity" CHECK ("created_at" < "valid_from" AND "valid_from" < "valid_to"),
  ADD CONSTRAINT "coupons_scene_known" CHECK ("scene" IN ('new', 'renewal', 'trial_to_formal')),
  ADD CONSTRAINT "coupons_placement_known" CHECK ("placement" IN ('product_page', 'link')),
  ADD CONSTRAINT "coupons_link_of_placement" CHECK (("placement" = 'link') = ("link" IS NOT NULL)),
  ADD CONSTRAINT "coupons_counts" CHECK ("quantity" >= 1 AND "per_buyer" BETWEEN 1 AND "quantity"),
  -- Never more claimed than issued (CPN-4).
  ADD CONSTRAINT "coupons_claimed_within_quantity" CHECK ("claimed" BETWEEN 0 AND "quantity");

-- The numbers of a claim are unique and bounded by the coupon's own: even without any counter no more claims can exist
-- than were issued, nor than a buyer may have (CPN-4).
ALTER TABLE "coupon_claims"
  ADD CONSTRAINT "coupon_claims_within_quantity" CHECK ("issue_number" BETWEEN 1 AND "quantity"),
  ADD CONSTRAINT "coupon_claims_within_per_buyer" CHECK ("buyer_number" BETWEEN 1 AND "per_buyer"),
  ADD CONSTRAINT "coupon_claims_status_known" CHECK ("status" IN ('claimed', 'reserved', 'used')),
  ADD CONSTRAINT "coupon_claims_order_of_status" CHECK (("status" = 'claimed') = ("order_id" IS NULL));

ALTER TABLE "orders" ADD CONSTRAINT "orders_coupon" CHECK (
  "coupon_reduction_fen" >= 0 AND ("coupon_id" IS NOT NULL OR "coupon_reduction_fen" = 0));

-- Whose coupons a product page shows.
CREATE INDEX "coupons_on_product_pages" ON "coupons" ("provider_id", "id") WHERE "placement" = 'product_page' AND NOT "paused";
-- Every claim changes the counter: room for the new version of the row beside the old one.
ALTER TABLE "coupons" SET (fillfactor = 70);

-- A coupon is immutable once created (CPN-2), also for the schema's owner: only the counter and the pause change.
CREATE TRIGGER "coupons_immutable" BEFORE DELETE OR TRUNCATE OR UPDATE OF
    "id", "provider_id", "name", "scope", "product_ids", "kind", "reduction_fen", "threshold_fen", "paid_basis_points",
    "valid_from", "valid_to", "quantity", "per_buyer", "scene", "placement", "link", "created_by", "created_at"
  ON "coupons" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE FUNCTION "refuse_unclaiming"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what was claimed of coupon % stays claimed', OLD."id" USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "coupons_claimed_grows" BEFORE UPDATE OF "claimed" ON "coupons"
  FOR EACH ROW WHEN (NEW."claimed" < OLD."claimed") EXECUTE FUNCTION "refuse_unclaiming"();

-- A claim stays its buyer's; only its way on an order changes.
CREATE TRIGGER "coupon_claims_immutable" BEFORE DELETE OR TRUNCATE OR UPDATE OF
    "id", "coupon_id", "quantity", "per_buyer", "issue_number", "buyer_number", "buyer_id", "claimed_at"
  ON "coupon_claims" FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
-- What was used stays used, by the order that used it: no refund gives it back (RFD-6), nothing uses it twice (CPN-4).
CREATE FUNCTION "refuse_reuse"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'coupon % is % for order %', OLD."id", OLD."status", OLD."order_id" USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER "coupon_claims_used_once" BEFORE UPDATE ON "coupon_claims"
  FOR EACH ROW WHEN (OLD."status" = 'used'
    OR OLD."order_id" IS NOT NULL AND NEW."order_id" IS NOT NULL AND NEW."order_id" <> OLD."order_id")
  EXECUTE FUNCTION "refuse_reuse"();
