-- The invariants of what came with the reviews, written by hand: Prisma's schema cannot say these.

-- One review at a time: of a shop, of a product (PRD-4), of each kind of locked account data.
CREATE UNIQUE INDEX "reviews_one_open_per_object" ON "reviews" ("object_id", (CASE WHEN "kind" = 'account' THEN "operation" ELSE '' END))
  WHERE "status" IN ('security_check', 'in_review');
CREATE INDEX "reviews_open" ON "reviews" ("due_at") WHERE "status" IN ('security_check', 'in_review');
ALTER TABLE "reviews"
  ADD CONSTRAINT "reviews_kind_known" CHECK ("kind" IN ('shop', 'product', 'account')),
  ADD CONSTRAINT "reviews_status_known" CHECK ("status" IN (
    'security_check', 'in_review', 'approved', 'rejected', 'withdrawn', 'effective')),
  ADD CONSTRAINT "reviews_sequence" CHECK ("sequence" >= 1),
  ADD CONSTRAINT "reviews_decided" CHECK (("status" IN ('security_check', 'in_review')) = ("decided_at" IS NULL));

-- One version of a shop is being worked on at a time (SHOP-5).
CREATE UNIQUE INDEX "shop_versions_one_open_per_shop" ON "shop_versions" ("shop_id") WHERE "status" IN ('draft', 'in_review');
CREATE UNIQUE INDEX "shop_versions_one_published_per_shop" ON "shop_versions" ("shop_id") WHERE "status" = 'published';
ALTER TABLE "shop_versions" ADD CONSTRAINT "shop_versions_status_known" CHECK ("status" IN (
  'draft', 'in_review', 'rejected', 'published', 'superseded'));

ALTER TABLE "products"
  ADD CONSTRAINT "products_status_known" CHECK ("status" IN ('unpublished', 'published', 'delisted', 'exited')),
  ADD CONSTRAINT "products_grade_known" CHECK ("grade" IN ('certified', 'bazaar')),
  ADD CONSTRAINT "products_version" CHECK ("version" >= 0),
  ADD CONSTRAINT "products_token_sealed" CHECK (NOT jsonb_exists("content", 'deliveryToken'));
ALTER TABLE "product_specs" ADD CONSTRAINT "product_specs_discount" CHECK ("price_fen" <= "list_price_fen") NOT VALID;
-- Whose documents a file is: of a published product, of an application.
CREATE INDEX "products_content" ON "products" USING gin ("content" jsonb_path_ops);
CREATE INDEX "reviews_proposed" ON "reviews" USING gin ("proposed" jsonb_path_ops) WHERE "kind" = 'product';

ALTER TABLE "users" ADD CONSTRAINT "users_account_known" CHECK ("account" IN ('main', 'sub'));
CREATE UNIQUE INDEX "users_one_main_per_provider" ON "users" ("provider_id") WHERE "account" = 'main';
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_reachable" CHECK ("email" IS NOT NULL OR "phone" IS NOT NULL);
ALTER TABLE "providers"
  ADD CONSTRAINT "providers_money" CHECK ("registered_capital_fen" >= 0 AND "yearly_revenue_fen" >= 0),
  ADD CONSTRAINT "providers_counts" CHECK ("team_size" >= 0 AND "years_registered" >= 0 AND "version" >= 1),
  ADD CONSTRAINT "providers_payee_whole" CHECK (
    num_nulls("account_holder", "bank_location", "bank", "branch", "account_number_sealed", "account_number_last4") IN (0, 6)),
  ADD CONSTRAINT "providers_locked_payee" CHECK ("revenue_agreement_at" IS NULL OR "account_number_sealed" IS NOT NULL);
ALTER TABLE "agreements" ADD CONSTRAINT "agreements_kind_known" CHECK ("kind" IN ('entry', 'revenue_supplement'));

ALTER TABLE "sendings" ADD CONSTRAINT "sendings_channel_known" CHECK ("channel" IN ('email', 'sms'));
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_channels_known" CHECK ("channels" <@ ARRAY['in_site', 'email', 'sms']);
-- Each channel has a relay of its own: what waits for one is not in the other's way.
DROP INDEX "sendings_due";
CREATE INDEX "sendings_due" ON "sendings" ("channel", "next_attempt_at") WHERE "status" = 'pending';
DROP INDEX "sendings_unsettled";
CREATE INDEX "sendings_unsettled" ON "sendings" ("status", "message_id", "channel") WHERE "status" IN ('sending', 'failed', 'unconfirmed');
-- Of an inbox, little is unread.
CREATE INDEX "messages_unread" ON "messages" ("recipient_id", "event_group") WHERE "read_at" IS NULL AND "in_site";
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_status_known" CHECK ("status" IN (
  'pending', 'delivered', 'failed'));
CREATE INDEX "webhook_deliveries_waiting" ON "webhook_deliveries" ("endpoint_id", "object_id", "sequence", "id") WHERE "status" = 'pending';
CREATE INDEX "webhook_deliveries_to_hand" ON "webhook_deliveries" ("created_at") WHERE "handed_at" IS NULL;

-- What was signed and what was tried stays as it was: also the owner is refused.
CREATE TRIGGER "agreements_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "agreements"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "webhook_attempts_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "webhook_attempts"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- What a person did, newest first (AUD-1): the system's own steps, half of them all, are not looked for by actor.
CREATE INDEX "steps_of_person" ON "steps" ("actor_id", "at") WHERE "actor_role" <> 'system';

-- Looks at contacts are part of the trail, and as append-only as the rest of it (ORD-7).
CREATE TRIGGER "contact_looks_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "contact_looks"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
