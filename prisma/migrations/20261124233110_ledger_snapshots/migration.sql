-- CreateTable
CREATE TABLE "balance_snapshots" (
    "until" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "debit_fen" BIGINT NOT NULL,
    "credit_fen" BIGINT NOT NULL,

    CONSTRAINT "balance_snapshots_pkey" PRIMARY KEY ("until","kind","channel")
);
CREATE TRIGGER "balance_snapshots_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "balance_snapshots"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The ids of journals begin with the instant at which they were posted: where those from an instant on begin.
CREATE FUNCTION "first_journal_id"(since timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'jrn_' || lpad(to_hex((extract(epoch FROM since) * 1000)::bigint), 12, '0')
$$;

-- What was posted before an instant, by kind and channel: the last snapshot before it, and what came since.
CREATE FUNCTION "totals_until"(until_at timestamptz) RETURNS TABLE (kind text, channel text, debit_fen bigint, credit_fen bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  WITH base AS (
    SELECT coalesce(max(s."until"), timestamptz 'epoch') AS at FROM "balance_snapshots" s WHERE s."until" <= until_at
  ), posted AS (
    SELECT s."kind", s."channel", s."debit_fen", s."credit_fen" FROM "balance_snapshots" s JOIN base ON s."until" = base.at
    UNION ALL
    SELECT a."kind", coalesce(a."channel", ''), e."debit_fen", e."credit_fen"
    FROM "entries" e JOIN "accounts" a ON a."id" = e."account_id"
    WHERE e."journal_id" >= "first_journal_id"((SELECT at FROM base)) AND e."journal_id" < "first_journal_id"(until_at)
  )
  SELECT p."kind", p."channel", sum(p."debit_fen")::bigint, sum(p."credit_fen")::bigint
  FROM posted p GROUP BY p."kind", p."channel"
$$;

-- Takes the snapshot of an instant that is past: once, and only when no transaction can post before it any more. That
-- is so when those below `horizon`, which was read after the instant, have ended: a journal has its transaction's number
-- before it reads the clock.
CREATE FUNCTION "take_balance_snapshot"(until_at timestamptz, horizon bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF until_at > now() OR pg_snapshot_xmin(pg_current_snapshot())::text::bigint < horizon THEN
    RETURN false;
  END IF;
  INSERT INTO "balance_snapshots" ("until", "kind", "channel", "debit_fen", "credit_fen")
  SELECT until_at, t.kind, t.channel, t.debit_fen, t.credit_fen FROM "totals_until"(until_at) t
  ON CONFLICT DO NOTHING;
  RETURN true;
END
$$;
REVOKE ALL ON FUNCTION "take_balance_snapshot"(timestamptz, bigint) FROM PUBLIC;
