-- The invariants that must never break, whatever the code does. Written by hand: Prisma's schema cannot say these.

-- Who and what: the values that the rules know (sections 4 and 5 of the specification).
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
ALTER TABLE "mails" ADD CONSTRAINT "mails_status_known" CHECK ("status" IN (
  'pending', 'sending', 'sent', 'failed', 'unconfirmed', 'skipped'));

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
ALTER TABLE "mails" ADD CONSTRAINT "mails_attempts" CHECK ("attempts" >= 0);
ALTER TABLE "payment_callbacks" ADD CONSTRAINT "payment_callbacks_attempts" CHECK ("attempts" >= 0);
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_size" CHECK ("size" >= 0);
ALTER TABLE "users" ADD CONSTRAINT "users_version" CHECK ("version" >= 1);

-- An appeal freezes its delivery, so there is never a second open one (DLV-9).
CREATE UNIQUE INDEX "appeals_one_open_per_delivery" ON "appeals" ("delivery_id") WHERE "status" = 'open';

-- What is waiting is a handful of rows among millions that are done.
CREATE INDEX "mails_due" ON "mails" ("next_attempt_at") WHERE "status" = 'pending';
CREATE INDEX "payment_callbacks_due" ON "payment_callbacks" ("next_attempt_at") WHERE "handled_at" IS NULL;
CREATE INDEX "idempotency_records_unanswered" ON "idempotency_records" ("created_at") WHERE "answered_at" IS NULL;

-- The audit trail is append-only (AUD-1): the application role is not granted more, and even the owner is refused.
CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "steps_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "steps"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- What operations look for among the mails, and what a killed process left behind.
CREATE INDEX "mails_unsettled" ON "mails" ("status", "message_id") WHERE "status" IN ('sending', 'failed', 'unconfirmed');
