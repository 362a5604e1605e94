import pg from 'pg';
import { z } from 'zod';
import { newDelivery } from '../../../domain/deliveries/state';
import { newInvoice } from '../../../domain/invoices/state';
import { newReview } from '../../../domain/reviews/state';
import { INVOICE_POLICY } from '../../factories/invoices';
import { REFUND_POLICY, refundState } from '../../factories/refunds';
import { POLICY } from '../../factories/states';

/** Rows of each table: enough to see a scan by, or as many as the environment says. */
export const ROWS = Number(process.env.ROWS || 200_000);
/** Whose rows are many: one in this many is theirs. */
const ONE_IN = 40;

const N = (prefix: string, n = 'n') => `'${prefix}_' || lpad((${n})::text, 9, '0')`;
/** The id of the row in the middle. */
export const middleOf = (prefix: string) => `${prefix}_${String(ROWS / 2).padStart(9, '0')}`;

/** Of every column that lists filter by: some values are frequent, and one is as rare as this. */
export const RARE = {
  objectId: middleOf('ord'),
  actorId: 'usr_rare',
  action: 'ops.rare_action',
  orderId: middleOf('ord'),
};

/** When the row in the middle was made. */
export const MIDDLE = new Date(Date.parse('2026-01-01T00:00:00Z') + (ROWS / 2) * 60_000);

const PROVIDER = `CASE WHEN n % ${ONE_IN} = 0 THEN 'prv_demo' ELSE 'prv_' || (n % 2000) END`;
/** What a policy limits: nobody has many. */
const FEW_EACH = `'prv_' || (n % ${ROWS / 20})`;
const BUYER = `CASE WHEN n % ${ONE_IN} = 1 THEN 'usr_demo' ELSE 'usr_' || (n % 5000) END`;
const AT = `timestamptz '2026-01-01 00:00Z' + n * interval '1 minute'`;
/** The same document in every row. */
const json = (document: object) => `'${JSON.stringify(document)}'::jsonb`;
let columns = 0;

/** Frequent values, chosen for each column on its own, and a rare one three times. */
function oneOf(rare: string, ...frequent: string[]): string {
  columns += 1;
  const chosen = `1 + (hashint8(n + ${columns * ROWS}) & 65535) % ${frequent.length}`;
  return `CASE WHEN n % ${Math.floor(ROWS / 3)} = 777 THEN '${rare}' ELSE (ARRAY['${frequent.join("','")}'])[${chosen}] END`;
}

const DIFFERENCE_STATE = oneOf('open', 'resolved');

/** How each table is filled; `n` runs from 1. The columns that are not named have their defaults. */
const TABLES: Record<string, Record<string, string>> = {
  providers: { id: `'prv_' || n`, name: `'company'` },
  users: {
    id: N('usr_many'),
    role: `'provider'`,
    provider_id: FEW_EACH,
    name: `'name'`,
    account: `'sub'`,
    areas: `'{}'`,
  },
  contacts: { id: N('ctc'), provider_id: FEW_EACH, name: `'name'`, email: `'a@b.example'` },
  api_keys: {
    id: N('key'),
    provider_id: PROVIDER,
    name: `'name'`,
    secret_hash: `md5(n::text)`,
    areas: `'{orders}'`,
    created_by: `'usr'`,
    created_at: AT,
  },
  products: {
    id: N('prd'),
    provider_id: `CASE WHEN n % 200 = 0 THEN 'prv_demo' ELSE 'prv_' || (n % 2000) END`,
    name: `'name ' || n`,
    type: oneOf('api', 'image', 'human_service', 'saas'),
    category: oneOf('api', 'software', 'content'),
    grade: oneOf('certified', 'bazaar'),
    supervised: 'true',
    self_operated: 'false',
    status: oneOf('exited', 'published', 'published', 'delisted'),
    summary: `'summary'`,
  },
  product_specs: {
    id: N('spc'),
    product_id: N('prd'),
    name: `'spec'`,
    duration: '1',
    unit: `'month'`,
    list_price_fen: '100',
    price_fen: '100',
  },
  shops: {
    id: N('shp'),
    provider_id: `'prv_shop' || n`,
    published_version_id: N('srv'),
    created_at: AT,
    updated_at: AT,
  },
  shop_versions: {
    id: N('srv'),
    shop_id: N('shp'),
    number: '1',
    status: `'published'`,
    content: "(SELECT content FROM shop_versions WHERE id NOT LIKE 'srv_0%' LIMIT 1)",
    created_at: AT,
    updated_at: AT,
    published_at: AT,
  },
  reviews: {
    id: `(ARRAY['app_','srv_','tkt_'])[1 + n % 3] || lpad(n::text, 9, '0')`,
    kind: oneOf('account', 'shop', 'product'),
    operation: oneOf('licence_number', 'publish', 'modify'),
    object_id: N('obj', 'n / 3'),
    provider_id: PROVIDER,
    title: `'title'`,
    status: oneOf('security_check', 'approved', 'rejected', 'withdrawn', 'effective'),
    overdue: 'n % 50000 = 0',
    state: json(newReview(false, 0)),
    sequence: '1',
    submitted_by: `'usr'`,
    submitted_at: AT,
    decided_at: `CASE WHEN n % ${Math.floor(ROWS / 3)} = 777 THEN NULL ELSE ${AT} END`,
    updated_at: AT,
  },
  coupons: {
    id: N('cpn'),
    provider_id: `CASE WHEN n % 200 = 0 THEN 'prv_demo' ELSE 'prv_' || (n % 2000) END`,
    name: `'满减 ' || n`,
    scope: `'shop'`,
    product_ids: `'{}'`,
    kind: `'discount'`,
    paid_basis_points: '6000',
    created_at: AT,
    created_by: `'usr'`,
    valid_from: `${AT} + interval '1 day'`,
    valid_to: `${AT} + interval '8 days'`,
    quantity: '10',
    per_buyer: '1',
    scene: `'new'`,
    placement: `'product_page'`,
  },
  coupon_claims: {
    id: N('ccl'),
    coupon_id: N('cpn'),
    buyer_id: BUYER,
    quantity: '10',
    per_buyer: '1',
    issue_number: '1',
    buyer_number: '1',
    scene: oneOf('renewal', 'new'),
    status: `CASE WHEN n % 3 = 0 THEN 'claimed' ELSE 'used' END`,
    order_id: `CASE WHEN n % 3 = 0 THEN NULL ELSE ${N('ord')} END`,
    claimed_at: AT,
    updated_at: AT,
  },
  orders: {
    id: N('ord'),
    buyer_id: BUYER,
    provider_id: PROVIDER,
    product_id: N('prd'),
    spec_id: N('spc'),
    product_name: `'name'`,
    spec_name: `'name'`,
    payment_channel: `'wechat'`,
    state: oneOf('refunding', 'closed', 'completed', 'implementing', 'cancelled'),
    payable_fen: '100',
    original_fen: '100',
    product_type: `'human_service'`,
    delivery_id: N('dlv'),
    pay_by: AT,
    completed_at: `CASE WHEN n % 3 = 0 THEN ${AT} END`,
    created_at: AT,
    updated_at: AT,
  },
  invoices: {
    id: N('inv'),
    buyer_id: BUYER,
    provider_id: PROVIDER,
    amount_fen: '100',
    sealed: `'\\x00'`,
    stage: oneOf('processing', 'done', 'mailed', 'void'),
    overdue: 'n % 50000 = 0',
    due_at: AT,
    due_provisional: 'false',
    calendar_version: `'test'`,
    state: json(newInvoice(100, 0)),
    policy: json(INVOICE_POLICY),
    sequence: '1',
    created_at: AT,
    updated_at: AT,
  },
  invoice_allotments: { invoice_id: N('inv'), order_id: N('ord'), amount_fen: '100' },
  invoice_titles: {
    id: N('itl'),
    buyer_id: `'usr_' || (n % ${ROWS / 20})`,
    sealed: `'\\x00'`,
    created_at: AT,
    updated_at: AT,
  },
  contact_looks: {
    id: N('lok'),
    order_id: N('ord', 'n / 2 + 1'),
    viewer_id: `'usr_' || n % 5000`,
    request_id: `'req'`,
    at: AT,
    provider_id: `'prv_' || (n % 2000)`,
  },
  deliveries: {
    id: N('dlv'),
    order_id: N('ord'),
    buyer_id: BUYER,
    provider_id: PROVIDER,
    flow: `'standard'`,
    stage: oneOf('awaiting_platform_check', 'completed', 'implementing', 'cancelled'),
    frozen: 'n % 50000 = 0',
    requirement_rejections: '0',
    acceptance_rejections: '0',
    state: json(newDelivery('standard', 0)),
    policy: json(POLICY),
    sequence: '1',
    created_at: AT,
    updated_at: AT,
  },
  instances: {
    id: N('ins'),
    order_id: N('ord'),
    buyer_id: BUYER,
    provider_id: PROVIDER,
    product_id: N('prd'),
    product_name: `'name'`,
    spec_name: `'name'`,
    is_trial: 'false',
    stage: oneOf('destroying', 'destroyed', 'creating', 'destroyed'),
    late: 'false',
    state: `'{}'`,
    policy: json({ destroyAfterMs: 1, unansweredAfterMs: 1 }),
    sequence: '1',
    created_at: AT,
    updated_at: AT,
  },
  refund_requests: {
    id: N('rfd'),
    order_id: N('ord'),
    buyer_id: BUYER,
    provider_id: PROVIDER,
    initiated_by: `'buyer'`,
    reason_code: `'other'`,
    reason: `'reason'`,
    stage: oneOf('escalated', 'declined', 'withdrawn', 'rejected'),
    requested_fen: '100',
    reserved_fen: '0',
    order_state: `'completed'`,
    state: json(refundState()),
    policy: json(REFUND_POLICY),
    sequence: '1',
    created_at: AT,
    updated_at: AT,
  },
  steps: {
    object_id: N('ord', 'n / 2'),
    sequence: '1 + n % 2',
    command_id: N('cmd'),
    actor_role: `'provider'`,
    actor_id: `CASE WHEN n % 70000 = 5 THEN '${RARE.actorId}' ELSE 'usr_' || (n % 500) END`,
    action: oneOf(RARE.action, 'provider.requirement.confirm', 'buyer.requirement', 'provider.implementation.submit'),
    state_after: `'{}'`,
    provider_id: PROVIDER,
    at: AT,
  },
  journals: {
    id: N('jrn'),
    kind: `'payment_received'`,
    business_key: `'payment/' || n`,
    payload_hash: `'hash'`,
    object_id: N('ord'),
    command_id: N('cmd'),
    effective_at: AT,
    posted_at: AT,
    actor: `'system'`,
    line_count: '2',
    transaction_id: 'n',
  },
  entries: {
    journal_id: N('jrn'),
    line: '1',
    account_id: oneOf('platform_fee', 'channel:wechat', 'channel:tenpay'),
    debit_fen: '1',
    clearing_key: N('txn'),
  },
  reconciliation_differences: {
    id: N('rcd'),
    kind: `'payment'`,
    key: N('pay'),
    ledger_fen: '0',
    other_fen: '1',
    day: `'2026-11-20'`,
    state: DIFFERENCE_STATE,
    found_at: AT,
    last_seen_at: AT,
    resolved_at: `CASE WHEN ${DIFFERENCE_STATE} = 'resolved' THEN ${AT} END`,
    resolved_by: `CASE WHEN ${DIFFERENCE_STATE} = 'resolved' THEN 'usr_ops' END`,
    reason: `CASE WHEN ${DIFFERENCE_STATE} = 'resolved' THEN 'explained' END`,
  },
  messages: {
    id: N('msg'),
    recipient_id: `CASE WHEN n % ${ONE_IN} = 0 THEN 'usr_demo' ELSE 'usr_' || (n % 5000) END`,
    event: `'order.paid'`,
    event_group: oneOf('coupons', 'orders', 'deliveries'),
    provider_id: PROVIDER,
    object_id: N('ord'),
    sequence: '1',
    params: `'{}'`,
    created_at: AT,
    read_at: `CASE WHEN n % 40000 = 0 THEN NULL ELSE ${AT} END`,
  },
  notification_deliveries: {
    message_id: N('msg'),
    channel: oneOf('sms', 'email'),
    status: oneOf('skipped', 'sent', 'sent', 'sent', 'failed'),
  },
  webhook_endpoints: {
    id: N('whk'),
    provider_id: PROVIDER,
    url: `'https://a.example'`,
    event_groups: `'{orders}'`,
    sealed: `'\\x00'`,
    created_at: AT,
    updated_at: AT,
  },
  webhook_deliveries: {
    id: N('whd'),
    endpoint_id: `CASE WHEN n % ${ONE_IN} = 0 THEN 'whk_000000001' ELSE ${N('whk', 'n % 3000')} END`,
    provider_id: PROVIDER,
    event: `'order.paid'`,
    event_group: `'orders'`,
    object_id: N('ord'),
    step_object_id: N('ord'),
    step_sequence: '1',
    params: `'{}'`,
    status: oneOf('failed', 'delivered'),
    created_at: AT,
    dispatched_at: AT,
    settled_at: AT,
  },
};

/** The tables that a list must not scan. */
export const BIG_TABLES = Object.keys(TABLES).filter((name) => name !== 'providers');

/** Tables are filled by so many connections at the same time. */
const CONNECTIONS = 2;

/**
 * Fills every table that is listed, for tests only.
 * @param adminUrl a superuser's connection: triggers and foreign keys are left out, to be quick
 */
export async function seedBigTables(adminUrl: string): Promise<void> {
  await withEach(adminUrl, fill);
  // Afterwards: rows are known to be visible to all when no transaction is left from before they were there.
  await withEach(adminUrl, (client, table) => client.query(`VACUUM ANALYZE ${table}`));
}

/** Does something with every table, several at the same time. */
async function withEach(adminUrl: string, work: (client: pg.Client, table: string) => Promise<unknown>): Promise<void> {
  const waiting = Object.keys(TABLES);
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: adminUrl });
      await client.connect();
      try {
        await client.query(
          `SET session_replication_role = replica; SET work_mem = '256MB'; SET maintenance_work_mem = '256MB'`,
        );
        for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) await work(client, table);
      } finally {
        await client.end();
      }
    }),
  );
}

const indexes = z.array(z.object({ name: z.string(), definition: z.string() }));

/** Fills a table without its indexes, which are made anew then: that takes a fraction of keeping them up row by row. */
async function fill(client: pg.Client, table: string): Promise<void> {
  const columns = TABLES[table] ?? {};
  const { rows } = await client.query(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid = $1::regclass AND NOT indisunique`,
    [table],
  );
  const left = indexes.parse(rows);
  for (const { name } of left) await client.query(`DROP INDEX ${name}`);
  await client.query(
    `INSERT INTO ${table} (${Object.keys(columns).join(', ')})
     SELECT ${Object.values(columns).join(', ')} FROM generate_series(1, ${table === 'providers' ? 10_000 : ROWS}) AS n
     ON CONFLICT DO NOTHING`,
  );
  for (const { definition } of left) await client.query(definition);
}
