-- What the ledger was at the end of each day that is closed, so that a change to an older day is seen (WDR-9).
CREATE TABLE "ledger_seals" (
    "until" TIMESTAMPTZ(3) NOT NULL,
    "journals" BIGINT NOT NULL,
    "digest" TEXT NOT NULL,

    CONSTRAINT "ledger_seals_pkey" PRIMARY KEY ("until")
);

-- A difference belongs to a day, and is over when it is seen no more: the same may come back as another one.
ALTER TABLE "reconciliation_differences" ADD COLUMN "day" TEXT, ADD COLUMN "settled_at" TIMESTAMPTZ(3), ADD COLUMN "settled_run" TEXT;
UPDATE "reconciliation_differences" SET "day" = to_char(("found_at" AT TIME ZONE 'Asia/Shanghai') - interval '1 day', 'YYYY-MM-DD');
ALTER TABLE "reconciliation_differences" ALTER COLUMN "day" SET NOT NULL;
DROP INDEX "reconciliation_differences_kind_key_ledger_fen_other_fen_key";
CREATE INDEX "reconciliation_differences_day_idx" ON "reconciliation_differences"("day");
