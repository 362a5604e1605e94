import { Client } from 'pg';

/** Whose orders are searched and exported: one in so many is theirs when the table is filled for a search. */
export const PROVIDER = 'prv_demo';

/**
 * Fills the table of orders, one a minute backwards from now, as they are when all is done.
 * @param ownerUrl the schema owner's connection
 * @param rows how many
 * @param oneIn of how many one is prv_demo's
 */
export async function addOrders(ownerUrl: string, rows: number, oneIn: number): Promise<void> {
  const client = new Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO orders (id, buyer_id, provider_id, product_id, spec_id, product_name, product_type, spec_name,
                           payment_channel, state, payable_fen, original_fen, paid_fen, delivery_id, pay_by, paid_at,
                           ended_at, completed_at, created_at, updated_at)
       SELECT 'ord_bench' || lpad(n::text, 20, '0'), CASE WHEN n % 3 = 0 THEN 'usr_demo' ELSE 'usr_' || n % 5000 END,
              CASE WHEN n % $2 = 0 THEN $3 ELSE 'prv_' || n % 2000 END, 'prd_service', 'spc_service_basic',
              '商城小程序开发 ' || n, 'human_service', '基础版', (ARRAY['wechat', 'tenpay', 'tencent_cloud'])[1 + n % 3],
              state, 100000 + n % 1000, 100000 + n % 1000, CASE WHEN state = 'closed' THEN 0 ELSE 100000 + n % 1000 END,
              'dlv_bench' || lpad(n::text, 20, '0'), at, at, at + interval '3 days',
              CASE WHEN state IN ('completed', 'refunded') THEN at + interval '3 days' END, at, at
       FROM (SELECT n, now() - n * interval '1 minute' AS at,
                    (ARRAY['completed', 'completed', 'closed', 'cancelled', 'refunded'])[1 + (hashint8(n) & 65535) % 5]
                      AS state
             FROM generate_series(1, $1::bigint) AS n) AS numbered`,
      [rows, oneIn, PROVIDER],
    );
    await client.query('VACUUM ANALYZE orders');
  } finally {
    await client.end();
  }
}
