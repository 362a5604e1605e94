-- The invariants of notifications and webhook events, written by hand: Prisma's schema cannot say these.

-- 0: known from a token only.
ALTER TABLE "users" DROP CONSTRAINT "users_version";
ALTER TABLE "users" ADD CONSTRAINT "users_version" CHECK ("version" >= 0);

-- What no worker has logged yet; what is kept for a time only.
CREATE INDEX "unaddressed_notices_to_log" ON "unaddressed_notices" ("created_at") WHERE "logged_at" IS NULL;
CREATE INDEX "unaddressed_notices_logged" ON "unaddressed_notices" ("created_at") WHERE "logged_at" IS NOT NULL;

ALTER TABLE "notification_channels"
  ADD CONSTRAINT "notification_channels_channel_known" CHECK ("channel" IN ('email', 'sms')),
  ADD CONSTRAINT "notification_channels_failures" CHECK ("failures" >= 1);

-- The next event of an object; what no worker has handed over yet, by when it may be taken and by its workflow.
CREATE INDEX "webhook_deliveries_waiting" ON "webhook_deliveries" ("endpoint_id", "object_id", "sequence") WHERE "status" = 'pending';
CREATE INDEX "webhook_deliveries_to_hand" ON "webhook_deliveries" ("next_hand_at") WHERE "handed_at" IS NULL;
CREATE INDEX "webhook_deliveries_to_hand_by_object" ON "webhook_deliveries" ("endpoint_id", "object_id") WHERE "handed_at" IS NULL;
CREATE INDEX "webhook_deliveries_settled" ON "webhook_deliveries" ("settled_at") WHERE "settled_at" IS NOT NULL;
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_settled" CHECK (("status" = 'pending') = ("settled_at" IS NULL));

-- Attempts stay as they were for as long as their event is kept: nobody deletes one alone.
DROP TRIGGER "webhook_attempts_append_only" ON "webhook_attempts";
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
