-- Whom notices reach: what a person's newest token says, and what nobody could be told of.
ALTER TABLE "users" ADD COLUMN "token_issued_at" TIMESTAMPTZ(3);

CREATE TABLE "unaddressed_notices" (
    "object_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "event" TEXT NOT NULL,
    "audience" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "logged_at" TIMESTAMPTZ(3),

    CONSTRAINT "unaddressed_notices_pkey" PRIMARY KEY ("object_id","sequence","event","audience")
);

-- A channel whose server is away.
CREATE TABLE "notification_channels" (
    "channel" TEXT NOT NULL,
    "paused_since" TIMESTAMPTZ(3) NOT NULL,
    "paused_until" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL,
    "last_error" TEXT NOT NULL,

    CONSTRAINT "notification_channels_pkey" PRIMARY KEY ("channel")
);

-- A message is purged with its deliveries.
ALTER TABLE "sendings" DROP CONSTRAINT "sendings_message_id_fkey";
ALTER TABLE "sendings" ADD CONSTRAINT "sendings_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Webhook events are about the object that is meant; their order is a number of their own.
DROP INDEX "webhook_deliveries_endpoint_id_object_id_sequence_event_key";
DROP INDEX "webhook_deliveries_waiting";
DROP INDEX "webhook_deliveries_to_hand";
ALTER TABLE "webhook_deliveries" ADD COLUMN "step_object_id" TEXT;
UPDATE "webhook_deliveries" SET "step_object_id" = "object_id";
ALTER TABLE "webhook_deliveries" ALTER COLUMN "step_object_id" SET NOT NULL;
ALTER TABLE "webhook_deliveries" RENAME COLUMN "sequence" TO "step_sequence";
ALTER TABLE "webhook_deliveries"
  ADD COLUMN "sequence" BIGSERIAL NOT NULL,
  ADD COLUMN "hand_failures" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "next_hand_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "settled_at" TIMESTAMPTZ(3);
UPDATE "webhook_deliveries" SET "settled_at" = coalesce("delivered_at", "created_at") WHERE "status" <> 'pending';
CREATE UNIQUE INDEX "webhook_deliveries_endpoint_id_step_object_id_step_sequence_key" ON "webhook_deliveries"("endpoint_id", "step_object_id", "step_sequence", "event");

-- Attempts go with their event.
ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "webhook_deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;
