-- Posts what moved before there was a ledger, as the rules would have posted it, under the same business keys: what is
-- posted already is left alone.
CREATE FUNCTION "opening_entry"(account text, side text, amount bigint, key text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
  SELECT CASE WHEN amount > 0 THEN jsonb_build_array(jsonb_build_object(
    'accountId', account, 'side', side, 'amountFen', amount, 'clearingKey', key)) ELSE '[]'::jsonb END
$$;
CREATE FUNCTION "post_opening"(kind text, key text, object text, at timestamptz, entries jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF jsonb_array_length(entries) = 0 OR EXISTS (SELECT FROM "journals" WHERE "business_key" = key) THEN RETURN; END IF;
  PERFORM "post_journal"(jsonb_build_object('kind', kind, 'businessKey', key, 'objectId', object, 'entries', entries,
    'reversesId', NULL, 'resolvesId', NULL, 'commandId', 'opening/' || key, 'actor', 'system', 'runId', NULL,
    'effectiveAt', at));
END
$$;
CREATE FUNCTION "post_openings"() RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  it record;
  fee bigint;
BEGIN
  FOR it IN SELECT * FROM "payments" ORDER BY "received_at", "id" LOOP
    PERFORM "post_opening"('payment_received', 'payment/' || it.channel || '/' || it.transaction_id, it.order_id, it.received_at,
      "opening_entry"('channel:' || it.channel, 'debit', it.amount_fen, it.transaction_id)
      || "opening_entry"('buyer_funds:' || it.channel, 'credit', it.amount_fen, it.transaction_id));
  END LOOP;
  FOR it IN
    SELECT r.*, p.status AS payment_status, p.channel, p.transaction_id FROM "refunds" r
    JOIN "payments" p ON p.id = r.payment_id WHERE r.status = 'refunded' ORDER BY r.refunded_at, r.id
  LOOP
    PERFORM "post_opening"(CASE it.payment_status WHEN 'accepted' THEN 'refund_executed' ELSE 'payment_returned' END,
      'refund/' || it.id, it.id, it.refunded_at,
      "opening_entry"('buyer_funds:' || it.channel, 'debit', it.amount_fen, it.transaction_id)
      || "opening_entry"('channel:' || it.channel, 'credit', it.amount_fen, it.transaction_id));
  END LOOP;
  -- What the buyer of a cancelled order gets back stays held until it is sent.
  FOR it IN
    SELECT o.*, p.channel, p.transaction_id,
           CASE WHEN o.state = 'completed' THEN c.balance_fen
                ELSE least(c.balance_fen, o.paid_fen - coalesce((d.state->>'refundFen')::bigint, o.paid_fen)) END AS earned_fen
    FROM "orders" o JOIN "payments" p ON p.order_id = o.id AND p.status = 'accepted'
    JOIN "clearing_balances" c ON c.account_id = 'buyer_funds:' || p.channel AND c.clearing_key = p.transaction_id
    LEFT JOIN "deliveries" d ON d.order_id = o.id
    WHERE o.state IN ('completed', 'cancelled') ORDER BY o.ended_at, o.id
  LOOP
    fee := (it.earned_fen * it.fee_basis_points + 5000) / 10000;
    PERFORM "post_opening"('order_completed', 'order-completed/' || it.id, it.id, coalesce(it.ended_at, it.updated_at),
      "opening_entry"('buyer_funds:' || it.channel, 'debit', it.earned_fen, it.transaction_id)
      || "opening_entry"('platform_fee', 'credit', fee, it.id)
      || "opening_entry"('provider:' || it.provider_id || ':' || it.channel || ':pending', 'credit', it.earned_fen - fee, it.id));
  END LOOP;
END
$$;
SELECT "post_openings"();
DROP FUNCTION "post_openings"();
DROP FUNCTION "post_opening"(text, text, text, timestamptz, jsonb);
DROP FUNCTION "opening_entry"(text, text, bigint, text);
