ALTER TABLE "idempotency_records"
  ADD COLUMN "attempt" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "under_way" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "look_at" TIMESTAMPTZ(3) NOT NULL DEFAULT (now() + '00:00:05'::interval),
  ADD COLUMN "looks" INTEGER NOT NULL DEFAULT 0;

-- What workers look at: a step may have been stored while nobody was answered about it.
DROP INDEX "idempotency_records_unanswered";
CREATE INDEX "idempotency_records_unanswered" ON "idempotency_records" ("look_at")
  WHERE "answered_at" IS NULL AND "reconciled_at" IS NULL;
