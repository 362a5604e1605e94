ALTER TABLE "reconciliation_differences" DROP CONSTRAINT "reconciliation_differences_state_known";
ALTER TABLE "reconciliation_differences"
  ADD CONSTRAINT "reconciliation_differences_state_known" CHECK ("state" IN ('open', 'resolved', 'settled')),
  ADD CONSTRAINT "reconciliation_differences_settled" CHECK (
    ("state" = 'settled') = ("settled_at" IS NOT NULL AND "settled_run" IS NOT NULL));
-- Of the same difference one is open or resolved; those that have settled by themselves are history.
CREATE UNIQUE INDEX "reconciliation_differences_same" ON "reconciliation_differences"
  ("kind", "key", "ledger_fen", "other_fen") WHERE "state" <> 'settled';
CREATE INDEX "reconciliation_differences_by_journal" ON "reconciliation_differences" ("channel", "kind", "key")
  WHERE "journal_id" IS NOT NULL;

CREATE TRIGGER "ledger_seals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "ledger_seals"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- The digest of the journals before, and of one more: of all that a journal says of itself, and of its lines by the hash
-- that was made of them when it was posted.
CREATE FUNCTION "chained"(digest text, j "journals") RETURNS text LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(digest, j."id", j."kind", j."business_key", j."payload_hash",
    j."object_id", j."command_id", extract(epoch FROM j."effective_at"), extract(epoch FROM j."posted_at"), j."actor",
    j."run_id", j."reverses_id", j."resolves_id")::text, 'UTF8')), 'hex')
$$;

-- The hash of the lines that a journal has, made as post_journal() makes it.
CREATE FUNCTION "content_hash"(j "journals") RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT encode(sha256(convert_to(jsonb_build_object('kind', j."kind", 'businessKey', j."business_key",
    'objectId', j."object_id", 'reversesId', j."reverses_id", 'resolvesId', j."resolves_id",
    'entries', (SELECT jsonb_agg(jsonb_build_object('accountId', e."account_id",
                         'side', CASE WHEN e."debit_fen" > 0 THEN 'debit' ELSE 'credit' END,
                         'amountFen', e."debit_fen" + e."credit_fen", 'clearingKey', e."clearing_key") ORDER BY e."line")
                FROM "entries" e WHERE e."journal_id" = j."id"))::text, 'UTF8')), 'hex')
$$;

-- Reads so many journals after one and before an instant: how far it came, the digest with them, those whose lines are
-- not what was posted, and what the lines come to by kind and channel.
CREATE FUNCTION "read_journals"(after_id text, before_id text, start text, most int)
RETURNS TABLE (last_id text, journals int, digest text, altered jsonb, totals jsonb)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
  j "journals";
BEGIN
  journals := 0;
  digest := start;
  altered := '[]'::jsonb;
  FOR j IN SELECT * FROM "journals" WHERE "id" > after_id AND "id" < before_id ORDER BY "id" LIMIT most LOOP
    journals := journals + 1;
    last_id := j."id";
    digest := "chained"(digest, j);
    IF "content_hash"(j) <> j."payload_hash" THEN altered := altered || to_jsonb(j."id"); END IF;
  END LOOP;
  SELECT coalesce(jsonb_agg(t), '[]'::jsonb) INTO totals FROM (
    SELECT a."kind", coalesce(a."channel", '') AS channel, sum(e."debit_fen")::text AS debit, sum(e."credit_fen")::text AS credit
    FROM "entries" e JOIN "accounts" a ON a."id" = e."account_id"
    WHERE e."journal_id" > after_id AND e."journal_id" <= last_id GROUP BY 1, 2
  ) t;
  RETURN NEXT;
END
$$;

-- Seals the journals since the last seal, at an instant before which nothing is posted any more.
CREATE FUNCTION "seal_ledger"(until_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  j "journals";
  before "ledger_seals";
  digest text;
  journals bigint := 0;
BEGIN
  IF EXISTS (SELECT FROM "ledger_seals" WHERE "until" >= until_at) THEN RETURN; END IF;
  SELECT * INTO before FROM "ledger_seals" ORDER BY "until" DESC LIMIT 1;
  digest := coalesce(before."digest", '');
  FOR j IN
    SELECT * FROM "journals" WHERE "id" >= "first_journal_id"(coalesce(before."until", timestamptz 'epoch'))
      AND "id" < "first_journal_id"(until_at) ORDER BY "id"
  LOOP
    journals := journals + 1;
    digest := "chained"(digest, j);
  END LOOP;
  INSERT INTO "ledger_seals" ("until", "journals", "digest") VALUES (until_at, journals, digest) ON CONFLICT DO NOTHING;
END
$$;

CREATE OR REPLACE FUNCTION "take_balance_snapshot"(until_at timestamptz, horizon bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF until_at > now() OR pg_snapshot_xmin(pg_current_snapshot())::text::bigint < horizon THEN
    RETURN false;
  END IF;
  INSERT INTO "balance_snapshots" ("until", "kind", "channel", "debit_fen", "credit_fen")
  SELECT until_at, t.kind, t.channel, t.debit_fen, t.credit_fen FROM "totals_until"(until_at) t
  ON CONFLICT DO NOTHING;
  PERFORM "seal_ledger"(until_at);
  RETURN true;
END
$$;

-- What was closed before there were seals is sealed as it is.
SELECT "seal_ledger"("until") FROM (SELECT max("until") AS "until" FROM "balance_snapshots") last WHERE "until" IS NOT NULL;
REVOKE ALL ON FUNCTION "seal_ledger"(timestamptz) FROM PUBLIC;
