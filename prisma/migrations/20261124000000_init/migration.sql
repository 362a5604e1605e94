-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "providers" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "provider_type" TEXT NOT NULL DEFAULT 'enterprise',
    "licence_number" TEXT,
    "main_user_id" TEXT,
    "account_holder" TEXT,
    "bank_location" TEXT,
    "bank" TEXT,
    "branch" TEXT,
    "account_number_sealed" BYTEA,
    "account_number_last4" TEXT,
    "account_number_fingerprint" TEXT,
    "wechat_merchant_id" TEXT,
    "tenpay_merchant_id" TEXT,
    "team_size" INTEGER,
    "registered_capital_fen" BIGINT,
    "years_registered" INTEGER,
    "yearly_revenue_fen" BIGINT,
    "revenue_agreement_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "providers_pkey" PRIMARY KEY ("id")
);

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
CREATE TABLE "users" (
    "id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "provider_id" TEXT,
    "name" TEXT,
    "email" TEXT,
    "phone" TEXT,
    "language" TEXT NOT NULL DEFAULT 'zh-CN',
    "account" TEXT,
    "areas" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "permissions" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "token_issued_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "products" (
    "id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "grade" TEXT NOT NULL,
    "supervised" BOOLEAN NOT NULL,
    "self_operated" BOOLEAN NOT NULL,
    "status" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "content" JSONB,
    "version" INTEGER NOT NULL DEFAULT 0,
    "delivery_token_sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "products_pkey" PRIMARY KEY ("id")
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
CREATE TABLE "product_specs" (
    "id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "duration" INTEGER NOT NULL,
    "unit" TEXT NOT NULL,
    "list_price_fen" BIGINT NOT NULL,
    "price_fen" BIGINT NOT NULL,

    CONSTRAINT "product_specs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "orders" (
    "id" TEXT NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "product_id" TEXT NOT NULL,
    "spec_id" TEXT NOT NULL,
    "product_name" TEXT NOT NULL,
    "spec_name" TEXT NOT NULL,
    "payment_channel" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "payable_fen" BIGINT NOT NULL,
    "paid_fen" BIGINT NOT NULL DEFAULT 0,
    "refunded_fen" BIGINT NOT NULL DEFAULT 0,
    "delivery_id" TEXT NOT NULL,
    "pay_by" TIMESTAMPTZ(3) NOT NULL,
    "paid_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "contact_looks" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "viewer_id" TEXT NOT NULL,
    "viewer_role" TEXT,
    "provider_id" TEXT,
    "source_ip" TEXT,
    "request_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "contact_looks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_callbacks" (
    "id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "amount_fen" BIGINT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "handled_at" TIMESTAMPTZ(3),
    "handling" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "payment_callbacks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payments" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "transaction_id" TEXT NOT NULL,
    "amount_fen" BIGINT NOT NULL,
    "status" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refunds" (
    "id" TEXT NOT NULL,
    "payment_id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "amount_fen" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "channel_refund_id" TEXT,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "refunded_at" TIMESTAMPTZ(3),

    CONSTRAINT "refunds_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "buyer_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "flow" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "frozen" BOOLEAN NOT NULL,
    "requirement_rejections" INTEGER NOT NULL,
    "acceptance_rejections" INTEGER NOT NULL,
    "outcome" TEXT,
    "state" JSONB NOT NULL,
    "policy" JSONB NOT NULL,
    "sequence" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "appeals" (
    "id" TEXT NOT NULL,
    "delivery_id" TEXT NOT NULL,
    "opened_by" TEXT NOT NULL,
    "grounds" TEXT[],
    "reason" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "due_provisional" BOOLEAN NOT NULL,
    "calendar_version" TEXT NOT NULL,
    "ruling" TEXT,
    "ruling_reason" TEXT,
    "refund_fen" BIGINT,
    "resolved_by" TEXT,
    "resolved_at" TIMESTAMPTZ(3),

    CONSTRAINT "appeals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "steps" (
    "object_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "command_id" TEXT NOT NULL,
    "actor_role" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "note" TEXT,
    "sealed_note" BYTEA,
    "appeal_id" TEXT,
    "state_before" JSONB,
    "state_after" JSONB NOT NULL,
    "request_id" TEXT,
    "source_ip" TEXT,
    "run_id" TEXT,
    "provider_id" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "steps_pkey" PRIMARY KEY ("object_id","sequence")
);

-- CreateTable
CREATE TABLE "attachments" (
    "id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "owner_role" TEXT NOT NULL,
    "provider_id" TEXT,
    "name" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "attachments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attachment_uses" (
    "attachment_id" TEXT NOT NULL,
    "delivery_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,

    CONSTRAINT "attachment_uses_pkey" PRIMARY KEY ("attachment_id","delivery_id","sequence")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "provider_id" TEXT NOT NULL,
    "event_group" TEXT NOT NULL,
    "subscribed" BOOLEAN NOT NULL,
    "channels" TEXT[],
    "recipient_ids" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("provider_id","event_group")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" TEXT NOT NULL,
    "recipient_id" TEXT NOT NULL,
    "event" TEXT NOT NULL,
    "event_group" TEXT NOT NULL DEFAULT '',
    "provider_id" TEXT,
    "in_site" BOOLEAN NOT NULL DEFAULT true,
    "object_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "params" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notification_deliveries" (
    "message_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL DEFAULT 'email',
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimed_at" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),
    "address" TEXT,
    "last_error" TEXT,

    CONSTRAINT "notification_deliveries_pkey" PRIMARY KEY ("message_id","channel")
);

-- CreateTable
CREATE TABLE "notification_channels" (
    "channel" TEXT NOT NULL,
    "paused_since" TIMESTAMPTZ(3) NOT NULL,
    "paused_until" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL,
    "last_error" TEXT NOT NULL,

    CONSTRAINT "notification_channels_pkey" PRIMARY KEY ("channel")
);

-- CreateTable
CREATE TABLE "unaddressed_notices" (
    "object_id" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "event" TEXT NOT NULL,
    "audience" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "logged_at" TIMESTAMPTZ(3),

    CONSTRAINT "unaddressed_notices_pkey" PRIMARY KEY ("object_id","sequence","event","audience")
);

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
    "sequence" BIGSERIAL NOT NULL,
    "step_object_id" TEXT NOT NULL,
    "step_sequence" INTEGER NOT NULL,
    "params" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_tried_at" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "dispatched_at" TIMESTAMPTZ(3),
    "dispatch_failures" INTEGER NOT NULL DEFAULT 0,
    "next_dispatch_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "requeues" INTEGER NOT NULL DEFAULT 0,
    "delivered_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),
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

-- CreateTable
CREATE TABLE "idempotency_records" (
    "id" TEXT NOT NULL,
    "principal" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "status" INTEGER,
    "body" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answered_at" TIMESTAMPTZ(3),
    "attempt" INTEGER NOT NULL DEFAULT 1,
    "under_way" BOOLEAN NOT NULL DEFAULT true,
    "look_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now() + '00:00:05'::interval,
    "looks" INTEGER NOT NULL DEFAULT 0,
    "reconciled_at" TIMESTAMPTZ(3),

    CONSTRAINT "idempotency_records_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "contacts_provider_id_idx" ON "contacts"("provider_id");

-- CreateIndex
CREATE UNIQUE INDEX "agreements_provider_id_kind_revision_key" ON "agreements"("provider_id", "kind", "revision");

-- CreateIndex
CREATE INDEX "api_keys_provider_id_id_idx" ON "api_keys"("provider_id", "id");

-- CreateIndex
CREATE INDEX "users_provider_id_idx" ON "users"("provider_id");

-- CreateIndex
CREATE INDEX "users_role_idx" ON "users"("role");

-- CreateIndex
CREATE INDEX "products_provider_id_id_idx" ON "products"("provider_id", "id");

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
CREATE INDEX "product_specs_product_id_idx" ON "product_specs"("product_id");

-- CreateIndex
CREATE UNIQUE INDEX "orders_delivery_id_key" ON "orders"("delivery_id");

-- CreateIndex
CREATE INDEX "orders_buyer_id_id_idx" ON "orders"("buyer_id", "id");

-- CreateIndex
CREATE INDEX "orders_provider_id_id_idx" ON "orders"("provider_id", "id");

-- CreateIndex
CREATE INDEX "contact_looks_order_id_idx" ON "contact_looks"("order_id");

-- CreateIndex
CREATE INDEX "contact_looks_at_idx" ON "contact_looks"("at");

-- CreateIndex
CREATE INDEX "payment_callbacks_order_id_idx" ON "payment_callbacks"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_callbacks_channel_transaction_id_status_key" ON "payment_callbacks"("channel", "transaction_id", "status");

-- CreateIndex
CREATE INDEX "payments_order_id_idx" ON "payments"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "payments_channel_transaction_id_key" ON "payments"("channel", "transaction_id");

-- CreateIndex
CREATE INDEX "refunds_order_id_idx" ON "refunds"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_order_id_key" ON "deliveries"("order_id");

-- CreateIndex
CREATE INDEX "deliveries_buyer_id_id_idx" ON "deliveries"("buyer_id", "id");

-- CreateIndex
CREATE INDEX "deliveries_provider_id_id_idx" ON "deliveries"("provider_id", "id");

-- CreateIndex
CREATE INDEX "deliveries_stage_id_idx" ON "deliveries"("stage", "id");

-- CreateIndex
CREATE INDEX "appeals_delivery_id_idx" ON "appeals"("delivery_id");

-- CreateIndex
CREATE UNIQUE INDEX "steps_command_id_key" ON "steps"("command_id");

-- CreateIndex
CREATE INDEX "steps_provider_id_at_idx" ON "steps"("provider_id", "at");

-- CreateIndex
CREATE INDEX "steps_at_idx" ON "steps"("at");

-- CreateIndex
CREATE INDEX "attachment_uses_delivery_id_idx" ON "attachment_uses"("delivery_id");

-- CreateIndex
CREATE INDEX "messages_recipient_id_id_idx" ON "messages"("recipient_id", "id");

-- CreateIndex
CREATE INDEX "messages_provider_id_event_group_created_at_idx" ON "messages"("provider_id", "event_group", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "messages_object_id_sequence_event_recipient_id_key" ON "messages"("object_id", "sequence", "event", "recipient_id");

-- CreateIndex
CREATE INDEX "webhook_endpoints_provider_id_id_idx" ON "webhook_endpoints"("provider_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_id_idx" ON "webhook_deliveries"("endpoint_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_endpoint_id_object_id_id_idx" ON "webhook_deliveries"("endpoint_id", "object_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_endpoint_id_step_object_id_step_sequence_key" ON "webhook_deliveries"("endpoint_id", "step_object_id", "step_sequence", "event");

-- CreateIndex
CREATE INDEX "idempotency_records_created_at_idx" ON "idempotency_records"("created_at");

-- AddForeignKey
ALTER TABLE "products" ADD CONSTRAINT "products_provider_id_fkey" FOREIGN KEY ("provider_id") REFERENCES "providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product_specs" ADD CONSTRAINT "product_specs_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notification_deliveries" ADD CONSTRAINT "notification_deliveries_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_attempts" ADD CONSTRAINT "webhook_attempts_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "webhook_deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;
