-- SaaS instances (INS). Where instances are asked for outlives a product's change to delivery by people: those that run
-- are served to their end (PRD-7).
ALTER TABLE "products" ADD COLUMN "delivery_url" TEXT;
UPDATE "products" SET "delivery_url" = "content" ->> 'deliveryUrl' WHERE "content" ->> 'deliveryUrl' IS NOT NULL;

CREATE TABLE "instances" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "product_name" TEXT NOT NULL,
    "spec_name" TEXT NOT NULL,
    "is_trial" BOOLEAN NOT NULL,
    "stage" TEXT NOT NULL,
    "sign_id" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "late" BOOLEAN NOT NULL,
    "access_sealed" BYTEA,
    "state" JSONB NOT NULL,
    "policy" JSONB NOT NULL,
    "sequence" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "instances_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "instances_order_id_key" ON "instances"("order_id");
CREATE INDEX "instances_buyer_id_id_idx" ON "instances"("buyer_id", "id");
CREATE INDEX "instances_provider_id_id_idx" ON "instances"("provider_id", "id");

-- What a provider has tried in the debugger, by URL and call (INS-5).
CREATE TABLE "delivery_checks" (
    "provider_id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "sign_id" TEXT,
    "passes" INTEGER NOT NULL,
    "token_fingerprint" TEXT NOT NULL,
    "passed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delivery_checks_pkey" PRIMARY KEY ("provider_id", "url", "action")
);
