import type { z } from 'zod';
import type { agreementSchema } from '../../../api/accounts/agreement-routes';
import { openText } from '../../../codec/keys';
import { placeOf } from '../../../codec/places';
import { seed } from '../../../prisma/seed/index';
import { keyClient, newProvider, subAccount } from '../../factories/accounts';
import { type Api, startApi } from '../../support/api';
import type { HttpClient } from '../../support/http';
import { bodyOf } from '../../support/story';

type Agreement = z.infer<typeof agreementSchema>;

let api: Api;
/** Every test has a provider of its own: what is signed stays signed. */
let providerId = '';
let main: HttpClient;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  ({ id: providerId, main } = await newProvider(api, COMPANY));
});
afterAll(() => api.stop());

const NUMBER = '6222021234567890123';
const COMPANY = '新入驻服务商有限公司';
const PAYEE = {
  accountHolder: COMPANY,
  bankLocation: '广东省深圳市',
  bank: '示例银行',
  branch: '示例银行深圳科技园支行',
  accountNumber: NUMBER,
};
const CONTACT = { name: '钱会计', email: 'finance@demo.example' };
const SIGN = '/v1/provider/agreements/revenue_supplement/sign';
const REVISION = { revision: '2026-01' };

const putPayee = (change: object = {}, client: HttpClient = main) =>
  client.put('/v1/provider/account/payee', { ...PAYEE, ...change });
async function ready(): Promise<void> {
  bodyOf(await putPayee(), 200);
  bodyOf(await main.post('/v1/provider/contacts', CONTACT), 201);
}
async function agreement(kind: Agreement['kind']): Promise<Agreement> {
  const { items } = bodyOf<{ items: Agreement[] }>(await main.get('/v1/provider/agreements'), 200);
  const found = items.find((item) => item.kind === kind);
  if (found === undefined) throw new Error(`no agreement ${kind}`);
  return found;
}

describe('ACC-4: agreements', () => {
  test('the entry agreement is signed on joining, and kept word for word', async () => {
    const { isSigned, blockers, signed } = await agreement('entry');
    expect({ isSigned, blockers }).toEqual({ isSigned: true, blockers: [] });
    expect(signed).toMatchObject([{ revision: '2026-01', kind: 'entry' }]);
    expect(signed[0]?.text).toContain(`${COMPANY}（统一社会信用代码：9144030071526726XG）`);
    expect(await main.post('/v1/provider/agreements/entry/sign', REVISION)).toMatchObject({
      status: 409,
      body: { code: 'AGREEMENT.SIGNED' },
    });
  });

  test('seeding again signs nothing again', async () => {
    const seeded = () => api.db.agreement.findMany({ where: { providerId: { in: ['prv_demo', 'prv_other'] } } });
    const before = await seeded();
    await seed(api.database.appUrl);
    expect(await seeded()).toEqual(before);
    expect(before).toMatchObject([{ kind: 'entry' }, { kind: 'entry' }]);
  });

  test('what was signed stays as it was: not even its table’s owner changes it', async () => {
    await expect(api.db.$executeRaw`UPDATE agreements SET text = ''`).rejects.toThrow();
    await expect(api.db.$executeRaw`DELETE FROM agreements`).rejects.toThrow();
  });

  test('WDR-2: the list and the refusal name everything that keeps from signing at once', async () => {
    const paths = ['payee', 'contacts'];
    expect((await agreement('revenue_supplement')).blockers.map(({ path }) => path)).toEqual(paths);
    const refused = await main.post(SIGN, REVISION);
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'AGREEMENT.BLOCKED', errors: paths.map((path) => ({ path })) },
    });
    expect((await agreement('revenue_supplement')).isSigned).toBe(false);
  });

  test('the revenue supplementary agreement holds payee and contacts as they were at signing, the number masked and sealed', async () => {
    await ready();
    const { text, blockers } = await agreement('revenue_supplement');
    expect(blockers).toEqual([]);
    const answer = bodyOf<Agreement>(await main.post(SIGN, REVISION), 200);
    const [signed] = answer.signed;
    expect(answer).toMatchObject({ isSigned: true, signed: [{ text }] });
    for (const words of ['广东省深圳市', '示例银行深圳科技园支行', '****0123', '钱会计，finance@demo.example']) {
      expect(signed?.text).toContain(words);
    }
    expect(signed?.text).not.toContain(NUMBER);
    const row = await api.db.agreement.findUniqueOrThrow({ where: { id: signed?.id ?? '' } });
    expect(openText(api.keys, row.sealed ?? new Uint8Array(), placeOf('signedNumber', row.id))).toBe(NUMBER);
    // What changes later leaves the text alone.
    bodyOf(await main.post('/v1/provider/contacts', { name: '新人', phone: '13800000009' }), 201);
    expect((await agreement('revenue_supplement')).signed[0]?.text).toBe(signed?.text);
  });

  test('another revision than the present one cannot be signed', async () => {
    await ready();
    for (const revision of ['2025-01', '2099-01', 'x']) {
      expect(await main.post(SIGN, { revision })).toMatchObject({
        status: 409,
        body: { code: 'AGREEMENT.OUTDATED' },
      });
    }
    expect(await main.post('/v1/provider/agreements/marriage/sign', REVISION)).toMatchObject({
      status: 404,
      body: { code: 'AGREEMENT.NOT_FOUND' },
    });
  });

  test('only the main account signs', async () => {
    await ready();
    for (const client of [
      await subAccount(api, ['account', 'finance'], { providerId }),
      await keyClient(api, ['account'], { providerId }),
    ]) {
      expect((await client.post(SIGN, REVISION)).status).toBe(403);
    }
  });
});

describe('ACC-3: payee info is the provider’s to edit until the revenue agreement is signed', () => {
  test('afterwards it is locked, for everybody; the rest is not', async () => {
    await ready();
    bodyOf(await putPayee({ bank: '第二银行' }), 200);
    bodyOf(await main.post(SIGN, REVISION), 200);
    for (const client of [main, await subAccount(api, ['account', 'finance'], { providerId })]) {
      expect(await putPayee({ bank: '第三银行' }, client)).toMatchObject({
        status: 409,
        body: { code: 'ACCOUNT.LOCKED', detail: expect.stringContaining('/v1/provider/tickets') },
      });
    }
    const account = bodyOf(await main.get('/v1/provider/account'), 200);
    expect(account).toMatchObject({ payee: { bank: '第二银行' }, payeeLocked: true });
    const other = { teamSize: 3, registeredCapitalFen: null, yearsRegistered: null, yearlyRevenueFen: null };
    bodyOf(await main.put('/v1/provider/account/other', other), 200);
    const [step] = await api.db.step.findMany({
      where: { objectId: providerId },
      orderBy: { sequence: 'desc' },
      skip: 1,
    });
    expect(step).toMatchObject({ objectId: providerId, stateAfter: { signed: REVISION, payee: { bank: '第二银行' } } });
  });

  test('another provider’s lock is its own', async () => {
    await ready();
    bodyOf(await main.post(SIGN, REVISION), 200);
    bodyOf(
      await api.otherProvider.put('/v1/provider/account/payee', { ...PAYEE, accountHolder: '另一家服务商有限公司' }),
      200,
    );
  });

  test('signing and editing at the same time: one after the other, and never an edit after the lock', async () => {
    await ready();
    const edits = Array.from({ length: 12 }, (_, n) => putPayee({ bank: `第 ${n} 银行` }));
    const signatures = Array.from({ length: 3 }, () => main.post(SIGN, REVISION));
    const [edited, signed] = await Promise.all([Promise.all(edits), Promise.all(signatures)]);
    expect(signed.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    for (const { status, body } of edited) if (status !== 200) expect(body).toMatchObject({ code: 'ACCOUNT.LOCKED' });

    const steps = await api.db.step.findMany({ where: { objectId: providerId }, orderBy: { sequence: 'asc' } });
    expect(steps.at(-1)?.action).toBe('provider.agreement.sign.revenue_supplement');
    expect(steps).toHaveLength(1 + 1 + edited.filter(({ status }) => status === 200).length);
    const { bank } = await api.db.provider.findUniqueOrThrow({ where: { id: providerId } });
    expect((await agreement('revenue_supplement')).signed[0]?.text).toContain(`开户银行：${bank}\n`);
  });

  test('naming and removing contacts while it is signed: the text names those who were there', async () => {
    await ready();
    const [{ id }] = bodyOf<{ items: [{ id: string }] }>(await main.get('/v1/provider/contacts'), 200).items;
    const [removed, signed] = await Promise.all([
      main.post(`/v1/provider/contacts/${id}/remove`),
      main.post(SIGN, REVISION),
    ]);
    expect(removed.status).toBe(200);
    if (signed.status === 200) expect((await agreement('revenue_supplement')).signed[0]?.text).toContain('钱会计');
    else expect(signed).toMatchObject({ status: 409, body: { errors: [{ path: 'contacts' }] } });
  });

  test('the same request sent again is the same signature', async () => {
    await ready();
    const headers = { 'idempotency-key': 'sign-once' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => main.post(SIGN, REVISION, headers)));
    expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(200));
    expect(await api.db.agreement.count({ where: { providerId, kind: 'revenue_supplement' } })).toBe(1);
  });
});
