import type { z } from 'zod';
import type { apiKeySchema, newApiKeySchema } from '../../../api/accounts/api-key-routes';
import { newKey } from '../../../api/http/keys';
import { API_KEYS_MAX } from '../../../domain/accounts/limits';
import { unique } from '../../factories/commands';
import { type Api, startApi } from '../../support/api';
import { loseAnswer } from '../../support/lost-answer';
import { bodyOf, storyOf } from '../../support/story';

type NewApiKey = z.infer<typeof newApiKeySchema>;
type ApiKey = z.infer<typeof apiKeySchema>;

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());
/** Each test begins with no live key: there may be 20 of them. */
beforeEach(() => api.db.apiKey.updateMany({ data: { revokedAt: new Date() } }));

const PATH = '/v1/provider/api-keys';
const wish = (change: object = {}) => ({ name: 'ERP', areas: ['orders'], ...change });
const make = async (change: object = {}) => bodyOf<NewApiKey>(await api.provider.post(PATH, wish(change)), 201);
const seconds = (n: number) => new Date(Date.now() + n * 1_000).toISOString();

describe('ACC-0: API keys act for their provider in their areas', () => {
  test('a key lists its provider’s orders, and those of nobody else', async () => {
    const { id } = await storyOf(api).order();
    const { key } = await make();
    const listed = bodyOf<{ items: { id: string }[] }>(await api.clientOf(key).get('/v1/provider/orders'), 200);
    expect(listed.items.map((order) => order.id)).toContain(id);
    const foreign = bodyOf<NewApiKey>(await api.otherProvider.post(PATH, wish()), 201);
    expect((await api.clientOf(foreign.key).get('/v1/provider/orders')).body).toMatchObject({ items: [] });
    expect((await api.clientOf(foreign.key).get(`/v1/provider/orders/${id}`)).status).toBe(404);
  });

  test('AUD-1: what a key does is known to be the key’s', async () => {
    const { id, key } = await make({ areas: ['deliveries'] });
    const story = storyOf(api);
    const delivery = await story.deliveryAt('awaiting_requirement_confirmation');
    const path = `/v1/provider/deliveries/${delivery}/requirement/confirm`;
    bodyOf(await api.clientOf(key).post(path, { note: '自动确认' }), 200);
    const step = await api.db.step.findFirst({ where: { objectId: delivery, action: 'provider.requirement.confirm' } });
    expect(step).toMatchObject({ actorRole: 'provider', actorId: id });
  });

  test('a key is never the main account, whatever its areas; nor is it a person', async () => {
    const all = ['account', 'shop', 'products', 'orders', 'deliveries', 'refunds', 'finance', 'coupons', 'messages'];
    const program = api.clientOf((await make({ areas: all })).key);
    for (const path of [PATH, '/v1/provider/sub-accounts', '/v1/me', '/v1/me/messages']) {
      expect([path, (await program.get(path)).status]).toEqual([path, 403]);
    }
    expect((await program.post(PATH, wish())).status).toBe(403);
    expect((await program.put('/v1/me', { name: '程序' })).status).toBe(403);
    expect(await api.db.user.count({ where: { id: { startsWith: 'key_' } } })).toBe(0);
  });

  test('the same Idempotency-Key of a key and of a person are two', async () => {
    const { key } = await make({ areas: ['deliveries'] });
    const story = storyOf(api);
    const delivery = await story.deliveryAt('awaiting_requirement_confirmation');
    const headers = { 'idempotency-key': 'the-same' };
    const path = `/v1/provider/deliveries/${delivery}/requirement/reject`;
    expect((await api.clientOf(key).post(path, { reason: '程序' }, headers)).status).toBe(200);
    expect((await api.provider.post(path, { reason: '人' }, headers)).status).toBe(409);
  });
});

describe('ACC-0: the secret of a key is shown once and kept as a hash', () => {
  test('it is in the answer, in no list and in no row', async () => {
    const { id, key } = await make();
    const [, , secret = ''] = key.split('_');
    expect(key).toMatch(/^mbo_[0-9a-z]{26}_[0-9a-f]{64}$/);
    expect(JSON.stringify((await api.provider.get(PATH)).body)).not.toContain(secret);
    const row = await api.db.apiKey.findUniqueOrThrow({ where: { id } });
    const trail = await api.db.step.findMany({ where: { objectId: id } });
    const records = await api.db.idempotencyRecord.findMany();
    for (const kept of [row, trail, records]) expect(JSON.stringify(kept)).not.toContain(secret);
    expect(JSON.stringify(api.logs)).not.toContain(secret);
    expect(row.secretHash).toMatch(/^[0-9a-f]{64}$/);
    expect(trail).toMatchObject([{ action: 'provider.api_key.add', stateAfter: { areas: ['orders'] } }]);
  });

  test('who repeats the request under its Idempotency-Key is shown the same one', async () => {
    const headers = { 'idempotency-key': `key-${unique()}` };
    const first = bodyOf<NewApiKey>(await api.provider.post(PATH, wish(), headers), 201);
    const again = bodyOf<NewApiKey>(await api.provider.post(PATH, wish(), headers), 201);
    expect(again).toEqual(first);
    expect((await api.clientOf(again.key).get('/v1/provider/orders')).status).toBe(200);
  });

  test('an answer that was lost for good leaves a key whose secret nobody has, and says so', async () => {
    const headers = { 'idempotency-key': `key-${unique()}` };
    const first = bodyOf<NewApiKey>(await api.provider.post(PATH, wish(), headers), 201);
    await loseAnswer(api.db, headers['idempotency-key']);
    const repeated = await api.provider.post(PATH, wish(), headers);
    expect(repeated).toMatchObject({ status: 409, body: { code: 'API_KEY.SECRET_LOST' } });
    expect(JSON.stringify(repeated.body)).toContain(first.id);
    expect(await api.db.apiKey.count({ where: { id: first.id } })).toBe(1);
  }, 30_000);
});

describe('ACC-0: a key that is revoked, expired or forged is refused', () => {
  const status = async (key: string) => (await api.clientOf(key).get('/v1/provider/orders')).status;

  test('revoked, it is refused at once, and stays so', async () => {
    const { id, key } = await make();
    expect(await status(key)).toBe(200);
    const revoked = bodyOf<ApiKey>(await api.provider.post(`${PATH}/${id}/revoke`), 200);
    expect(await status(key)).toBe(401);
    expect(bodyOf<ApiKey>(await api.provider.post(`${PATH}/${id}/revoke`), 200).revokedAt).toBe(revoked.revokedAt);
  });

  test('it is good until its expiry, and not a moment longer', async () => {
    const { key } = await make({ expiresAt: seconds(2) });
    expect(await status(key)).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(await status(key)).toBe(401);
  });

  test.each<[string, (key: string) => string]>([
    ['with another secret', (key) => key.replace(/_[0-9a-f]{64}$/, `_${'0'.repeat(64)}`)],
    ['with one letter of the secret changed', (key) => key.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['with half a secret', (key) => key.slice(0, -32)],
    ['without a secret', (key) => key.replace(/_[0-9a-f]{64}$/, '')],
    ['with another’s id', (key) => newKey(`key_${'0'.repeat(26)}`).key.replace(/_[0-9a-f]{64}$/, key.slice(-65))],
    ['in capitals', (key) => key.toUpperCase()],
    ['with its hash as secret', () => `mbo_${'0'.repeat(26)}_${'a'.repeat(64)}`],
  ])('%s', async (_, spoilt) => {
    expect(await status(spoilt((await make()).key))).toBe(401);
  });

  test('nobody else revokes a key', async () => {
    const { id, key } = await make();
    expect(await api.otherProvider.post(`${PATH}/${id}/revoke`)).toMatchObject({
      status: 404,
      body: { code: 'API_KEY.NOT_FOUND' },
    });
    expect(await status(key)).toBe(200);
  });
});

describe('ACC-0: what is sent to make a key is checked', () => {
  test.each<[string, object, string]>([
    ['no areas', { areas: [] }, 'body.areas'],
    ['an area that there is none of', { areas: ['main'] }, 'body.areas.0'],
    ['no name', { name: '' }, 'body.name'],
    ['an expiry in the past', { expiresAt: seconds(-1) }, 'body.expiresAt'],
    ['an expiry that is no time', { expiresAt: 'tomorrow' }, 'body.expiresAt'],
    ['a secret of one’s own choice', { secret: 'x' }, 'body.secret'],
  ])('%s is refused, and there is no key', async (_, change, path) => {
    const before = await api.db.apiKey.count();
    const refused = await api.provider.post(PATH, wish(change));
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
    expect(await api.db.apiKey.count()).toBe(before);
  });

  test(`${API_KEYS_MAX} keys may be live, also when many are made at the same time; an expired one does not count`, async () => {
    await make({ expiresAt: seconds(1) });
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const answers = await Promise.all(Array.from({ length: API_KEYS_MAX + 5 }, () => api.provider.post(PATH, wish())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(API_KEYS_MAX);
    for (const { status, body } of answers)
      if (status !== 201) expect(body).toMatchObject({ code: 'API_KEY.TOO_MANY' });
  });
});
