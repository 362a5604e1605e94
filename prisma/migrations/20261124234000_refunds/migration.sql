-- Requests for money back (RFD). What the channel is asked for is a row of "refunds" with the same id, for ever.
CREATE TABLE "refund_requests" (
    "id" TEXT NOT NULL,
    "order_id" TEXT NOT NULL,
    "delivery_id" TEXT,
    "buyer_id" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "initiated_by" TEXT NOT NULL,
    "reason_code" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "stage" TEXT NOT NULL,
    "requested_fen" BIGINT NOT NULL,
    "reserved_fen" BIGINT NOT NULL,
    "refunded_fen" BIGINT NOT NULL DEFAULT 0,
    "order_state" TEXT NOT NULL,
    "state" JSONB NOT NULL,
    "policy" JSONB NOT NULL,
    "sequence" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "refund_requests_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "refund_requests_order_id_id_idx" ON "refund_requests" ("order_id", "id");
CREATE INDEX "refund_requests_buyer_id_id_idx" ON "refund_requests" ("buyer_id", "id");
CREATE INDEX "refund_requests_provider_id_id_idx" ON "refund_requests" ("provider_id", "id");

-- What open refunds may still send of the payment.
ALTER TABLE "orders" ADD COLUMN "refund_reserved_fen" BIGINT NOT NULL DEFAULT 0;
