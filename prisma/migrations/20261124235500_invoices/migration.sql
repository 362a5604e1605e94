-- What buyers ask providers to invoice (INV-1), what of each order that is, and the titles that buyers keep.
ALTER TABLE "orders" ADD COLUMN "invoiced_fen" BIGINT NOT NULL DEFAULT 0;

CREATE TABLE "invoices" (
    "id" TEXT NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "amount_fen" BIGINT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "stage" TEXT NOT NULL,
    "overdue" BOOLEAN NOT NULL DEFAULT false,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "due_provisional" BOOLEAN NOT NULL,
    "calendar_version" TEXT NOT NULL,
    "state" JSONB NOT NULL,
    "policy" JSONB NOT NULL,
    "sequence" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invoices_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "invoice_allotments" (
    "invoice_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "amount_fen" BIGINT NOT NULL,

    CONSTRAINT "invoice_allotments_pkey" PRIMARY KEY ("invoice_id","order_id")
);

CREATE TABLE "invoice_titles" (
    "id" TEXT NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "invoice_titles_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "invoices_buyer_id_id_idx" ON "invoices"("buyer_id", "id");
CREATE INDEX "invoices_provider_id_id_idx" ON "invoices"("provider_id", "id");
CREATE INDEX "invoices_stage_id_idx" ON "invoices"("stage", "id");
CREATE INDEX "invoices_buyer_id_stage_id_idx" ON "invoices"("buyer_id", "stage", "id");
CREATE INDEX "invoices_provider_id_stage_id_idx" ON "invoices"("provider_id", "stage", "id");
CREATE INDEX "invoice_allotments_order_id_invoice_id_idx" ON "invoice_allotments"("order_id", "invoice_id");
CREATE INDEX "invoice_titles_buyer_id_id_idx" ON "invoice_titles"("buyer_id", "id");

ALTER TABLE "invoice_allotments" ADD CONSTRAINT "invoice_allotments_invoice_id_fkey" FOREIGN KEY ("invoice_id") REFERENCES "invoices"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
