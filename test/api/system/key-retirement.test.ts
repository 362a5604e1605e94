import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { keyRing, openText, sealingKeyId } from '../../../codec/keys';
import { placeOf, SEALED_COLUMNS } from '../../../codec/places';
import { keysInUse, resealColumn } from '../../../prisma/store/shared/sealed-values';
import { addInstance } from '../../factories/instances';
import { paidOrder, RECIPIENT } from '../../factories/invoices';
import { productsOf } from '../../factories/products';
import { type Api, KEY, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { httpClient, key } from '../../support/http';
import { bodyOf, type Delivery, storyOf } from '../../support/story';

const NUMBER = '6222021234567890123';
const OTHER_NUMBER = '62220298765432100123';
const PAYEE = {
  accountHolder: '示例云服务有限公司',
  bankLocation: '广东省深圳市',
  bank: '示例银行',
  branch: '示例银行深圳科技园支行',
  accountNumber: NUMBER,
};
const SUBMISSION = '后台账号 admin，密码 password-of-the-old-key';
const REQUIREMENT = { text: '三页小程序' };
const FRESH = { id: 'fresh', key: randomBytes(32) };
const OLD = { id: 'test', key: KEY };

let api: Api;
let deliveryId = '';
let ticketId = '';
let webhookId = '';
let pendingId = '';
let productId = '';
let first: unknown;
/** Something sealed in every place that there is. */
beforeAll(async () => {
  api = await startApi();
  const story = storyOf(api);
  bodyOf(await api.provider.put('/v1/provider/account/payee', PAYEE), 200);
  bodyOf(await api.provider.post('/v1/provider/contacts', { name: '钱会计', email: 'finance@demo.example' }), 201);
  bodyOf(await api.provider.post('/v1/provider/agreements/revenue_supplement/sign', { revision: '2026-01' }), 200);
  const ticket = { change: 'payee', payee: { ...PAYEE, accountNumber: OTHER_NUMBER }, reason: '更换开户银行' };
  ticketId = bodyOf<{ id: string }>(await api.provider.post('/v1/provider/tickets', ticket), 201).id;
  const terms = { url: 'https://receiver.example/', description: '', groups: ['orders'] };
  webhookId = bodyOf<{ id: string }>(await api.provider.post('/v1/provider/webhooks', terms), 201).id;
  const products = productsOf(api);
  productId = (await products.published('saas', { deliveryToken: 'token-in-plain-1' })).id;
  pendingId = (await products.submitNew('saas', { name: '另一个', deliveryToken: 'token-in-plain-2' })).id;
  const invoice = { providerId: 'prv_demo', amountFen: 100, orderIds: [await paidOrder(api.db)], ...RECIPIENT };
  bodyOf(await api.buyer.post('/v1/buyer/invoices', invoice), 201);
  bodyOf(await api.buyer.post('/v1/buyer/invoice-titles', RECIPIENT), 201);
  await addInstance(api.db);
  deliveryId = await story.deliveryAt('awaiting_requirement');
  first = (await story.act(deliveryId, 'buyer.requirement', REQUIREMENT, key('retired'))).body;
  await story.done(deliveryId, 'provider.requirement.confirm');
  await story.done(deliveryId, 'provider.implementation.submit', { summary: SUBMISSION });
  await eventually(async () => expect(await api.db.idempotencyRecord.count({ where: { status: null } })).toBe(0));
});
afterAll(() => api.stop());

const names = Object.keys(SEALED_COLUMNS).filter((name): name is keyof typeof SEALED_COLUMNS => name in SEALED_COLUMNS);
const contextWith = async (...keys: { id: string; key: Buffer }[]) => {
  const other = await api.startAnother({ keys: keyRing(keys) });
  const clientOf = (token: string) => httpClient(() => other.url, token);
  return { buyer: clientOf(api.tokens.buyer), provider: clientOf(api.tokens.provider), ops: clientOf(api.tokens.ops) };
};
const submissionOf = (delivery: Delivery) =>
  delivery.timeline.find(({ action }) => action === 'provider.implementation.submit')?.note;
const reseal = (codecKeys: string) =>
  promisify(execFile)(process.execPath, [path.join(__dirname, '../../../dist/scripts/reseal.js')], {
    env: { DATABASE_URL: api.config.DATABASE_URL, CODEC_KEYS: codecKeys, PATH: process.env.PATH ?? '' },
  });
const spelled = ({ id, key: bytes }: typeof OLD) => `${id}:${bytes.toString('base64')}`;

describe('a sealed value is bound to its table, row and column', () => {
  test('every column of bytes is one of the sealed ones, and says whether its rows may change', async () => {
    const columns = await api.db.$queryRaw<{ place: string }[]>`
      SELECT table_name || '.' || column_name AS place FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type = 'bytea' ORDER BY 1`;
    const sealed = Object.values(SEALED_COLUMNS);
    const bytes = sealed.filter(({ type }) => type === 'bytea').map(({ table, column }) => `${table}.${column}`);
    expect(columns.map(({ place }) => place)).toEqual(bytes.sort());
    const kept = await api.db.$queryRaw<{ name: string }[]>`
      SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname LIKE '%_append_only'`;
    for (const { table, appendOnly } of sealed)
      expect([table, appendOnly]).toEqual([table, kept.some(({ name }) => name === table)]);
  });

  test('a value that somebody moved to another row fails to open, whatever the column', async () => {
    const { accountNumberSealed } = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    const { sealed } = await api.db.review.findUniqueOrThrow({ where: { id: ticketId } });
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { accountNumberSealed: sealed } });
    expect((await api.provider.get('/v1/provider/account')).status).toBe(500);
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { accountNumberSealed } });
    expect((await api.provider.get('/v1/provider/account')).status).toBe(200);
    for (const name of names) {
      const { table, key: rowKey, column, type } = SEALED_COLUMNS[name];
      const value = type === 'bytea' ? `"${column}"` : `decode("${column}", 'base64')`;
      const rows = await api.db.$queryRawUnsafe<{ row: string; sealed: Uint8Array }[]>(
        `SELECT "${rowKey}" AS row, ${value} AS sealed FROM "${table}" WHERE "${column}" IS NOT NULL`,
      );
      // What is proposed is submitted within the request that proposed it.
      if (name !== 'proposal') expect([name, rows.length > 0]).toEqual([name, true]);
      for (const { row, sealed: bytes } of rows) {
        expect(openText(api.keys, bytes, placeOf(name, row))).not.toBe('');
        expect(() => openText(api.keys, bytes, placeOf(name, `${row}x`))).toThrow(/authenticate/);
        for (const other of names.filter((one) => one !== name))
          expect(() => openText(api.keys, bytes, placeOf(other, row))).toThrow(/authenticate/);
      }
    }
  });
});

describe('a key is retired by sealing anew what may change (docs/keys.md)', () => {
  test('npm run reseal seals everything that may change with the first key, and names what needs the others', async () => {
    const { stdout } = await reseal([FRESH, OLD].map(spelled).join(','));
    for (const name of names) {
      const { table, column, appendOnly } = SEALED_COLUMNS[name];
      const line = stdout.split('\n').find((text) => text.startsWith(`${table}.${column}: `));
      expect(line).toMatch(appendOnly ? /append-only.* with test$/ : /sealed anew; (\d+ with fresh|holds nothing)$/);
    }
    expect(stdout).not.toMatch(/of-the-old-key|in-plain|6222/);
    const again = await reseal([FRESH, OLD].map(spelled).join(','));
    expect(again.stdout).not.toMatch(/: [1-9]\d* sealed anew/);
  });

  test('then the old key is needed for append-only tables only: everything else is read without it', async () => {
    const { buyer, provider, ops } = await contextWith(FRESH);
    expect((await provider.get('/v1/provider/account')).body).toMatchObject({ payee: { accountNumber: NUMBER } });
    const numbers = await ops.get(`/v1/ops/tickets/${ticketId}/account-numbers`);
    expect(numbers.body).toMatchObject({ inForce: NUMBER, proposed: OTHER_NUMBER });
    expect((await provider.post(`/v1/provider/webhooks/${webhookId}/secret/rotate`, {})).status).toBe(200);
    const keys = keyRing([FRESH]);
    const product = await api.db.product.findUniqueOrThrow({ where: { id: productId } });
    const token = openText(keys, product.deliveryTokenSealed ?? new Uint8Array(), placeOf('deliveryToken', productId));
    expect(token).toBe('token-in-plain-1');
    const pending = await api.db.review.findUniqueOrThrow({ where: { id: pendingId } });
    expect(openText(keys, pending.sealed ?? new Uint8Array(), placeOf('review', pendingId))).toBe('token-in-plain-2');
    const answers = await api.db.idempotencyRecord.findMany({ where: { key: 'retired' } });
    for (const { id, body } of answers)
      expect(JSON.parse(openText(keys, Buffer.from(body ?? '', 'base64'), placeOf('answer', id)))).toEqual(first);
    expect(answers).toHaveLength(1);
    // The words of a submission went with the key; the rest of the delivery is there.
    const delivery = bodyOf<Delivery>(await buyer.get(`/v1/buyer/deliveries/${deliveryId}`), 200);
    expect(submissionOf(delivery)).toBeNull();
    expect(delivery.timeline.find(({ action }) => action === 'buyer.requirement')?.note).toBe(REQUIREMENT.text);
    const agreements = await provider.get('/v1/provider/agreements');
    expect(JSON.stringify(agreements.body)).toContain('****0123');
  });

  test('while the old key is held, submissions of before are read by their parties', async () => {
    const { buyer, provider } = await contextWith(FRESH, OLD);
    for (const [client, role] of [
      [buyer, 'buyer'],
      [provider, 'provider'],
    ] as const) {
      const answer = await client.get(`/v1/${role}/deliveries/${deliveryId}`);
      expect(submissionOf(bodyOf<Delivery>(answer, 200))).toBe(SUBMISSION);
    }
  });

  test('what a retired key sealed and nobody sealed anew is left as it is, and counted', async () => {
    const third = keyRing([{ id: 'third', key: randomBytes(32) }]);
    const before = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    expect(await resealColumn(api.db, third, 'accountNumber')).toEqual({ resealed: 0, unreadable: 1 });
    expect(await keysInUse(api.db, 'accountNumber')).toEqual([{ keyId: 'fresh', values: 1 }]);
    expect(await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } })).toEqual(before);
  });

  test('a value that changes while it is sealed anew is not overwritten', async () => {
    const keys = keyRing([OLD, FRESH]);
    const racing = api.db.$extends({
      query: {
        async $executeRaw({ args, query }) {
          await api.db.provider.update({
            where: { id: 'prv_demo' },
            data: { accountNumberSealed: Buffer.from('new') },
          });
          return query(args);
        },
      },
    });
    const { accountNumberSealed } = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    const raced = { $queryRaw: api.db.$queryRaw.bind(api.db), $executeRaw: racing.$executeRaw.bind(racing) };
    expect(await resealColumn(raced, keys, 'accountNumber')).toEqual({ resealed: 0, unreadable: 0 });
    const after = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    expect(Buffer.from(after.accountNumberSealed ?? []).toString()).toBe('new');
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { accountNumberSealed } });
    expect(await resealColumn(api.db, keys, 'accountNumber')).toEqual({ resealed: 1, unreadable: 0 });
    const back = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    expect(sealingKeyId(back.accountNumberSealed ?? new Uint8Array())).toBe('test');
  });

  test('a value that was altered stops the command, which says where it is', async () => {
    const { accountNumberSealed } = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    const altered = Buffer.from(accountNumberSealed ?? []);
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { accountNumberSealed: altered } });
    const failed = reseal([FRESH, OLD].map(spelled).join(','));
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('providers prv_demo') });
    await api.db.provider.update({ where: { id: 'prv_demo' }, data: { accountNumberSealed } });
  });
});
