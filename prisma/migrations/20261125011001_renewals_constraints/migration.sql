-- What must never break of trials and renewals. Written by hand: Prisma's schema cannot say these.
ALTER TABLE "orders"
  ADD CONSTRAINT "orders_scene_known" CHECK ("scene" IN ('new', 'renewal', 'trial_to_formal')),
  ADD CONSTRAINT "orders_renews_an_instance" CHECK (("scene" = 'new') = ("renews_instance_id" IS NULL)),
  ADD CONSTRAINT "orders_trial_is_free_and_new" CHECK (NOT "is_trial" OR ("payable_fen" = 0 AND "scene" = 'new'));
-- A buyer tries a product once; a trial that was never taken does not count.
CREATE UNIQUE INDEX "orders_one_trial_each" ON "orders" ("buyer_id", "product_id") WHERE "is_trial" AND "state" <> 'closed';

ALTER TABLE "coupon_claims"
  ADD CONSTRAINT "coupon_claims_scene_known" CHECK ("scene" IN ('new', 'renewal', 'trial_to_formal'));
-- A claim stays of its coupon's scene, which never changes.
CREATE TRIGGER "coupon_claims_of_one_scene" BEFORE UPDATE OF "scene" ON "coupon_claims"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
