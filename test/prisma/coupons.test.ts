import { Client } from 'pg';
import { type TestDatabase, testDatabase } from '../support/database';

let database: TestDatabase;
let app: Client;
let owner: Client;
beforeAll(async () => {
  database = await testDatabase();
  app = new Client({ connectionString: database.appUrl });
  owner = new Client({ connectionString: database.ownerUrl });
  await Promise.all([app.connect(), owner.connect()]);
});
afterAll(async () => {
  await Promise.all([app.end(), owner.end()]);
  await database.drop();
});

const COUPON = {
  provider_id: 'prv_1',
  name: '满减',
  scope: 'shop',
  product_ids: '{}',
  kind: 'full_reduction',
  reduction_fen: 1_000,
  threshold_fen: 5_000,
  paid_basis_points: null,
  valid_from: '2026-06-02',
  valid_to: '2026-07-01',
  quantity: 2,
  per_buyer: 1,
  scene: 'new',
  placement: 'product_page',
  link: null,
  created_by: 'usr_1',
  created_at: '2026-06-01',
};
type Row = Record<string, unknown>;

const insert = (client: Client, table: string, row: Row) =>
  client.query(
    `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row).map((_, n) => `$${n + 1}`)})`,
    Object.values(row),
  );
let count = 0;
async function addCoupon(changes: Row = {}): Promise<string> {
  count += 1;
  const id = `cpn_${count}`;
  await insert(app, 'coupons', { id, ...COUPON, ...changes });
  return id;
}
const claim = (coupon: string, issue: number, changes: Row = {}) =>
  insert(app, 'coupon_claims', {
    id: `ccl_${coupon}_${issue}`,
    coupon_id: coupon,
    ...{ quantity: 2, per_buyer: 1, issue_number: issue, buyer_number: 1, buyer_id: `usr_${issue}` },
    ...{ claimed_at: '2026-06-01', updated_at: '2026-06-01' },
    ...changes,
  });

describe('CPN-1: the table takes no coupon that the rules do not know', () => {
  test.each<[string, Row]>([
    ['a reduction as high as the threshold', { reduction_fen: 5_000 }],
    ['no threshold', { threshold_fen: null }],
    ['both kinds', { paid_basis_points: 6_000 }],
    ['a discount below 0.1', discountOf(999)],
    ['a discount above 0.99', discountOf(9_901)],
    ['a validity that began before the coupon', { valid_from: '2026-05-31' }],
    ['an end before the beginning', { valid_to: '2026-06-02' }],
    ['more for a buyer than there are', { per_buyer: 3 }],
    ['none of them', { quantity: 0, per_buyer: 0 }],
    ['a shop with chosen products', { product_ids: '{prd_1}' }],
    ['chosen products without any', { scope: 'products' }],
    ['a page of its own without a link', { placement: 'link' }],
    ['a name of 51 characters', { name: '券'.repeat(51) }],
  ])('%s', async (_, changes) => {
    await expect(addCoupon(changes)).rejects.toThrow('violates check constraint');
  });

  test('and takes what they know', async () => {
    await addCoupon(discountOf(1_000));
    await addCoupon(discountOf(9_900));
    await addCoupon({ scope: 'products', product_ids: '{prd_1}', placement: 'link', link: 'abc' });
  });
});

function discountOf(paidBasisPoints: number): Row {
  return { kind: 'discount', reduction_fen: null, threshold_fen: null, paid_basis_points: paidBasisPoints };
}

describe('CPN-2: a coupon is immutable once created', () => {
  const FORBIDDEN = [
    `name = 'other'`,
    'quantity = 1000',
    'per_buyer = 2',
    `valid_to = '2027-01-01'`,
    'reduction_fen = 4999',
    `scope = 'products', product_ids = '{prd_1}'`,
    `scene = 'renewal'`,
    `provider_id = 'prv_2'`,
  ];

  test.each(FORBIDDEN)('not even the schema’s owner sets %s', async (change) => {
    const id = await addCoupon();
    for (const client of [app, owner]) {
      await expect(client.query(`UPDATE coupons SET ${change} WHERE id = '${id}'`)).rejects.toThrow('append-only');
    }
    await expect(owner.query(`DELETE FROM coupons WHERE id = '${id}'`)).rejects.toThrow('append-only');
  });

  test('its entry can be hidden, its counter grow, and never shrink', async () => {
    const id = await addCoupon();
    await app.query(`UPDATE coupons SET paused = true, claimed = claimed + 1 WHERE id = '${id}'`);
    await expect(app.query(`UPDATE coupons SET claimed = 0 WHERE id = '${id}'`)).rejects.toThrow('stays claimed');
  });
});

describe('CPN-4: constraints alone keep the counts, whatever a program does', () => {
  test('the counter never passes the quantity', async () => {
    const id = await addCoupon();
    await app.query(`UPDATE coupons SET claimed = 2 WHERE id = '${id}'`);
    await expect(app.query(`UPDATE coupons SET claimed = claimed + 1 WHERE id = '${id}'`)).rejects.toThrow(
      'coupons_claimed_within_quantity',
    );
  });

  test('no more claims exist than were issued, even without the counter', async () => {
    const id = await addCoupon();
    await claim(id, 1);
    await claim(id, 2);
    await expect(claim(id, 3)).rejects.toThrow('coupon_claims_within_quantity');
    await expect(claim(id, 2, { id: 'ccl_again', buyer_id: 'usr_9' })).rejects.toThrow('issue_number_key');
    await expect(claim(id, 3, { quantity: 3 })).rejects.toThrow('foreign key');
  });

  test('no buyer has more of them than the limit', async () => {
    const id = await addCoupon();
    await claim(id, 1);
    await expect(claim(id, 2, { buyer_id: 'usr_1', buyer_number: 2 })).rejects.toThrow('within_per_buyer');
    await expect(claim(id, 2, { buyer_id: 'usr_1' })).rejects.toThrow('buyer_number_key');
    await expect(claim(id, 2, { buyer_id: 'usr_1', buyer_number: 2, per_buyer: 2 })).rejects.toThrow('foreign key');
  });

  test('one is reserved for one order, and one order has one', async () => {
    const id = await addCoupon();
    await claim(id, 1);
    await claim(id, 2);
    const set = (issue: number, change: string) =>
      app.query(`UPDATE coupon_claims SET ${change} WHERE id = 'ccl_${id}_${issue}'`);
    await expect(set(1, `status = 'reserved'`)).rejects.toThrow('order_of_status');
    await set(1, `status = 'reserved', order_id = 'ord_${id}'`);
    await expect(set(1, `order_id = 'ord_other'`)).rejects.toThrow('is reserved for order');
    await expect(set(2, `status = 'reserved', order_id = 'ord_${id}'`)).rejects.toThrow('order_id_key');
    await set(1, `status = 'claimed', order_id = NULL`);
    await set(2, `status = 'reserved', order_id = 'ord_${id}'`);
  });

  test('RFD-6: one that was used stays used: nothing gives it back, uses it again or takes it away', async () => {
    const id = await addCoupon();
    await claim(id, 1, { status: 'used', order_id: `ord_${id}` });
    for (const change of [`status = 'claimed', order_id = NULL`, `order_id = 'ord_other'`, `status = 'reserved'`]) {
      await expect(app.query(`UPDATE coupon_claims SET ${change} WHERE coupon_id = '${id}'`)).rejects.toThrow(
        'is used for order',
      );
    }
    await expect(owner.query(`UPDATE coupon_claims SET buyer_id = 'usr_2'`)).rejects.toThrow('append-only');
    await expect(owner.query('DELETE FROM coupon_claims')).rejects.toThrow('append-only');
  });
});
