-- The ledger (WDR-9). post_journal() is its only writer; what must hold whatever the code does stands here.

INSERT INTO "account_kinds" ("kind", "pattern", "side", "limited_by") VALUES
  ('channel', '^channel:(tencent_cloud|wechat|tenpay)$', 'debit', 'nothing'),
  ('buyer_funds', '^buyer_funds:(tencent_cloud|wechat|tenpay)$', 'credit', 'clearing_key'),
  ('provider_pending', '^provider:[^:]+:(tencent_cloud|wechat|tenpay):pending$', 'credit', 'account'),
  ('provider_withdrawable', '^provider:[^:]+:(tencent_cloud|wechat|tenpay):withdrawable$', 'credit', 'account'),
  ('provider_in_progress', '^provider:[^:]+:(tencent_cloud|wechat|tenpay):in_progress$', 'credit', 'account'),
  ('provider_paid_out', '^provider:[^:]+:(tencent_cloud|wechat|tenpay):paid_out$', 'credit', 'account'),
  ('provider_receivable', '^provider:[^:]+:receivable$', 'debit', 'account'),
  ('deposits', '^deposits:[^:]+$', 'credit', 'account'),
  ('platform_fee', '^platform_fee$', 'credit', 'nothing'),
  ('coupon_cost', '^coupon_cost$', 'debit', 'nothing'),
  ('suspense', '^suspense$', 'credit', 'nothing');

ALTER TABLE "account_kinds"
  ADD CONSTRAINT "account_kinds_side_known" CHECK ("side" IN ('debit', 'credit')),
  ADD CONSTRAINT "account_kinds_limit_known" CHECK ("limited_by" IN ('nothing', 'account', 'clearing_key'));
ALTER TABLE "entries" ADD CONSTRAINT "entries_one_side" CHECK (
  "debit_fen" >= 0 AND "credit_fen" >= 0 AND ("debit_fen" > 0) <> ("credit_fen" > 0));
ALTER TABLE "account_balances" ADD CONSTRAINT "account_balances_not_negative" CHECK ("balance_fen" >= 0);
ALTER TABLE "clearing_balances" ADD CONSTRAINT "clearing_balances_not_negative" CHECK ("balance_fen" >= 0);
ALTER TABLE "journals" ADD CONSTRAINT "journals_lines" CHECK ("line_count" >= 2);

-- Rows that change with every posting stay on their page.
ALTER TABLE "account_balances" SET (fillfactor = 70);
ALTER TABLE "clearing_balances" SET (fillfactor = 70);

CREATE TRIGGER "account_kinds_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "account_kinds"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "accounts_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "accounts"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "journals_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "journals"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();
CREATE TRIGGER "entries_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "refuse_change"();

-- An entry belongs to the transaction that made its journal, and to the lines that journal has: a journal that was
-- checked can get no more.
CREATE FUNCTION "refuse_foreign_entry"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM "journals" j WHERE j."id" = NEW."journal_id" AND NEW."line" BETWEEN 1 AND j."line_count"
      AND j."transaction_id" = pg_current_xact_id()::text::bigint
  ) THEN
    RAISE EXCEPTION 'entry % of journal % does not belong to the transaction that made the journal',
      NEW."line", NEW."journal_id" USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER "entries_of_own_transaction" BEFORE INSERT ON "entries"
  FOR EACH ROW EXECUTE FUNCTION "refuse_foreign_entry"();

-- Once per journal, when its transaction commits: it has its lines, and they balance.
CREATE FUNCTION "check_journal"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  lines bigint;
  debits numeric;
  credits numeric;
BEGIN
  SELECT count(*), coalesce(sum("debit_fen"), 0), coalesce(sum("credit_fen"), 0) INTO lines, debits, credits
  FROM "entries" WHERE "journal_id" = NEW."id";
  IF lines <> NEW."line_count" OR debits <> credits THEN
    RAISE EXCEPTION 'journal % does not balance: % lines of %, debits %, credits %',
      NEW."id", lines, NEW."line_count", debits, credits USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER "journals_balanced" AFTER INSERT ON "journals" DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION "check_journal"();

-- The kind of an account, which is opened where it is not known yet.
CREATE FUNCTION "account_kind_of"(account text) RETURNS "account_kinds"
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  known "account_kinds";
BEGIN
  SELECT k.* INTO known FROM "accounts" a JOIN "account_kinds" k USING ("kind") WHERE a."id" = account;
  IF FOUND THEN RETURN known; END IF;
  SELECT k.* INTO known FROM "account_kinds" k WHERE account ~ k."pattern";
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the chart has no account %', account USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  INSERT INTO "accounts" ("id", "kind", "provider_id", "channel")
  VALUES (account, known."kind", substring(account FROM '^(?:provider|deposits):([^:]+)'),
          substring(account FROM ':(tencent_cloud|wechat|tenpay)(?::|$)'))
  ON CONFLICT DO NOTHING;
  RETURN known;
END
$$;

-- Moves the balance of an account with a limit; answers the entry's number in it.
CREATE FUNCTION "move_account_balance"(account text, delta bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  moved bigint;
BEGIN
  UPDATE "account_balances" SET "balance_fen" = "balance_fen" + delta, "version" = "version" + 1
  WHERE "account_id" = account RETURNING "version" INTO moved;
  IF NOT FOUND THEN
    INSERT INTO "account_balances" AS b ("account_id", "balance_fen", "version") VALUES (account, delta, 1)
    ON CONFLICT ("account_id") DO UPDATE
      SET "balance_fen" = b."balance_fen" + EXCLUDED."balance_fen", "version" = b."version" + 1
    RETURNING "version" INTO moved;
  END IF;
  RETURN moved;
END
$$;

-- Moves what is open under a clearing key; a key under which nothing is open has no row.
CREATE FUNCTION "move_clearing_balance"(account text, key text, delta bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  remaining bigint;
BEGIN
  UPDATE "clearing_balances" SET "balance_fen" = "balance_fen" + delta
  WHERE "account_id" = account AND "clearing_key" = key RETURNING "balance_fen" INTO remaining;
  IF NOT FOUND THEN
    INSERT INTO "clearing_balances" AS b ("account_id", "clearing_key", "balance_fen", "opened_at")
    VALUES (account, key, delta, clock_timestamp())
    ON CONFLICT ("account_id", "clearing_key") DO UPDATE SET "balance_fen" = b."balance_fen" + EXCLUDED."balance_fen"
    RETURNING "balance_fen" INTO remaining;
  END IF;
  IF remaining = 0 THEN
    DELETE FROM "clearing_balances" WHERE "account_id" = account AND "clearing_key" = key;
  END IF;
END
$$;

-- Posts a journal, in the caller's transaction: {kind, businessKey, objectId, commandId, effectiveAt, actor, runId,
-- reversesId, resolvesId, entries: [{accountId, side, amountFen, clearingKey}]}. The same business key with the same
-- content answers the journal that is there; when and by whom it is tried is not content. Balances are locked in the
-- order of their accounts.
CREATE FUNCTION "post_journal"(posting jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  -- Before the clock is read: whoever waits for the transactions of before an instant waits for this one, too.
  own_transaction bigint := pg_current_xact_id()::text::bigint;
  content_hash text := encode(sha256(convert_to(
    (posting - ARRAY['commandId', 'effectiveAt', 'actor', 'runId'])::text, 'UTF8')), 'hex');
  at timestamptz := date_trunc('milliseconds', clock_timestamp());
  posted "journals";
  line record;
  kind "account_kinds";
  delta bigint;
  version bigint;
BEGIN
  INSERT INTO "journals" ("id", "kind", "business_key", "payload_hash", "object_id", "command_id", "effective_at",
                          "posted_at", "actor", "run_id", "reverses_id", "resolves_id", "line_count", "transaction_id")
  VALUES ('jrn_' || lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || substr(md5(random()::text), 1, 14),
          posting->>'kind', posting->>'businessKey', content_hash, posting->>'objectId', posting->>'commandId',
          (posting->>'effectiveAt')::timestamptz, at, posting->>'actor', posting->>'runId', posting->>'reversesId',
          posting->>'resolvesId', jsonb_array_length(posting->'entries'), own_transaction)
  ON CONFLICT ("business_key") DO NOTHING RETURNING * INTO posted;
  IF NOT FOUND THEN
    SELECT * INTO STRICT posted FROM "journals" WHERE "business_key" = posting->>'businessKey';
    IF posted."payload_hash" <> content_hash THEN
      RAISE EXCEPTION 'journal % was posted with another content', posting->>'businessKey'
        USING ERRCODE = 'unique_violation';
    END IF;
    RETURN posted."id";
  END IF;

  FOR line IN
    SELECT number, item->>'accountId' AS account_id, item->>'side' AS side,
           (item->>'amountFen')::bigint AS amount_fen, item->>'clearingKey' AS clearing_key
    FROM jsonb_array_elements(posting->'entries') WITH ORDINALITY AS e(item, number)
    ORDER BY item->>'accountId', number
  LOOP
    kind := "account_kind_of"(line.account_id);
    delta := CASE WHEN line.side = kind."side" THEN line.amount_fen ELSE -line.amount_fen END;
    version := NULL;
    IF kind."limited_by" = 'account' THEN
      version := "move_account_balance"(line.account_id, delta);
    ELSIF kind."limited_by" = 'clearing_key' THEN
      PERFORM "move_clearing_balance"(line.account_id, line.clearing_key, delta);
    END IF;
    INSERT INTO "entries" ("journal_id", "line", "account_id", "debit_fen", "credit_fen", "account_version", "clearing_key")
    VALUES (posted."id", line.number, line.account_id,
            CASE line.side WHEN 'debit' THEN line.amount_fen ELSE 0 END,
            CASE line.side WHEN 'credit' THEN line.amount_fen ELSE 0 END, version, line.clearing_key);
  END LOOP;
  RETURN posted."id";
END
$$;

-- The way in for a statement of several parts: a part that only reads is carried out only where something reads it, an
-- insert always is.
CREATE VIEW "postings" AS SELECT NULL::jsonb AS "journal", NULL::text AS "id" WHERE false;
CREATE FUNCTION "post_inserted"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  NEW."id" := "post_journal"(NEW."journal");
  RETURN NEW;
END
$$;
CREATE TRIGGER "postings_insert" INSTEAD OF INSERT ON "postings" FOR EACH ROW EXECUTE FUNCTION "post_inserted"();

-- What posts runs as the owner of the schema: nobody calls it who is not granted that.
REVOKE ALL ON FUNCTION "post_journal"(jsonb), "post_inserted"(), "account_kind_of"(text),
  "move_account_balance"(text, bigint), "move_clearing_balance"(text, text, bigint) FROM PUBLIC;
