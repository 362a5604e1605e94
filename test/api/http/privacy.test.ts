import { randomBytes } from 'node:crypto';
import { temporal } from '@temporalio/proto';
import { decodeJwt } from 'jose';
import { Client as PgClient } from 'pg';
import { z } from 'zod';
import { keyRing } from '../../../codec/keys';
import { startCodecRelay } from '../../../scripts/parts/codec-relay';
import { type Api, JWT_SECRET, KEY, PEOPLE, startApi, tokenOf, UI_ORIGIN } from '../../support/api';
import { eventually } from '../../support/eventually';
import { type Answer, httpClient, key } from '../../support/http';
import { bodyOf, type Delivery, storyOf } from '../../support/story';

const REQUIREMENT = '只有双方能看的需求 requirement-in-plain';
const SUMMARY = '后台账号 admin，密码 password-in-plain';
/** The password as it is, and as base64 or hexadecimal digits would show it. */
const PASSWORD = 'password-in-plain';
const SPELLINGS = [
  PASSWORD,
  Buffer.from(PASSWORD).toString('hex'),
  ...[0, 1, 2].map((shift) => Buffer.from(PASSWORD.slice(shift)).toString('base64').slice(0, 20)),
];

let api: Api;
let id = '';
beforeAll(async () => {
  api = await startApi();
  const story = storyOf(api);
  id = await story.deliveryAt('awaiting_requirement');
  await story.act(id, 'buyer.requirement', { text: REQUIREMENT }, key('sealed-1'));
  await story.act(id, 'provider.requirement.confirm', { note: '好' }, key('sealed-2'));
  await story.act(id, 'provider.implementation.submit', { summary: SUMMARY }, key('sealed-3'));
  await story.act(id, 'buyer.acceptance.accept', { comment: '' }, key('sealed-4'));
});
afterAll(() => api.stop());

describe('ORD-2, I-60: what was implemented, accounts and passwords with it, is for buyer and provider only', () => {
  test.each([
    ['buyer', 'buyer', SUMMARY],
    ['provider', 'provider', SUMMARY],
    ['ops', 'ops', null],
    ['manager', 'ops', null],
  ] as const)('%s reads it in the timeline, or null', async (person, role, note) => {
    const answer = await api[person].get(`/v1/${role}/deliveries/${id}`);
    const { timeline } = bodyOf<Delivery>(answer, 200);
    expect(timeline.find(({ action }) => action === 'provider.implementation.submit')?.note).toBe(note);
    expect(timeline.find(({ action }) => action === 'buyer.requirement')?.note).toBe(REQUIREMENT);
    if (note === null) expect(JSON.stringify(answer.body)).not.toContain('password-in-plain');
  });

  test('no table holds it in plain, nor do the recorded answers', async () => {
    await eventually(async () => expect(await api.db.idempotencyRecord.count({ where: { status: null } })).toBe(0));
    const client = new PgClient({ connectionString: api.database.ownerUrl });
    await client.connect();
    const tables = await client.query<{ name: string }>(
      "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    );
    const holding = async (words: string) => {
      const found: string[] = [];
      for (const { name } of tables.rows) {
        const { rowCount } = await client.query(
          `SELECT FROM "${name}" AS row WHERE row::text LIKE '%' || $1 || '%' LIMIT 1`,
          [words],
        );
        if (rowCount !== 0) found.push(name);
      }
      return found;
    };
    expect(tables.rows.length).toBeGreaterThan(10);
    for (const spelling of SPELLINGS) expect([spelling, await holding(spelling)]).toEqual([spelling, []]);
    expect(await holding('requirement-in-plain')).toEqual(['steps']);
    await client.end();
    const answers = await api.db.idempotencyRecord.findMany({ where: { status: 200 } });
    expect(answers.length).toBeGreaterThanOrEqual(4);
    for (const { body } of answers) expect(Buffer.from(body ?? '', 'base64').includes('-in-plain')).toBe(false);
  });

  test('what an older key sealed is read as long as the key is there', async () => {
    const newKey = { id: 'new', key: randomBytes(32) };
    const rotated = await api.startAnother({ keys: keyRing([newKey, { id: 'test', key: KEY }]) });
    const buyer = httpClient(() => rotated.url, api.tokens.buyer);
    expect(JSON.stringify((await buyer.get(`/v1/buyer/deliveries/${id}`)).body)).toContain('password-in-plain');
    await rotated.close();
  });
});

type JsonPayload = z.infer<typeof payload>;
const payload = z.object({ metadata: z.record(z.string(), z.string()), data: z.string() });

/** A history as the Temporal UI gets it: protobuf in JSON, and as the bytes that travel. */
async function history(workflowId = `delivery/${id}`) {
  const { History } = temporal.api.history.v1;
  const raw = await api.temporal.client.workflow.getHandle(workflowId).fetchHistory();
  const bytes = Buffer.from(History.encode(History.fromObject(raw)).finish());
  return { bytes, payloads: payloadsIn(History.toObject(History.decode(bytes), { bytes: String })) };
}

function payloadsIn(value: unknown): JsonPayload[] {
  const own = payload.safeParse(value);
  if (own.success) return [own.data];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(payloadsIn) : [];
}

const decoded = (answer: Answer) =>
  bodyOf<{ payloads: JsonPayload[] }>(answer, 200).payloads.map(({ data }) => Buffer.from(data, 'base64').toString());

describe('I-60: histories hold nothing in plain', () => {
  test('histories hold neither words nor passwords nor the names of fields', async () => {
    const { bytes, payloads } = await history();
    expect(payloads.length).toBeGreaterThan(5);
    const everything = Buffer.concat([bytes, ...payloads.map(({ data }) => Buffer.from(data, 'base64'))]);
    for (const words of ['requirement-in-plain', 'password-in-plain', '只有双方', '小程序', '"note"', 'buyerId']) {
      expect([words, everything.includes(words)]).toEqual([words, false]);
    }
  });

  test('the codec endpoint decodes them for operations with the permission payloads.read', async () => {
    const { payloads } = await history();
    const texts = decoded(await api.manager.post('/codec/decode', { payloads }));
    expect(texts).toHaveLength(payloads.length);
    expect(texts.join('\n')).toContain(REQUIREMENT);
  });
});

describe('ORD-2, I-60: what a provider submits is sealed before it leaves the API', () => {
  test('no history holds it, even when the codec endpoint has decoded every payload of every workflow', async () => {
    const workflows: string[] = [];
    for await (const { workflowId } of api.temporal.client.workflow.list()) {
      const { bytes, payloads } = await history(workflowId);
      const texts = [bytes.toString()];
      for (let at = 0; at < payloads.length; at += 1_000)
        texts.push(...decoded(await api.manager.post('/codec/decode', { payloads: payloads.slice(at, at + 1_000) })));
      for (const text of texts) for (const spelling of SPELLINGS) expect(text).not.toContain(spelling);
      workflows.push(workflowId);
    }
    expect(workflows).toContain(`delivery/${id}`);
    expect(workflows.length).toBeGreaterThanOrEqual(2);
  });

  test('the codec endpoint does not open what a table holds sealed, when it is sent as a payload', async () => {
    const { sealedNote } = await api.db.step.findFirstOrThrow({ where: { objectId: id, sealedNote: { not: null } } });
    const metadata = { encoding: Buffer.from('binary/encrypted').toString('base64') };
    const data = Buffer.from(sealedNote ?? []).toString('base64');
    expect(data.length).toBeGreaterThan(SUMMARY.length);
    const refused = await api.manager.post('/codec/decode', { payloads: [{ metadata, data }] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'REQUEST.INVALID' } });
    expect(JSON.stringify(refused.body)).not.toContain('in-plain');
  });

  test('no log, audit row or timeline that operations read holds it', async () => {
    const logs = JSON.stringify(api.logs);
    const { orderId } = await api.db.delivery.findUniqueOrThrow({ where: { id } });
    const paths = ['/v1/ops/audit?limit=100', `/v1/ops/objects/${orderId}/timeline`, `/v1/ops/objects/${id}/timeline`];
    const read = await Promise.all(paths.map((path) => api.manager.get(path)));
    for (const { status } of read) expect(status).toBe(200);
    const texts = [logs, ...read.map(({ body }) => JSON.stringify(body))];
    expect(texts.join()).toContain('provider.implementation.submit');
    for (const text of texts) for (const spelling of SPELLINGS) expect(text).not.toContain(spelling);
  });
});

describe('I-60: the codec endpoint decodes for whom it may, and for nobody else', () => {
  const decode = (client = api.manager, body: unknown = { payloads: [] }) => client.post('/codec/decode', body);
  const sealed = async () => {
    const found = (await history()).payloads.find(
      ({ metadata }) => Buffer.from(metadata.encoding ?? '', 'base64').toString() === 'binary/encrypted',
    );
    if (found === undefined) throw new Error('no payload is encrypted');
    return found;
  };

  test('it decodes for nobody without a token, and nobody without the permission', async () => {
    const payloads = [await sealed()];
    expect(await decode(api.anonymous, { payloads })).toMatchObject({ status: 401, body: { code: 'AUTH.REQUIRED' } });
    for (const person of ['ops', 'buyer', 'provider'] as const) {
      expect(await decode(api[person], { payloads })).toMatchObject({ status: 403, body: { code: 'AUTH.FORBIDDEN' } });
    }
  });

  test('it takes no token in its path, where logs and browsers would keep it', async () => {
    const path = `/codec/${api.tokens.manager}/decode`;
    expect((await api.anonymous.post(path, { payloads: [] })).status).toBe(404);
  });

  test('a relay decodes for a Temporal UI without log-in, by a token that lives for a minute and never leaves it', async () => {
    const lives: number[] = [];
    const relay = await startCodecRelay({
      decodeUrl: `${api.url()}/codec/decode`,
      uiOrigin: UI_ORIGIN,
      port: 0,
      async token() {
        const token = await tokenOf(PEOPLE.manager, JWT_SECRET, '1m');
        const { exp = 0, iat = 0 } = decodeJwt(token);
        lives.push(exp - iat);
        return token;
      },
    });
    const { payloads } = await history();
    const ask = (origin: string, url = `${relay.endpoint}/decode`) =>
      fetch(url, { method: 'POST', headers: { origin }, body: JSON.stringify({ payloads }) });
    for (let time = 1; time <= 2; time += 1) {
      const answer = await ask(UI_ORIGIN);
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, UI_ORIGIN]);
      expect(await answer.json()).toMatchObject({ payloads: expect.arrayContaining([expect.anything()]) });
    }
    expect(lives).toEqual([60, 60]);
    expect((await ask('https://evil.example')).status).toBe(403);
    expect((await ask(UI_ORIGIN, `${relay.url}/decode`)).status).toBe(404);
    const preflight = await fetch(`${relay.endpoint}/decode`, { method: 'OPTIONS', headers: { origin: UI_ORIGIN } });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, UI_ORIGIN]);
    expect(lives).toHaveLength(2);
    await relay.stop();
  });

  test('only pages of the Temporal UI may ask it', async () => {
    for (const origin of [UI_ORIGIN, 'https://evil.example', 'null']) {
      const preflight = await api.anonymous.send('OPTIONS', '/codec/decode', {
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-namespace',
        },
      });
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, UI_ORIGIN]);
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization, content-type, x-namespace');
      const answer = await api.manager.post('/codec/decode', { payloads: [] }, { origin });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, UI_ORIGIN]);
    }
    for (const path of ['/v1/me', '/v1/buyer/orders', '/healthz', '/openapi.json']) {
      const { headers } = await api.buyer.get(path, { origin: UI_ORIGIN });
      expect([path, headers.get('access-control-allow-origin')]).toEqual([path, null]);
    }
  });

  test('without a Temporal UI there is no page that may', async () => {
    const other = await api.startAnother({ config: { ...api.config, TEMPORAL_UI_URL: undefined } });
    const manager = httpClient(() => other.url, api.tokens.manager);
    expect((await decode(manager)).headers.get('access-control-allow-origin')).toBeNull();
    await other.close();
  });

  test('a payload that was altered, or sealed with a key that is not held, is the sender’s fault', async () => {
    const good = await sealed();
    const bytes = Buffer.from(good.data, 'base64');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const altered = { ...good, data: bytes.toString('base64') };
    const foreign = {
      ...good,
      data: keyRing([{ id: 'foreign', key: randomBytes(32) }])
        .payloads.seal(Buffer.from('x'), 'payload')
        .toString('base64'),
    };
    for (const bad of [altered, foreign, { ...good, data: '' }, { metadata: good.metadata }]) {
      const refused = await decode(api.manager, { payloads: [good, bad] });
      expect(refused).toMatchObject({ status: 422, body: { code: 'REQUEST.INVALID' } });
      expect(JSON.stringify(refused.body)).not.toContain('in-plain');
    }
  });

  test('what is not encrypted passes as it is', async () => {
    const plain = {
      metadata: { encoding: Buffer.from('json/plain').toString('base64') },
      data: Buffer.from('"text"').toString('base64'),
    };
    expect((await decode(api.manager, { payloads: [plain] })).body).toEqual({ payloads: [plain] });
  });

  test.each([
    ['nothing', {}],
    ['a word', { payloads: 'x' }],
    ['no metadata', { payloads: [{ data: '' }] }],
    ['an array', []],
  ])('a body of %s is answered 400', async (_, body) => {
    expect(await decode(api.manager, body)).toMatchObject({ status: 400, body: { code: 'REQUEST.MALFORMED' } });
  });
});
