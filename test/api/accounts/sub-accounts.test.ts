import type { z } from 'zod';
import type { subAccountSchema } from '../../../api/accounts/sub-account-routes';
import { SUB_ACCOUNTS_MAX } from '../../../domain/accounts/limits';
import { staffClient } from '../../factories/accounts';
import { unique } from '../../factories/commands';
import { type Api, startApi } from '../../support/api';
import { bodyOf, storyOf } from '../../support/story';

type SubAccount = z.infer<typeof subAccountSchema>;

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const PATH = '/v1/provider/sub-accounts';
const DATA = { name: '钱会计', email: 'finance@provider-demo.example', phone: '13800000009' };
const newcomer = (areas: string[] = ['orders'], id = `usr_new_${unique()}`) => ({ id, ...DATA, areas });
const add = async (areas?: string[]) => bodyOf<SubAccount>(await api.provider.post(PATH, newcomer(areas)), 201);
const trailOf = (id: string) =>
  api.db.step.findMany({
    where: { objectId: id },
    orderBy: { sequence: 'asc' },
    select: { action: true, stateAfter: true, actorId: true },
  });

describe('ACC-0: the main account makes sub-accounts with permissions per area', () => {
  test('a sub-account may do what its areas say, and nothing else', async () => {
    const { id } = await add(['orders', 'deliveries']);
    const sub = await staffClient(api, id);
    expect((await sub.get('/v1/provider/orders')).status).toBe(200);
    expect((await sub.get('/v1/provider/deliveries')).status).toBe(200);
    const refused = await sub.get(PATH);
    expect(refused).toMatchObject({ status: 403, body: { detail: 'Only the main account may do this.' } });
    expect((await sub.get('/v1/me')).body).toMatchObject({ id, providerId: 'prv_demo', ...DATA });
  });

  test('what it may do changes with its next request, the token staying the same', async () => {
    const { id } = await add(['orders']);
    const sub = await staffClient(api, id);
    expect((await sub.get('/v1/provider/orders')).status).toBe(200);
    bodyOf(await api.provider.put(`${PATH}/${id}`, { ...DATA, areas: ['deliveries'] }), 200);
    expect((await sub.get('/v1/provider/orders')).status).toBe(403);
    expect((await sub.get('/v1/provider/deliveries')).status).toBe(200);
  });

  test('disabled, it is refused at once; enabled again, it is let in', async () => {
    const { id } = await add(['orders']);
    const sub = await staffClient(api, id);
    expect((await sub.get('/v1/provider/orders')).status).toBe(200);
    expect((await api.provider.post(`${PATH}/${id}/disable`)).body).toMatchObject({ status: 'disabled' });
    for (const path of ['/v1/provider/orders', '/v1/me']) {
      expect(await sub.get(path)).toMatchObject({ status: 403, body: { detail: expect.stringContaining('disabled') } });
    }
    expect((await sub.put('/v1/me', { name: '还在', email: null, phone: null, language: 'zh-CN' })).status).toBe(403);
    expect((await api.provider.post(`${PATH}/${id}/enable`)).body).toMatchObject({ status: 'enabled' });
    expect((await sub.get('/v1/provider/orders')).status).toBe(200);
  });

  test('AUD-1: who did what to it, before and after', async () => {
    const { id } = await add(['orders']);
    await api.provider.put(`${PATH}/${id}`, { ...DATA, areas: ['finance', 'orders'] });
    await api.provider.post(`${PATH}/${id}/disable`);
    expect(await trailOf(id)).toMatchObject([
      { action: 'provider.sub_account.add', actorId: 'usr_provider_demo', stateAfter: { areas: ['orders'] } },
      { action: 'provider.sub_account.change', stateAfter: { areas: ['orders', 'finance'], disabled: false } },
      { action: 'provider.sub_account.disable', stateAfter: { areas: ['orders', 'finance'], disabled: true } },
    ]);
  });

  test('the list has all of one’s own, and none of others', async () => {
    const { id } = await add();
    const items = bodyOf<{ items: SubAccount[] }>(await api.provider.get(`${PATH}?limit=100`), 200).items;
    expect(items.map((item) => item.id)).toContain(id);
    expect(items.map((item) => item.id)).not.toContain('usr_provider_demo');
    expect((await api.otherProvider.get(PATH)).body).toEqual({ items: [], nextCursor: null });
  });
});

describe('ACC-0: what a token says makes nobody an account', () => {
  test('who is no account of the provider cannot become one by saving a profile', async () => {
    const stranger = await staffClient(api, 'usr_stranger');
    expect(await stranger.put('/v1/me', { name: '陌生人' })).toMatchObject({
      status: 403,
      body: { code: 'AUTH.FORBIDDEN' },
    });
    expect(await api.db.user.count({ where: { id: 'usr_stranger' } })).toBe(0);
  });

  test('a sub-account’s own profile leaves its areas alone', async () => {
    const { id } = await add(['orders']);
    const sub = await staffClient(api, id);
    expect((await sub.put('/v1/me', { name: '自己改的', email: null, phone: null, language: 'zh-CN' })).status).toBe(
      200,
    );
    expect(await api.db.user.findUnique({ where: { id } })).toMatchObject({
      name: '自己改的',
      account: 'sub',
      areas: ['orders'],
      providerId: 'prv_demo',
    });
  });
});

describe('ACC-0: a user belongs to one provider, or to none', () => {
  test.each<[string, () => Promise<string>]>([
    ['a buyer with a profile', async () => 'usr_demo'],
    [
      'a buyer who has only bought',
      async () => {
        const { buyerId } = await storyOf(api).order();
        const id = `usr_silent_${unique()}`;
        await api.db.order.updateMany({ where: { buyerId }, data: { buyerId: id } });
        return id;
      },
    ],
    ['the main account', async () => 'usr_provider_demo'],
    ['somebody of another provider', async () => 'usr_provider_other'],
    ['somebody of operations', async () => 'usr_ops_demo'],
    ['a sub-account already', async () => (await add()).id],
  ])('%s: 409, without a word whose it is', async (_, of) => {
    const id = await of();
    const before = await api.db.user.findUnique({ where: { id } });
    const refused = await api.provider.post(PATH, newcomer(['orders'], id));
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'SUB_ACCOUNT.TAKEN',
        detail: 'This user cannot become a sub-account; create another user for it.',
      },
    });
    expect(await api.db.user.findUnique({ where: { id } })).toEqual(before);
  });

  test('of twenty who claim the same user, two providers among them, one gets it', async () => {
    const body = newcomer();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? api.provider : api.otherProvider).post(PATH, body)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    expect(await trailOf(body.id)).toHaveLength(1);
  });

  test('others’ sub-accounts, and main accounts, are nothing here', async () => {
    const { id } = await add();
    for (const [client, other] of [
      [api.otherProvider, id],
      [api.provider, 'usr_provider_demo'],
    ] as const) {
      const answers = [
        await client.get(`${PATH}/${other}`),
        await client.put(`${PATH}/${other}`, { ...DATA, areas: [] }),
        await client.post(`${PATH}/${other}/disable`),
        await client.post(`${PATH}/${other}/enable`),
      ];
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 404, body: { code: 'SUB_ACCOUNT.NOT_FOUND' } });
      }
    }
  });
});

describe('ACC-0: what is sent of a sub-account is checked', () => {
  test('it is replaced only by who has read its present version', async () => {
    const { id } = await add();
    const etag = (await api.provider.get(`${PATH}/${id}`)).headers.get('etag') ?? '';
    const put = () => api.provider.put(`${PATH}/${id}`, { ...DATA, areas: ['shop'] }, { 'if-match': etag });
    const answers = await Promise.all(Array.from({ length: 10 }, put));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(412)]);
    expect((await put()).status).toBe(412);
  });

  test.each<[string, object, string]>([
    ['an id of another kind', { id: 'prv_demo' }, 'body.id'],
    ['an area that there is none of', { areas: ['everything'] }, 'body.areas.0'],
    ['an area twice', { areas: ['shop', 'shop'] }, 'body.areas'],
    ['main, as if it were an area', { areas: ['main'] }, 'body.areas.0'],
    ['no areas at all', { areas: undefined }, 'body.areas'],
    ['no name', { name: ' ' }, 'body.name'],
    ['an address that is none', { email: 'x' }, 'body.email'],
    ['another provider', { providerId: 'prv_other' }, 'body.providerId'],
    ['a place above all', { account: 'main' }, 'body.account'],
  ])('%s is refused', async (_, change, path) => {
    const refused = await api.provider.post(PATH, { ...newcomer(), ...change });
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
  });

  test(`${SUB_ACCOUNTS_MAX} sub-accounts may be enabled, also when many are added at the same time`, async () => {
    const left = SUB_ACCOUNTS_MAX - (await api.db.user.count({ where: { providerId: 'prv_other', account: 'sub' } }));
    const answers = await Promise.all(Array.from({ length: left + 5 }, () => api.otherProvider.post(PATH, newcomer())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(left);
    for (const { status, body } of answers)
      if (status !== 201) expect(body).toMatchObject({ code: 'SUB_ACCOUNT.TOO_MANY' });
    const [first] = answers.flatMap(({ status, body }) => (status === 201 ? [body as SubAccount] : []));
    await api.otherProvider.post(`${PATH}/${first?.id}/disable`);
    bodyOf(await api.otherProvider.post(PATH, newcomer()), 201);
    expect(await api.otherProvider.post(`${PATH}/${first?.id}/enable`)).toMatchObject({
      status: 409,
      body: { code: 'SUB_ACCOUNT.TOO_MANY' },
    });
  });
});
