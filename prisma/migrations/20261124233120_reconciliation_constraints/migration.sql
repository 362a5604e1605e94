-- The reconciliation (WDR-9): what must hold, and what it reads by.
ALTER TABLE "reconciliation_differences"
  ADD CONSTRAINT "reconciliation_differences_state_known" CHECK ("state" IN ('open', 'resolved')),
  ADD CONSTRAINT "reconciliation_differences_resolved" CHECK (
    ("state" = 'resolved') = ("resolved_at" IS NOT NULL AND "resolved_by" IS NOT NULL AND "reason" IS NOT NULL));

-- What the reconciliation of a day reads: what happened in it.
CREATE INDEX "payments_by_received" ON "payments" ("received_at");
CREATE INDEX "refunds_by_refunded" ON "refunds" ("refunded_at") WHERE "refunded_at" IS NOT NULL;
CREATE INDEX "payment_callbacks_by_received" ON "payment_callbacks" ("received_at");
CREATE INDEX "orders_by_ended" ON "orders" ("ended_at") WHERE "ended_at" IS NOT NULL;
