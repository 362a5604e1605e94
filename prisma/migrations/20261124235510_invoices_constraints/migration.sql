-- No order is ever invoiced beyond what was paid for it, whatever runs at once (INV-1).
ALTER TABLE "orders"
  ADD CONSTRAINT "orders_invoiced_within_payment" CHECK ("invoiced_fen" >= 0 AND "invoiced_fen" <= "paid_fen");

ALTER TABLE "invoices"
  ADD CONSTRAINT "invoices_stage_known" CHECK ("stage" IN (
    'pending', 'processing', 'mailed', 'done', 'returned', 'void', 'withdrawn')),
  ADD CONSTRAINT "invoices_money" CHECK ("amount_fen" > 0),
  ADD CONSTRAINT "invoices_sequence" CHECK ("sequence" >= 1);
ALTER TABLE "invoice_allotments" ADD CONSTRAINT "invoice_allotments_money" CHECK ("amount_fen" > 0);
ALTER TABLE "invoice_titles" ADD CONSTRAINT "invoice_titles_version" CHECK ("version" >= 1);

-- What is late is a handful among many; so are those whose due instant may be computed again (GEN-1).
CREATE INDEX "invoices_overdue" ON "invoices" ("id") WHERE "overdue";
CREATE INDEX "invoices_of_provider_overdue" ON "invoices" ("provider_id", "id") WHERE "overdue";
CREATE INDEX "invoices_of_buyer_overdue" ON "invoices" ("buyer_id", "id") WHERE "overdue";
CREATE INDEX "invoices_to_mail" ON "invoices" ("due_at") WHERE "stage" IN ('pending', 'processing');

-- What an invoice was allotted to stays as it was.
CREATE TRIGGER "invoice_allotments_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "invoice_allotments"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- When a transaction ends that made or changed an invoice, its amount is allotted to the fen, and each of its orders
-- counts as invoiced exactly what its live invoices bear. Whoever changes an order's count holds the order's row.
CREATE FUNCTION "check_invoice_allotted"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."amount_fen" IS DISTINCT FROM
     (SELECT sum("amount_fen") FROM "invoice_allotments" WHERE "invoice_id" = NEW."id") THEN
    RAISE EXCEPTION 'invoice % is not allotted to the fen', NEW."id" USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (
    SELECT FROM "invoice_allotments" a LEFT JOIN "orders" o ON o."id" = a."order_id"
    WHERE a."invoice_id" = NEW."id" AND o."invoiced_fen" IS DISTINCT FROM (
      SELECT coalesce(sum(b."amount_fen"), 0) FROM "invoice_allotments" b JOIN "invoices" i ON i."id" = b."invoice_id"
      WHERE b."order_id" = a."order_id" AND i."stage" IN ('pending', 'processing', 'mailed', 'done'))
  ) THEN
    RAISE EXCEPTION 'an order of invoice % does not count what is invoiced of it', NEW."id"
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "invoices_allotted" AFTER INSERT OR UPDATE OF "stage", "amount_fen" ON "invoices"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "check_invoice_allotted"();
