-- What becomes of the balance under a clearing key in one statement: what is opened is inserted, what is closed deleted.
CREATE OR REPLACE FUNCTION "move_clearing_balance"(account text, key text, delta bigint) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF delta < 0 THEN
    DELETE FROM "clearing_balances" WHERE "account_id" = account AND "clearing_key" = key AND "balance_fen" = -delta;
    IF FOUND THEN RETURN; END IF;
    UPDATE "clearing_balances" SET "balance_fen" = "balance_fen" + delta
    WHERE "account_id" = account AND "clearing_key" = key;
    IF FOUND THEN RETURN; END IF;
  END IF;
  INSERT INTO "clearing_balances" AS b ("account_id", "clearing_key", "balance_fen", "opened_at")
  VALUES (account, key, delta, clock_timestamp())
  ON CONFLICT ("account_id", "clearing_key") DO UPDATE SET "balance_fen" = b."balance_fen" + EXCLUDED."balance_fen";
END
$$;
