-- AlterTable
ALTER TABLE "providers" ADD COLUMN     "account_holder" TEXT,
ADD COLUMN     "account_number_last4" TEXT,
ADD COLUMN     "account_number_sealed" BYTEA,
ADD COLUMN     "bank" TEXT,
ADD COLUMN     "bank_location" TEXT,
ADD COLUMN     "branch" TEXT,
ADD COLUMN     "licence_number" TEXT,
ADD COLUMN     "main_user_id" TEXT,
ADD COLUMN     "provider_type" TEXT NOT NULL DEFAULT 'enterprise',
ADD COLUMN     "registered_capital_fen" BIGINT,
ADD COLUMN     "revenue_agreement_at" TIMESTAMPTZ(3),
ADD COLUMN     "team_size" INTEGER,
ADD COLUMN     "tenpay_merchant_id" TEXT,
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 1,
ADD COLUMN     "wechat_merchant_id" TEXT,
ADD COLUMN     "yearly_revenue_fen" BIGINT,
ADD COLUMN     "years_registered" INTEGER;

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "account" TEXT,
ADD COLUMN     "areas" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "disabled_at" TIMESTAMPTZ(3),
ADD COLUMN     "permissions" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "products" ADD COLUMN     "content" JSONB,
ADD COLUMN     "delivery_token_sealed" BYTEA,
ADD COLUMN     "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "version" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "steps" ADD COLUMN     "provider_id" TEXT,
ALTER COLUMN "run_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "event_group" TEXT NOT NULL DEFAULT '',
ADD COLUMN     "in_site" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "provider_id" TEXT;

-- CreateTable
CREATE TABLE "contacts" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT,
    "phone" TEXT,
    "language" TEXT NOT NULL DEFAULT 'zh-CN',
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),

    CONSTRAINT "contacts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agreements" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "revision" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "sealed" BYTEA,
    "signed_by" TEXT NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "agreements_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "secret_hash" TEXT NOT NULL,
    "areas" TEXT[],
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product_versions" (
    "product_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "content" JSONB NOT NULL,
    "application_id" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "product_versions_pkey" PRIMARY KEY ("product_id","number")
);

-- CreateTable
CREATE TABLE "shops" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "published_version_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "shops_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shop_versions" (
    "id" TEXT NOT NULL,
    "shop_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "review_id" TEXT,
    "reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "shop_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "images" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "width" INTEGER NOT NULL,
    "height" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),

    CONSTRAINT "images_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "proposals" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "proposals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reviews" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "base" JSONB,
    "proposed" JSONB,
    "sealed" BYTEA,
    "reason" TEXT,
    "due_at" TIMESTAMPTZ(3),
    "due_provisional" BOOLEAN NOT NULL DEFAULT false,
    "calendar_version" TEXT,
    "overdue" BOOLEAN NOT NULL DEFAULT false,
    "state" JSONB NOT NULL,
    "sequence" INTEGER NOT NULL,
    "submitted_by" TEXT NOT NULL,
    "submitted_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reviews_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "provider_id" TEXT NOT NULL,
    "event_group" TEXT NOT NULL,
    "subscribed" BOOLEAN NOT NULL,
    "channels" TEXT[],
    "receiver_ids" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("provider_id","event_group")
);

-- The outbox of e-mails becomes that of every channel; what is in it stays.
ALTER TABLE "mails" RENAME TO "sendings";
ALTER TABLE "sendings" ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'email';
ALTER TABLE "sendings" DROP CONSTRAINT "mails_pkey";
ALTER TABLE "sendings" ADD CONSTRAINT "sendings_pkey" PRIMARY KEY ("message_id", "channel");
ALTER TABLE "sendings" RENAME CONSTRAINT "mails_message_id_fkey" TO "sendings_message_id_fkey";
ALTER TABLE "sendings" RENAME CONSTRAINT "mails_status_known" TO "sendings_status_known";
ALTER TABLE "sendings" RENAME CONSTRAINT "mails_attempts" TO "sendings_attempts";
ALTER INDEX "mails_due" RENAME TO "sendings_due";
ALTER INDEX "mails_unsettled" RENAME TO "sendings_unsettled";

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "event_groups" TEXT[],
    "sealed" BYTEA NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "event_group" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "params" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_tried_at" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "handed_at" TIMESTAMPTZ(3),
    "calls" INTEGER NOT NULL DEFAULT 0,
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_attempts" (
    "delivery_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "response_status" INTEGER,
    "error" TEXT,
    "duration_ms" INTEGER NOT NULL,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("delivery_id","number")
);

-- CreateIndex
CREATE INDEX "contacts_provider_id_idx" ON "contacts"("provider_id");

-- CreateIndex
CREATE UNIQUE INDEX "agreements_provider_id_kind_revision_key" ON "agreements"("provider_id", "kind", "revision");

-- CreateIndex
CREATE INDEX "api_keys_provider_id_id_idx" ON "api_keys"("provider_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "shops_provider_id_key" ON "shops"("provider_id");

-- CreateIndex
CREATE UNIQUE INDEX "shop_versions_shop_id_number_key" ON "shop_versions"("shop_id", "number");

-- CreateIndex
CREATE INDEX "images_provider_id_idx" ON "images"("provider_id");

-- CreateIndex
CREATE INDEX "reviews_object_id_id_idx" ON "reviews"("object_id", "id");

-- CreateIndex
CREATE INDEX "reviews_provider_id_id_idx" ON "reviews"("provider_id", "id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_provider_id_id_idx" ON "webhook_endpoints"("provider_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_id_idx" ON "webhook_deliveries"("endpoint_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_endpoint_id_object_id_sequence_event_key" ON "webhook_deliveries"("endpoint_id", "object_id", "sequence", "event");

-- CreateIndex
CREATE INDEX "products_provider_id_id_idx" ON "products"("provider_id", "id");

-- CreateIndex
CREATE INDEX "steps_provider_id_at_idx" ON "steps"("provider_id", "at");

-- CreateIndex
CREATE INDEX "steps_at_idx" ON "steps"("at");

-- AlterTable
ALTER TABLE "contact_looks" ADD COLUMN     "source_ip" TEXT,
ADD COLUMN     "viewer_role" TEXT;

-- CreateIndex
CREATE INDEX "contact_looks_at_idx" ON "contact_looks"("at");

-- CreateIndex
CREATE INDEX "messages_provider_id_event_group_created_at_idx" ON "messages"("provider_id", "event_group", "created_at");

-- Whose the steps so far were. The trail itself is not touched: a column that it did not have is filled in.
ALTER TABLE "steps" DISABLE TRIGGER "steps_append_only";
UPDATE "steps" SET "provider_id" = d."provider_id" FROM "deliveries" d WHERE "steps"."object_id" = d."id";
UPDATE "steps" SET "provider_id" = o."provider_id" FROM "orders" o WHERE "steps"."object_id" = o."id";
ALTER TABLE "steps" ENABLE TRIGGER "steps_append_only";

-- The people whom providers have so far are their main accounts: the first of each.
UPDATE "providers" SET "main_user_id" = (
  SELECT min("id") FROM "users" WHERE "provider_id" = "providers"."id" AND "role" = 'provider');
UPDATE "users" SET "account" = CASE WHEN p."main_user_id" = "users"."id" THEN 'main' ELSE 'sub' END
  FROM "providers" p WHERE "users"."provider_id" = p."id" AND "users"."role" = 'provider';
UPDATE "users" SET "areas" = ARRAY['account', 'shop', 'products', 'orders', 'deliveries', 'refunds', 'finance', 'coupons', 'messages']
  WHERE "account" = 'sub';

-- The messages so far: which group they belong to, and by whose subscription they would have come.
UPDATE "messages" SET "event_group" = CASE
  WHEN "event" LIKE 'delivery.appeal\_%' THEN 'appeals'
  WHEN "event" IN ('order.refunded', 'order.payment_returned', 'order.refund_stuck') THEN 'refunds'
  WHEN "event" LIKE 'delivery.%' THEN 'deliveries'
  ELSE 'orders' END;
UPDATE "messages" SET "provider_id" = u."provider_id" FROM "users" u
  WHERE "messages"."recipient_id" = u."id" AND u."role" = 'provider';
