-- Money of a cancelled order waits for the live invoice of the order, too (RFD-4): nothing was asked of the channel yet.
ALTER TABLE "refunds" DROP CONSTRAINT "refunds_status_known";
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_status_known"
  CHECK ("status" IN ('waiting', 'requested', 'refunded', 'failed'));
