-- The ledger: what there is; what must hold is in the next migration.
CREATE TABLE "account_kinds" (
    "kind" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "limited_by" TEXT NOT NULL,

    CONSTRAINT "account_kinds_pkey" PRIMARY KEY ("kind")
);

-- CreateTable
CREATE TABLE "accounts" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "provider_id" TEXT,
    "channel" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "journals" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "business_key" TEXT NOT NULL,
    "payload_hash" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "command_id" TEXT NOT NULL,
    "effective_at" TIMESTAMPTZ(3) NOT NULL,
    "posted_at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "run_id" TEXT,
    "reverses_id" TEXT,
    "resolves_id" TEXT,
    "line_count" INTEGER NOT NULL,
    "transaction_id" BIGINT NOT NULL,

    CONSTRAINT "journals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "entries" (
    "journal_id" TEXT NOT NULL,
    "line" INTEGER NOT NULL,
    "account_id" TEXT NOT NULL,
    "debit_fen" BIGINT NOT NULL DEFAULT 0,
    "credit_fen" BIGINT NOT NULL DEFAULT 0,
    "account_version" BIGINT,
    "clearing_key" TEXT,

    CONSTRAINT "entries_pkey" PRIMARY KEY ("journal_id","line")
);

-- CreateTable
CREATE TABLE "account_balances" (
    "account_id" TEXT NOT NULL,
    "balance_fen" BIGINT NOT NULL,
    "version" BIGINT NOT NULL,

    CONSTRAINT "account_balances_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "clearing_balances" (
    "account_id" TEXT NOT NULL,
    "clearing_key" TEXT NOT NULL,
    "balance_fen" BIGINT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "clearing_balances_pkey" PRIMARY KEY ("account_id","clearing_key")
);

CREATE INDEX "accounts_provider_id_idx" ON "accounts"("provider_id");
CREATE UNIQUE INDEX "journals_business_key_key" ON "journals"("business_key");
CREATE UNIQUE INDEX "journals_reverses_id_key" ON "journals"("reverses_id");
CREATE UNIQUE INDEX "journals_resolves_id_key" ON "journals"("resolves_id");
CREATE INDEX "journals_object_id_idx" ON "journals"("object_id");
CREATE INDEX "entries_account_id_journal_id_line_idx" ON "entries"("account_id", "journal_id", "line");
CREATE INDEX "entries_clearing_key_account_id_idx" ON "entries"("clearing_key", "account_id");
CREATE UNIQUE INDEX "entries_account_id_account_version_key" ON "entries"("account_id", "account_version");
CREATE INDEX "clearing_balances_opened_at_idx" ON "clearing_balances"("opened_at");
ALTER TABLE "journals" ADD CONSTRAINT "journals_reverses_id_fkey" FOREIGN KEY ("reverses_id") REFERENCES "journals"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
ALTER TABLE "entries" ADD CONSTRAINT "entries_journal_id_fkey" FOREIGN KEY ("journal_id") REFERENCES "journals"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
