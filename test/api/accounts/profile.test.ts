import { randomBytes } from 'node:crypto';
import { type KeyRing, keyRing } from '../../../codec/keys';
import { type Api, startApi, tokenOf } from '../../support/api';
import { httpClient } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const PROFILE = { name: '王小明', email: 'me@demo.example', phone: '13800000001', language: 'zh-CN' };
const etag = async (client = api.buyer) => (await client.get('/v1/me')).headers.get('etag') ?? '';
const put = (change: object, ifMatch?: string, client = api.buyer) =>
  client.put('/v1/me', { ...PROFILE, ...change }, ifMatch === undefined ? {} : { 'if-match': ifMatch });

describe('MSG-2: a profile is replaced only by who has read its present version', () => {
  test('the ETag of what was read permits one change, and changes with it', async () => {
    const read = await etag();
    const saved = await put({ name: '王大明' }, read);
    expect(saved).toMatchObject({ status: 200, body: { name: '王大明' } });
    expect(saved.headers.get('etag')).not.toBe(read);
    expect(await etag()).toBe(saved.headers.get('etag'));
    const refused = await put({ name: '王二明' }, read);
    expect(refused).toMatchObject({ status: 412, body: { code: 'PRECONDITION.FAILED' } });
    expect((await api.buyer.get('/v1/me')).body).toMatchObject({ name: '王大明' });
  });

  test('of twenty who have read the same, one changes it', async () => {
    const read = await etag();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => put({ name: `第 ${n} 人` }, read)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await api.buyer.get('/v1/me')).body).toEqual(winner?.body);
  });

  test.each(['nonsense', '1', 'W/"1"', '""', '"-1"', '"1", "2"'])('If-Match: %s matches nothing', async (ifMatch) => {
    expect((await put({}, ifMatch)).status).toBe(412);
  });

  test('without If-Match, or with *, it is replaced as it is', async () => {
    expect(await put({ name: '甲' })).toMatchObject({ status: 200, body: { name: '甲' } });
    expect(await put({ name: '乙' }, '*')).toMatchObject({ status: 200, body: { name: '乙' } });
  });

  test('who has said nothing yet has a blank one, which is version 0', async () => {
    const newcomer = api.clientOf(await tokenOf({ sub: 'usr_newcomer', role: 'buyer' }));
    expect((await newcomer.get('/v1/me')).body).toMatchObject({
      id: 'usr_newcomer',
      name: null,
      email: null,
      version: 0,
    });
    expect(await api.db.user.count({ where: { id: 'usr_newcomer', version: { gt: 0 } } })).toBe(0);
    expect((await put({}, '"7"', newcomer)).status).toBe(412);
    const answers = await Promise.all([put({ name: '一' }, '"0"', newcomer), put({ name: '二' }, '"0"', newcomer)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('AUD-1: who changed it, from where, before and after, with contacts masked; a refused change leaves nothing', async () => {
    const person = api.clientOf(await tokenOf({ sub: 'usr_moving', role: 'buyer' }));
    await put({}, undefined, person);
    await put(
      { email: 'zoe@other.example', phone: '+86 139 0000 1234', name: '李大雷', language: 'en' },
      '"1"',
      person,
    );
    expect((await put({ name: '谁' }, '"1"', person)).status).toBe(412);
    const answer = await api.ops.get('/v1/ops/audit?objectId=usr_moving');
    const { items } = bodyOf<{ items: object[] }>(answer, 200);
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({
      action: 'me.profile',
      actor: { role: 'buyer', id: 'usr_moving' },
      sourceIp: expect.stringMatching(/127\.0\.0\.1$/),
      changes: [
        { field: 'name', before: '王**', after: '李**' },
        { field: 'email', before: 'm***@demo.example', after: 'z***@other.example' },
        { field: 'phone', before: '***0001', after: '***1234' },
        { field: 'version', before: 1, after: 2 },
        { field: 'language', before: 'zh-CN', after: 'en' },
        ...['name', 'email', 'phone'].map((field) => expect.objectContaining({ field: `fingerprints.${field}` })),
      ],
    });
    expect((await api.provider.get('/v1/provider/audit?objectId=usr_moving')).body).toMatchObject({ items: [] });
  });

  test('AUD-1, ACC-6: a change that the masks hide is a change in the trail, and an unchanged value is none', async () => {
    const person = api.clientOf(await tokenOf({ sub: 'usr_alike', role: 'buyer' }));
    const latest = async () => {
      const answer = await api.ops.get('/v1/ops/audit?objectId=usr_alike&limit=1');
      const [line] = bodyOf<{ items: { changes: { field: string; before: unknown; after: unknown }[] }[] }>(
        answer,
        200,
      ).items;
      return line?.changes.filter(({ field }) => field !== 'version') ?? [];
    };
    bodyOf(await put({}, undefined, person), 200);
    bodyOf(await put({ email: 'mallory@demo.example' }, undefined, person), 200);
    expect(await latest()).toEqual([
      { field: 'fingerprints.email', before: expect.any(String), after: expect.any(String) },
    ]);
    bodyOf(await put({ email: 'mallory@demo.example' }, undefined, person), 200);
    expect(await latest()).toEqual([]);
    bodyOf(await put({ email: 'mallory@demo.example', name: '王大明', phone: '13900000001' }, undefined, person), 200);
    expect((await latest()).map(({ field }) => field)).toEqual(['fingerprints.name', 'fingerprints.phone']);
    const trail = JSON.stringify(await api.db.step.findMany({ where: { objectId: 'usr_alike' } }));
    for (const secret of ['mallory', '大明', '13900000001']) expect(trail).not.toContain(secret);
  });

  test('ACC-6: an unchanged value keeps its fingerprint under another first key; one of a retired key is made anew', async () => {
    const token = await tokenOf({ sub: 'usr_rotating', role: 'buyer' });
    const last = async () => {
      const [step] = await api.db.step.findMany({ where: { objectId: 'usr_rotating' }, orderBy: { sequence: 'desc' } });
      return step?.stateAfter as { fingerprints: Record<string, string> };
    };
    const putUnder = async (keys: KeyRing, change: object) => {
      const other = await api.startAnother({ keys });
      bodyOf(await httpClient(() => other.url, token).put('/v1/me', { ...PROFILE, ...change }), 200);
      return (await last()).fingerprints;
    };
    const fresh = { id: 'new', key: randomBytes(32) };
    const before = await putUnder(api.keys, {});
    const rotated = await putUnder(keyRing([fresh, ...api.keys.all]), { phone: '13800000002' });
    expect(rotated).toEqual({ ...before, phone: expect.stringMatching(/^new:/) });
    const retired = await putUnder(keyRing([fresh]), { phone: '13800000002' });
    expect(retired).toEqual({
      name: expect.stringMatching(/^new:/),
      email: expect.stringMatching(/^new:/),
      phone: rotated.phone,
    });
  });

  test('it is sent whole: nothing is emptied because it was left out', async () => {
    await put({});
    for (const name of Object.keys(PROFILE)) {
      const refused = await api.buyer.put('/v1/me', { ...PROFILE, [name]: undefined });
      expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: `body.${name}` }] } });
    }
    expect((await api.buyer.get('/v1/me')).body).toMatchObject(PROFILE);
    const emptied = { name: null, email: null, phone: null, language: 'zh-CN' };
    expect(bodyOf(await api.buyer.put('/v1/me', emptied), 200)).toMatchObject(emptied);
  });

  test('it is one’s own, whatever the body says', async () => {
    expect((await api.buyer.put('/v1/me', { ...PROFILE, id: 'usr_other' })).status).toBe(422);
    await put({ name: '只改自己' });
    expect(await api.db.user.findUnique({ where: { id: 'usr_other' } })).toMatchObject({ name: '李雷' });
  });
});

describe('MSG-2: where notices go must be an address', () => {
  test.each<[string, object, string]>([
    ['an address without a place', { email: 'me@' }, 'body.email'],
    ['two addresses', { email: 'a@demo.example, b@demo.example' }, 'body.email'],
    ['an address with a header in it', { email: 'a@demo.example\r\nBcc: all@demo.example' }, 'body.email'],
    ['an address of 255 characters', { email: `${'a'.repeat(242)}@demo.example` }, 'body.email'],
    ['a word as telephone number', { phone: 'call me' }, 'body.phone'],
    ['an empty name', { name: '  ' }, 'body.name'],
    ['a name with a line of SMTP', { name: 'a\0b' }, 'body.name'],
    ['a language that there are no words in', { language: 'fr' }, 'body.language'],
    ['a role of one’s own choice', { role: 'ops' }, 'body.role'],
  ])('%s is refused, and nothing changes', async (_, change, path) => {
    const before = (await api.buyer.get('/v1/me')).body;
    const refused = await put(change);
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
    expect((await api.buyer.get('/v1/me')).body).toEqual(before);
  });
});
