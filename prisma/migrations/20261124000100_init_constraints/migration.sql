-- The invariants that must never break, whatever the code does. Written by hand: Prisma's schema cannot say these.

-- Who and what: the values that the rules know (DLV, ORD).
ALTER TABLE "users" ADD CONSTRAINT "users_role_known" CHECK ("role" IN ('buyer', 'provider', 'ops'));

ALTER TABLE "orders"
  ADD CONSTRAINT "orders_state_known" CHECK ("state" IN (
    'pending_payment', 'awaiting_start', 'implementing', 'awaiting_confirmation', 'completed', 'closed',
    'refunding', 'refunded', 'cancelled')),
  ADD CONSTRAINT "orders_payment_channel_known" CHECK ("payment_channel" IN ('tencent_cloud', 'wechat', 'tenpay'));

ALTER TABLE "deliveries"
  ADD CONSTRAINT "deliveries_flow_known" CHECK ("flow" IN ('standard', 'self_operated')),
  ADD CONSTRAINT "deliveries_stage_known" CHECK ("stage" IN (
    'awaiting_dispatch', 'awaiting_requirement', 'awaiting_requirement_confirmation', 'implementing',
    'awaiting_platform_check', 'awaiting_acceptance', 'completed', 'cancelled'));

ALTER TABLE "payment_callbacks"
  ADD CONSTRAINT "payment_callbacks_status_known" CHECK ("status" IN ('succeeded', 'failed'));
ALTER TABLE "payments" ADD CONSTRAINT "payments_status_known" CHECK ("status" IN ('accepted', 'surplus'));
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_status_known" CHECK ("status" IN ('requested', 'refunded'));
ALTER TABLE "appeals"
  ADD CONSTRAINT "appeals_status_known" CHECK ("status" IN ('open', 'resolved')),
  ADD CONSTRAINT "appeals_opened_by_known" CHECK ("opened_by" IN ('buyer', 'provider')),
  ADD CONSTRAINT "appeals_ruling_known" CHECK ("ruling" IN (
    'resume', 'redo_requirement', 'redo_implementation', 'accept', 'cancel_and_refund')),
  ADD CONSTRAINT "appeals_resolved_with_ruling" CHECK (
    ("status" = 'resolved') = ("ruling" IS NOT NULL AND "resolved_at" IS NOT NULL AND "resolved_by" IS NOT NULL));
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_status_known" CHECK ("status" IN (
  'pending', 'in_progress', 'sent', 'failed', 'unconfirmed', 'skipped'));

-- Money is whole fen and never below zero; an order never gives back more than it took.
ALTER TABLE "product_specs"
  ADD CONSTRAINT "product_specs_money" CHECK ("list_price_fen" >= 0 AND "price_fen" >= 0),
  ADD CONSTRAINT "product_specs_duration" CHECK ("duration" >= 1);
ALTER TABLE "orders"
  ADD CONSTRAINT "orders_money" CHECK ("payable_fen" >= 0 AND "paid_fen" >= 0 AND "refunded_fen" >= 0),
  ADD CONSTRAINT "orders_refund_within_payment" CHECK ("refunded_fen" <= "paid_fen");
ALTER TABLE "payment_callbacks" ADD CONSTRAINT "payment_callbacks_money" CHECK ("amount_fen" >= 0);
ALTER TABLE "payments" ADD CONSTRAINT "payments_money" CHECK ("amount_fen" >= 0);
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_money" CHECK ("amount_fen" >= 0);
ALTER TABLE "appeals" ADD CONSTRAINT "appeals_money" CHECK ("refund_fen" >= 0);

-- Counters count upwards from nothing.
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_counters" CHECK (
  "requirement_rejections" >= 0 AND "acceptance_rejections" >= 0 AND "sequence" >= 0);
ALTER TABLE "steps" ADD CONSTRAINT "steps_sequence" CHECK ("sequence" >= 0);
ALTER TABLE "messages" ADD CONSTRAINT "messages_sequence" CHECK ("sequence" >= 0);
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_attempts" CHECK ("attempts" >= 0);
ALTER TABLE "payment_callbacks" ADD CONSTRAINT "payment_callbacks_attempts" CHECK ("attempts" >= 0);
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_size" CHECK ("size" >= 0);
ALTER TABLE "users" ADD CONSTRAINT "users_version" CHECK ("version" >= 0); -- 0: known from a token only

-- An appeal freezes its delivery, so there is never a second open one (DLV-9).
CREATE UNIQUE INDEX "appeals_one_open_per_delivery" ON "appeals" ("delivery_id") WHERE "status" = 'open';

-- What is waiting is a handful of rows among millions that are done.
CREATE INDEX "payment_callbacks_due" ON "payment_callbacks" ("next_attempt_at") WHERE "handled_at" IS NULL;
-- What waits is found by its age, however much has been done since.
CREATE INDEX "payment_callbacks_unhandled" ON "payment_callbacks" ("received_at") WHERE "handled_at" IS NULL;
CREATE INDEX "refunds_unsent" ON "refunds" ("requested_at") WHERE "status" = 'requested';
-- What workers look at: a step may have been stored while nobody was answered about it.
CREATE INDEX "idempotency_records_unanswered" ON "idempotency_records" ("look_at")
  WHERE "answered_at" IS NULL AND "reconciled_at" IS NULL;

-- The audit trail is append-only (AUD-1): the application role is not granted more, and even the owner is refused.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "steps_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "steps"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

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
ALTER TABLE "product_specs" ADD CONSTRAINT "product_specs_discount" CHECK ("price_fen" <= "list_price_fen");
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

ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_channel_known" CHECK ("channel" IN ('email', 'sms'));
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_channels_known" CHECK ("channels" <@ ARRAY['in_site', 'email', 'sms']);
-- Each channel has a relay of its own: what waits for one is not in the other's way.
CREATE INDEX "notification_deliveries_due" ON "notification_deliveries" ("channel", "next_attempt_at") WHERE "status" = 'pending';
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_status_known" CHECK ("status" IN (
  'pending', 'delivered', 'failed'));

-- What was signed and what was tried stays as it was: also the owner is refused.
CREATE TRIGGER "agreements_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "agreements"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- What a person did, newest first (AUD-1): the system's own steps, half of them all, are not looked for by actor.
CREATE INDEX "steps_of_person" ON "steps" ("actor_id", "at") WHERE "actor_role" <> 'system';

-- Looks at contacts are part of the trail, and as append-only as the rest of it (ORD-7).
CREATE TRIGGER "contact_looks_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "contact_looks"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- What no worker has logged yet; what is kept for a time only.
CREATE INDEX "unaddressed_notices_to_log" ON "unaddressed_notices" ("created_at") WHERE "logged_at" IS NULL;
CREATE INDEX "unaddressed_notices_logged" ON "unaddressed_notices" ("created_at") WHERE "logged_at" IS NOT NULL;

ALTER TABLE "notification_channels"
  ADD CONSTRAINT "notification_channels_channel_known" CHECK ("channel" IN ('email', 'sms')),
  ADD CONSTRAINT "notification_channels_failures" CHECK ("failures" >= 1);

-- The next event of an object; events whose workflow was not signalled yet, by when a worker may claim them and by object.
CREATE INDEX "webhook_deliveries_waiting" ON "webhook_deliveries" ("endpoint_id", "object_id", "sequence") WHERE "status" = 'pending';
CREATE INDEX "webhook_deliveries_to_dispatch" ON "webhook_deliveries" ("next_dispatch_at") WHERE "dispatched_at" IS NULL;
CREATE INDEX "webhook_deliveries_to_dispatch_by_object" ON "webhook_deliveries" ("endpoint_id", "object_id") WHERE "dispatched_at" IS NULL;
CREATE INDEX "webhook_deliveries_settled" ON "webhook_deliveries" ("settled_at") WHERE "settled_at" IS NOT NULL;
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_settled" CHECK (("status" = 'pending') = ("settled_at" IS NULL));

-- Attempts stay as they were for as long as their event is kept: nobody deletes one alone.
CREATE TRIGGER "webhook_attempts_append_only" BEFORE UPDATE OR TRUNCATE ON "webhook_attempts"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE FUNCTION "refuse_delete_of_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM "webhook_deliveries" WHERE "id" = OLD."delivery_id") THEN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END
$$;
CREATE TRIGGER "webhook_attempts_kept" BEFORE DELETE ON "webhook_attempts"
  FOR EACH ROW EXECUTE FUNCTION "refuse_delete_of_kept"();

-- What lists are served by: each filter of a list has an index in the order of the list, so that a page reads what it
-- shows, however rare that is. test/prisma/list-plans.test.ts asks every list for its plan.

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

CREATE INDEX "notification_deliveries_by_status" ON "notification_deliveries" ("status", "message_id", "channel") WHERE "status" <> 'sent';
CREATE INDEX "notification_deliveries_by_sms" ON "notification_deliveries" ("message_id") WHERE "channel" = 'sms';

CREATE INDEX "messages_unread" ON "messages" ("recipient_id", "event_group", "id") WHERE "read_at" IS NULL AND "in_site";
CREATE INDEX "messages_by_group" ON "messages" ("recipient_id", "event_group", "id");

CREATE INDEX "webhook_deliveries_by_status" ON "webhook_deliveries" ("endpoint_id", "status", "id");

CREATE INDEX "products_published" ON "products" ("id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_category" ON "products" ("category", "id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_type" ON "products" ("type", "id") WHERE "status" = 'published';
CREATE INDEX "products_published_by_grade" ON "products" ("grade", "id") WHERE "status" = 'published';
