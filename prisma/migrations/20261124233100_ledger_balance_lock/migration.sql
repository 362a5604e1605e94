-- The balance of an account with a limit, which nobody else changes for the rest of the transaction: the application may
-- read the balances, and a lock is more than that.
CREATE FUNCTION "lock_account_balance"(account text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  balance bigint;
BEGIN
  SELECT "balance_fen" INTO balance FROM "account_balances" WHERE "account_id" = account FOR UPDATE;
  RETURN coalesce(balance, 0);
END
$$;
REVOKE ALL ON FUNCTION "lock_account_balance"(text) FROM PUBLIC;
