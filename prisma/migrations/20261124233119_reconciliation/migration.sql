-- CreateTable
CREATE TABLE "reconciliation_differences" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "channel" TEXT,
    "ledger_fen" BIGINT NOT NULL,
    "other_fen" BIGINT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'open',
    "found_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "resolved_at" TIMESTAMPTZ(3),
    "resolved_by" TEXT,
    "reason" TEXT,
    "journal_id" TEXT,

    CONSTRAINT "reconciliation_differences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciled_days" (
    "day" TEXT NOT NULL,
    "reconciled_at" TIMESTAMPTZ(3) NOT NULL,
    "differences" INTEGER NOT NULL,

    CONSTRAINT "reconciled_days_pkey" PRIMARY KEY ("day")
);
CREATE UNIQUE INDEX "reconciliation_differences_kind_key_ledger_fen_other_fen_key" ON "reconciliation_differences"("kind", "key", "ledger_fen", "other_fen");
CREATE INDEX "reconciliation_differences_state_id_idx" ON "reconciliation_differences"("state", "id");
