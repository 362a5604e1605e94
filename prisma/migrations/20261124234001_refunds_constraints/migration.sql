-- Who and what: the values that the rules know, and money that is whole and never below zero (RFD).
ALTER TABLE "refund_requests"
  ADD CONSTRAINT "refund_requests_initiated_by_known" CHECK ("initiated_by" IN ('buyer', 'provider')),
  ADD CONSTRAINT "refund_requests_stage_known" CHECK ("stage" IN (
      'requested', 'offered', 'declined', 'escalated', 'executing', 'refunded', 'withdrawn', 'rejected')),
  ADD CONSTRAINT "refund_requests_money" CHECK (
      "requested_fen" >= 1 AND "reserved_fen" BETWEEN 0 AND "requested_fen" AND "refunded_fen" BETWEEN 0 AND "requested_fen"),
  ADD CONSTRAINT "refund_requests_reserved_while_open" CHECK (
      "reserved_fen" = 0 OR "stage" IN ('requested', 'offered', 'escalated', 'executing')),
  ADD CONSTRAINT "refund_requests_refunded_when_done" CHECK (("refunded_fen" > 0) = ("stage" = 'refunded')),
  ADD CONSTRAINT "refund_requests_sequence" CHECK ("sequence" >= 1);

-- An order has one open refund at most (RFD-6).
CREATE UNIQUE INDEX "refund_requests_one_open_per_order" ON "refund_requests" ("order_id")
  WHERE "stage" IN ('requested', 'offered', 'escalated', 'executing');

-- Each filter of the list in the order of the list.
CREATE INDEX "refund_requests_by_stage" ON "refund_requests" ("stage", "id");
CREATE INDEX "refund_requests_of_buyer_by_stage" ON "refund_requests" ("buyer_id", "stage", "id");
CREATE INDEX "refund_requests_of_provider_by_stage" ON "refund_requests" ("provider_id", "stage", "id");

-- What open refunds may still send: with what was sent, never more than was paid.
ALTER TABLE "orders"
  ADD CONSTRAINT "orders_refund_reserved" CHECK ("refund_reserved_fen" >= 0),
  ADD CONSTRAINT "orders_refunds_reserved_within_payment" CHECK ("refunded_fen" + "refund_reserved_fen" <= "paid_fen");

-- A channel may refuse a refund for good: nothing was sent then, and nothing is on its way.
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_status_known";
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_status_known" CHECK ("status" IN ('requested', 'refunded', 'failed'));
