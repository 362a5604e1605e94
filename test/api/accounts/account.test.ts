import { createHash, randomBytes } from 'node:crypto';
import { keyRing, openText } from '../../../codec/keys';
import { placeOf } from '../../../codec/places';
import { CONTACTS_MAX } from '../../../domain/accounts/limits';
import { sealedPayee } from '../../../prisma/store/accounts/accounts';
import { keyClient, subAccount } from '../../factories/accounts';
import { type Api, startApi } from '../../support/api';
import { type HttpClient, httpClient } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const PATH = '/v1/provider/account';
const NUMBER = '6222021234567890123';
const PAYEE = {
  accountHolder: '示例云服务有限公司',
  bankLocation: '广东省深圳市',
  bank: '示例银行',
  branch: '示例银行深圳科技园支行',
  accountNumber: NUMBER,
};
const OTHER = {
  teamSize: 35,
  registeredCapitalFen: 1_000_000_000,
  yearsRegistered: 8,
  yearlyRevenueFen: 3_200_000_000,
};
type Account = { payee: { accountNumber: string } | null; version: number };

const read = async (client: HttpClient = api.provider) => bodyOf<Account>(await client.get(PATH), 200);
const etag = async () => (await api.provider.get(PATH)).headers.get('etag') ?? '';
const putPayee = (change: object = {}, headers = {}) =>
  api.provider.put(`${PATH}/payee`, { ...PAYEE, ...change }, headers);
const trail = () =>
  api.db.step.findMany({
    where: { objectId: 'prv_demo' },
    orderBy: { sequence: 'asc' },
    select: { action: true, stateAfter: true },
  });

describe('ACC-1: business info is read-only', () => {
  test('it is shown, and there is no way to change it here', async () => {
    expect(await read()).toMatchObject({
      id: 'prv_demo',
      business: { providerType: 'enterprise', name: '示例云服务有限公司', licenceNumber: '91440300MA5DEM0019' },
    });
    expect((await api.provider.put(PATH, { name: '别的公司' })).status).toBe(405);
    expect(await putPayee({ name: '别的公司' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.name' }] },
    });
  });
});

describe('ACC-2: payee info', () => {
  test('is recorded whole, the number without its blanks', async () => {
    bodyOf(await putPayee({ accountNumber: '6222 0212 3456 7890 123' }), 200);
    expect(await read()).toMatchObject({ payee: PAYEE, payeeLocked: false });
  });

  test.each(Object.keys(PAYEE))('%s is required', async (field) => {
    for (const value of [undefined, '', '  ']) {
      const refused = await putPayee({ [field]: value });
      const path = `body.${field}`;
      expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
    }
  });

  test.each(['示例云服务有限公司北京分公司', '张三', '另一家服务商有限公司'])(
    'the holder must be the company, not %s',
    async (holder) => {
      const before = await read();
      const refused = await putPayee({ accountHolder: holder });
      const errors = [{ path: 'body.accountHolder', message: 'must be the company name' }];
      expect(refused).toMatchObject({ status: 422, body: { errors } });
      expect(await read()).toEqual(before);
    },
  );

  test.each(['1234567', '1'.repeat(31), '6222-0212-3456', '622202123456789012X', '-6222021234567890'])(
    '%s is no account number',
    async (number) => {
      expect(await putPayee({ accountNumber: number })).toMatchObject({
        status: 422,
        body: { errors: [{ path: 'body.accountNumber', message: 'must have 8 to 30 digits' }] },
      });
    },
  );

  test('WeChat and Tenpay merchant ids are recorded, opened or not', async () => {
    const ids = { wechatMerchantId: '1900000109', tenpayMerchantId: null };
    bodyOf(await api.provider.put(`${PATH}/merchants`, ids), 200);
    expect(await read()).toMatchObject({
      merchants: { wechat: { merchantId: '1900000109', opened: true }, tenpay: { merchantId: null, opened: false } },
    });
    expect((await api.provider.put(`${PATH}/merchants`, { ...ids, tenpayMerchantId: 'abc' })).status).toBe(422);
    expect((await api.provider.put(`${PATH}/merchants`, { wechatMerchantId: null })).status).toBe(422);
  });
});

describe('ACC-5: other info', () => {
  test('is replaced as a whole, and may be empty', async () => {
    expect(bodyOf(await api.provider.put(`${PATH}/other`, OTHER), 200)).toMatchObject({ other: OTHER });
    const empty = { teamSize: null, registeredCapitalFen: null, yearsRegistered: null, yearlyRevenueFen: null };
    expect(bodyOf(await api.provider.put(`${PATH}/other`, empty), 200)).toMatchObject({ other: empty });
  });

  test.each([
    ['a team of less than nobody', { teamSize: -1 }],
    ['half a year', { yearsRegistered: 0.5 }],
    ['fen that are not whole', { registeredCapitalFen: 0.1 }],
    ['more fen than can be counted', { yearlyRevenueFen: 9_007_199_254_740_992 }],
    ['words', { teamSize: '35' }],
  ])('%s', async (_, change) => {
    expect((await api.provider.put(`${PATH}/other`, { ...OTHER, ...change })).status).toBe(422);
  });
});

describe('ACC-5: the account is changed only by who has read its present version', () => {
  test('the ETag of what was read permits one change, of whatever part', async () => {
    const headers = { 'if-match': await etag() };
    const answers = await Promise.all([
      ...Array.from({ length: 5 }, () => putPayee({}, headers)),
      ...Array.from({ length: 5 }, () => api.provider.put(`${PATH}/other`, OTHER, headers)),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    const [winner] = answers.filter(({ status }) => status === 200);
    expect(winner?.headers.get('etag')).toBe(await etag());
  });
});

describe('ACC-6: bank account numbers', () => {
  beforeAll(async () => {
    bodyOf(await putPayee(), 200);
  });

  test('are stored sealed', async () => {
    const row = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    const sealed = Buffer.from(row.accountNumberSealed ?? []);
    expect(openText(api.keys, sealed, placeOf('accountNumber', 'prv_demo'))).toBe(NUMBER);
    expect(sealed.includes(NUMBER)).toBe(false);
    expect(row.accountNumberLast4).toBe('0123');
  });

  test('are shown in full to the main account and to people with the area finance, and to nobody else', async () => {
    const numberFor = async (client: HttpClient) => (await read(client)).payee?.accountNumber;
    expect(await numberFor(api.provider)).toBe(NUMBER);
    expect(await numberFor(await subAccount(api, ['account', 'finance']))).toBe(NUMBER);
    expect(await numberFor(await subAccount(api, ['account', 'orders']))).toBe('****0123');
    expect(await numberFor(await keyClient(api, ['account', 'finance']))).toBe('****0123');
    expect((await (await subAccount(api, ['finance'])).get(PATH)).status).toBe(403);
  });

  test('are masked for who has just changed them, too', async () => {
    const sub = await subAccount(api, ['account']);
    const changed = bodyOf<Account>(await sub.put(`${PATH}/payee`, PAYEE), 200);
    expect(changed.payee?.accountNumber).toBe('****0123');
  });

  test('AUD-1: every change is in the trail, before and after, the number masked', async () => {
    const before = (await trail()).length;
    await putPayee({ accountNumber: '88880000111122223333' });
    await putPayee();
    const steps = await trail();
    expect(steps.slice(before)).toMatchObject([
      { action: 'provider.account.payee', stateAfter: { payee: { ...PAYEE, accountNumber: '****3333' } } },
      { action: 'provider.account.payee', stateAfter: { payee: { ...PAYEE, accountNumber: '****0123' } } },
    ]);
    expect(JSON.stringify(steps)).not.toContain(NUMBER);
    expect(JSON.stringify(api.logs)).not.toContain(NUMBER);
  });
});

describe('ACC-6: a changed account number is a change in the trail', () => {
  type Change = { field: string; before: unknown; after: unknown };
  const FIELD = 'payee.accountNumberFingerprint';
  /** What the latest line of the account's trail says that changed. */
  const latest = async () => {
    const answer = await api.manager.get('/v1/ops/audit?objectId=prv_demo&limit=1');
    return bodyOf<{ items: { changes: Change[] }[] }>(answer, 200).items[0]?.changes ?? [];
  };

  test('a new number with the same last four digits is recorded by another keyed fingerprint', async () => {
    bodyOf(await putPayee(), 200);
    bodyOf(await putPayee({ accountNumber: '8888000011112220123' }), 200);
    const changes = await latest();
    expect(changes).toEqual([{ field: FIELD, before: expect.any(String), after: expect.any(String) }]);
    expect(changes[0]?.before).not.toBe(changes[0]?.after);
  });

  test('the same number, sent again, is no change, even after the first key was replaced', async () => {
    bodyOf(await putPayee(), 200);
    bodyOf(await putPayee(), 200);
    expect(await latest()).toEqual([]);
    const fresh = { id: 'new', key: randomBytes(32) };
    const rotated = await api.startAnother({ keys: keyRing([fresh, ...api.keys.all]) });
    const provider = httpClient(() => rotated.url, api.tokens.provider);
    bodyOf(await provider.put(`${PATH}/payee`, PAYEE), 200);
    expect(await latest()).toEqual([]);
    bodyOf(await provider.put(`${PATH}/payee`, { ...PAYEE, accountNumber: '8888000011112220123' }), 200);
    expect(await latest()).toMatchObject([{ field: FIELD, after: expect.stringMatching(/^new:/) }]);
    // Back under the key that the other tests' API holds.
    const before = await api.startAnother({ keys: keyRing([...api.keys.all, fresh]) });
    bodyOf(await httpClient(() => before.url, api.tokens.provider).put(`${PATH}/payee`, PAYEE), 200);
  });

  test('the fingerprint says nothing to those without the key: it is no plain hash, and another for every provider', async () => {
    const { accountNumberFingerprint } = await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } });
    for (const digest of ['hex', 'base64', 'base64url'] as const)
      expect(accountNumberFingerprint).not.toContain(createHash('sha256').update(NUMBER).digest(digest));
    const account = {
      ...(await api.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } })),
      accountNumberSealed: null,
    };
    const of = (id: string) => sealedPayee(api.keys, { ...account, id }, PAYEE).accountNumberFingerprint;
    expect(of('prv_demo')).toBe(of('prv_demo'));
    expect(of('prv_demo')).not.toBe(of('prv_other'));
  });
});

describe('ACC-4: contacts', () => {
  const CONTACTS = '/v1/provider/contacts';
  type Contact = { id: string };
  const list = async (client = api.provider) => bodyOf<{ items: Contact[] }>(await client.get(CONTACTS), 200).items;
  const add = async (contact: object) => bodyOf<Contact>(await api.provider.post(CONTACTS, contact), 201);

  test('are named, changed and removed', async () => {
    const { id } = await add({ name: '钱会计', email: 'finance@demo.example' });
    expect(await list()).toMatchObject([
      { id, name: '钱会计', email: 'finance@demo.example', phone: null, language: 'zh-CN' },
    ]);
    const change = { name: '钱会计', email: null, phone: '13800000009', language: 'en' };
    bodyOf(await api.provider.put(`${CONTACTS}/${id}`, change), 200);
    expect(await list()).toMatchObject([{ ...change, version: 2 }]);
    const { phone: _, ...partial } = change;
    expect((await api.provider.put(`${CONTACTS}/${id}`, partial)).status).toBe(422);
    bodyOf(await api.provider.post(`${CONTACTS}/${id}/remove`), 200);
    expect(await list()).toEqual([]);
    for (const answer of [
      await api.provider.post(`${CONTACTS}/${id}/remove`),
      await api.provider.put(`${CONTACTS}/${id}`, change),
    ]) {
      expect(answer).toMatchObject({ status: 404, body: { code: 'CONTACT.NOT_FOUND' } });
    }
    const steps = await api.db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } });
    expect(steps).toMatchObject([
      { action: 'provider.contact.add', stateAfter: { name: '钱**', email: 'f***@demo.example', removed: false } },
      { action: 'provider.contact.change', stateAfter: { email: null, phone: '***0009' } },
      { action: 'provider.contact.remove', stateAfter: { removed: true } },
    ]);
  });

  test('ACC-6: another address that is masked alike is a change in the trail', async () => {
    const { id } = await add({ name: '钱会计', email: 'finance@demo.example', phone: '13800000009' });
    const change = { name: '钱会计', email: 'forger@demo.example', phone: '13700000009', language: 'zh-CN' };
    bodyOf(await api.provider.put(`${CONTACTS}/${id}`, change), 200);
    const answer = await api.ops.get(`/v1/ops/audit?objectId=${id}&limit=1`);
    const [line] = bodyOf<{ items: { changes: { field: string }[] }[] }>(answer, 200).items;
    expect(line?.changes.map(({ field }) => field)).toEqual(['fingerprints.email', 'fingerprints.phone']);
  });

  test('a contact that has changed since it was read is not overwritten', async () => {
    const { id } = await add({ name: '甲', email: 'a@demo.example' });
    const put = () =>
      api.provider.put(
        `${CONTACTS}/${id}`,
        { name: '乙', email: 'b@demo.example', phone: null, language: 'zh-CN' },
        { 'if-match': '"1"' },
      );
    const answers = await Promise.all(Array.from({ length: 5 }, put));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412]);
  });

  test.each([
    ['neither e-mail nor phone', { name: '甲' }, 'body.email'],
    ['an address that is none', { name: '甲', email: 'x' }, 'body.email'],
    ['a number that is none', { name: '甲', phone: 'x' }, 'body.phone'],
    ['no name', { email: 'a@demo.example' }, 'body.name'],
    ['a language that there are no words in', { name: '甲', email: 'a@demo.example', language: 'fr' }, 'body.language'],
  ])('with %s are refused', async (_, contact, path) => {
    const refused = await api.provider.post(CONTACTS, contact);
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
  });

  test('are one’s own', async () => {
    const { id } = await add({ name: '甲', email: 'a@demo.example' });
    expect((await list(api.otherProvider)).map((contact) => contact.id)).not.toContain(id);
    expect((await api.otherProvider.post(`${CONTACTS}/${id}/remove`)).status).toBe(404);
  });

  test(`there are ${CONTACTS_MAX} at most, also when many are named at the same time`, async () => {
    const answers = await Promise.all(
      Array.from({ length: CONTACTS_MAX + 5 }, (_, n) =>
        api.provider.post(CONTACTS, { name: `第 ${n} 人`, phone: '13800000009' }),
      ),
    );
    expect(await list()).toHaveLength(CONTACTS_MAX);
    for (const { status, body } of answers)
      if (status !== 201) expect(body).toMatchObject({ code: 'CONTACT.TOO_MANY' });
  });
});
