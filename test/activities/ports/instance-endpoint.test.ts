import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isIPv6, type LookupFunction } from 'node:net';
import path from 'node:path';
import { type EndpointAnswer, instanceEndpoint } from '../../../activities/ports/instance-endpoint';
import { type CallBody, callBody, PROVIDER_ACTIONS, verification } from '../../../domain/instances/protocol';
import { freePort } from '../../../scripts/parts/ports';
import { eventually } from '../../support/eventually';
import {
  ACCESS,
  answering,
  inactive,
  type SpecProvider,
  startSpecProvider,
  wellBehaved,
} from '../../support/spec-provider';

const TOKEN = 'a-token-of-tests';
const parties = { instanceId: 'ins_1', orderId: 'ord_1', buyerId: 'usr_1', productId: 'prd_1' };
const purchase = {
  ...{ orderId: 'ord_1', productName: '客户管理', specName: '基础版', isTrial: false },
  span: { amount: 1, unit: 'month' as const },
};
const bodyOf = (action: (typeof PROVIDER_ACTIONS)[number], signId: string | null = 'spec-1'): CallBody =>
  action === 'verifyInterface'
    ? verification('r-verifyInterface', 'an echo')
    : callBody(action, `r-${action}`, parties, { signId, purchase, expiresAtMs: 0 });

const port = instanceEndpoint({ allowPrivate: true });
let provider: SpecProvider;
beforeAll(async () => {
  provider = await startSpecProvider(TOKEN);
});
beforeEach(() => {
  provider.behave(wellBehaved);
  provider.calls.length = 0;
});
afterAll(() => provider.stop());

const create = (changes: { token?: string; url?: string } = {}, over = port): Promise<EndpointAnswer> =>
  over.call({ url: provider.url, token: TOKEN, body: bodyOf('createInstance'), ...changes });
const failure = (answer: EndpointAnswer) => (answer.is === 'failed' ? answer.failure : answer.is);

describe('INS-1: calls as the specification has them', () => {
  test('a server written from the specification alone takes every call', async () => {
    for (const action of PROVIDER_ACTIONS) {
      const answer = await port.call({ url: provider.url, token: TOKEN, body: bodyOf(action) });
      expect(answer).toEqual(
        action === 'createInstance' ? { is: 'created', signId: 'spec-1', access: ACCESS } : { is: 'done' },
      );
    }
    expect(provider.calls.map(({ isSigned }) => isSigned)).toEqual(PROVIDER_ACTIONS.map(() => true));
  });

  test('every attempt is signed anew, and keeps its request id', async () => {
    await create();
    await create();
    const [one, other] = provider.calls;
    expect(one?.eventId).not.toBe(other?.eventId);
    expect(one?.requestId).toBe(other?.requestId);
  });

  test('a wrong token is refused by the server', async () => {
    expect(failure(await create({ token: 'another-token' }))).toBe('status');
    expect(provider.calls[0]?.isSigned).toBe(false);
  });

  test('a timestamp more than 30 seconds old is refused by the server', async () => {
    const slow = (seconds: number) => instanceEndpoint({ allowPrivate: true, now: () => Date.now() - seconds * 1_000 });
    expect(failure(await create({}, slow(32)))).toBe('status');
    expect(failure(await create({}, slow(25)))).toBe('created');
  });
});

describe('INS-1: whatever a provider’s server does is an answer', () => {
  const TEN_MB = 10 * 1024 * 1024;

  test.each([
    ['"0"', answering(200, '{"signId":"0"}'), 'not_ready'],
    ['HTTP 500', answering(500, '{"signId":"spec-1"}'), 'status'],
    ['HTTP 404', answering(404, ''), 'status'],
    ['malformed JSON', answering(200, '{"signId":'), 'malformed'],
    ['an empty answer', answering(200, ''), 'malformed'],
    ['HTML', answering(200, '<html>OK</html>'), 'malformed'],
    ['an id that is too long', answering(200, '{"signId":"123456789012"}'), 'malformed'],
    ['JSON of another kind', answering(200, '[]'), 'malformed'],
    ['a redirect', answering(302, '', { location: 'http://127.0.0.1:1/elsewhere' }), 'redirect'],
    ['a permanent redirect', answering(308, '{"signId":"1"}', { location: '/delivery' }), 'redirect'],
  ])('%s', async (_, behaviour, expected) => {
    provider.behave(behaviour);
    expect(failure(await create())).toBe(expected);
    expect(provider.calls).toHaveLength(1);
  });

  test('an answer that says it has 10 MB is not read at all', async () => {
    let isBroken = false;
    provider.behave((_, response) => {
      response.on('close', () => {
        isBroken = !response.writableFinished;
      });
      response.writeHead(200, { 'content-length': String(TEN_MB) });
      response.write(Buffer.alloc(1024, 0x20));
      return true;
    });
    const begunMs = Date.now();
    expect(failure(await create())).toBe('too_large');
    expect(Date.now() - begunMs).toBeLessThan(4_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isBroken).toBe(true);
  });

  test('an answer that goes on and on without saying how long it is is cut off', async () => {
    let sent = 0;
    provider.behave((_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(16 * 1024, 0x20);
      const more = () => {
        if (response.destroyed || sent >= TEN_MB) return;
        sent += chunk.length;
        if (response.write(chunk)) setImmediate(more);
        else response.once('drain', more);
      };
      more();
      return true;
    });
    expect(failure(await create())).toBe('too_large');
    expect(sent).toBeLessThan(TEN_MB);
  });

  test('a connection that breaks off in the answer is no answer', async () => {
    provider.behave((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"signId":"spec-1"');
      setTimeout(() => response.destroy(), 20);
      return true;
    });
    expect(failure(await create())).toBe('unreachable');
  });

  test('after 5 seconds of inactivity the call is given up', async () => {
    provider.behave(inactive);
    const begunMs = Date.now();
    expect(await create()).toEqual({ is: 'failed', failure: 'timeout', detail: 'No answer within 5 seconds.' });
    expect(Date.now() - begunMs).toBeGreaterThanOrEqual(4_900);
  }, 20_000);

  test('nobody listening is unreachable', async () => {
    expect(failure(await create({ url: 'http://127.0.0.1:1/' }))).toBe('unreachable');
  });

  test('no detail of a failure holds the token, or what was answered', async () => {
    for (const behaviour of [answering(500, 'secret-body'), answering(200, '{"signId":["secret-body"]}')]) {
      provider.behave(behaviour);
      const said = JSON.stringify(await create());
      expect(said).not.toContain(TOKEN);
      expect(said).not.toContain('secret-body');
    }
  });
});

describe('INS-1: which URLs are called', () => {
  const inProduction = instanceEndpoint({ allowPrivate: false });

  test.each([
    'http://provider.example/delivery',
    'https://127.0.0.1/delivery',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://localhost/',
    'https://user:password@provider.example/',
  ])('in production %s is not called', async (url) => {
    expect(failure(await create({ url }, inProduction))).toBe('address');
  });

  /** A name service that answers every name by these addresses, the first time by the first of them, and so on. */
  function nameService(...answers: string[][]) {
    let asked = 0;
    const lookUp: LookupFunction = (_, { all }, answer) => {
      const found = (answers[Math.min(asked, answers.length - 1)] ?? []).map((address) => ({
        ...{ address, family: isIPv6(address) ? 6 : 4 },
      }));
      asked += 1;
      if (all === true) answer(null, found);
      else answer(null, found[0]?.address ?? '', found[0]?.family);
    };
    return { lookUp, asked: () => asked };
  }

  test.each([
    ['a private address', ['127.0.0.1']],
    ['a private address beside a public one', ['93.184.215.14', '10.0.0.1']],
    ['IPv4 mapped into IPv6', ['::ffff:127.0.0.1']],
    ['IPv4 mapped into IPv6, in hexadecimal', ['::ffff:7f00:1']],
    ['a cloud’s metadata service', ['169.254.169.254']],
    ['a private network of IPv6', ['fd00:ec2::254']],
  ])('in production a name that leads to %s is not called', async (_, addresses) => {
    const { lookUp, asked } = nameService(addresses);
    const rebound = instanceEndpoint({ allowPrivate: false, lookUp });
    expect(await create({ url: 'https://rebound.example/' }, rebound)).toMatchObject({
      failure: 'unreachable',
      detail: 'rebound.example is not on the public internet.',
    });
    expect([asked(), provider.calls]).toEqual([1, []]);
  });

  test('a name is looked up once for each attempt: the address that was looked at is the one connected to', async () => {
    const { lookUp, asked } = nameService(['127.0.0.1'], ['127.0.0.1'], ['127.99.99.99']);
    const here = instanceEndpoint({ allowPrivate: true, lookUp });
    const url = provider.url.replace('127.0.0.1', 'rebinding.example');
    expect(failure(await create({ url }, here))).toBe('created');
    expect(asked()).toBe(1);
    expect(failure(await create({ url }, here))).toBe('created');
    // The next attempt connects to what the name means then, and to nothing that it meant before.
    expect(failure(await create({ url }, here))).toBe('unreachable');
    expect([asked(), provider.calls.length]).toEqual([3, 2]);
  });

  test('a redirect to a private address is an answer, and leads nowhere', async () => {
    provider.behave(answering(307, '', { location: provider.url }));
    expect(failure(await create())).toBe('redirect');
    expect(provider.calls).toHaveLength(1);
  });

  test('a URL with a query or a fragment is not called anywhere', async () => {
    for (const url of [`${provider.url}?tenant=1`, `${provider.url}?`, `${provider.url}#x`]) {
      expect(failure(await create({ url }))).toBe('address');
    }
    expect(provider.calls).toHaveLength(0);
  });
});

describe('INS-1 … INS-4: the example of a provider’s side, run as its documentation says', () => {
  const file = path.join(__dirname, '..', '..', '..', 'examples', 'provider', 'server.mjs');
  const running: ChildProcess[] = [];
  afterAll(() => running.map((one) => one.kill()));

  /** The port, with another body than the protocol has. */
  const withBody = (body: object): typeof port => ({
    call: (call) => port.call({ ...call, body: { ...call.body, ...body } }),
  });

  async function started(env: NodeJS.ProcessEnv = {}): Promise<string> {
    const at = String(await freePort());
    const example = spawn(process.execPath, [file], {
      env: { ...process.env, DELIVERY_TOKEN: TOKEN, PORT: at, ...env },
    });
    running.push(example);
    await once(example.stdout, 'data');
    return `http://127.0.0.1:${at}/`;
  }

  test('it takes every call, makes an instance once, and refuses what is not signed or too old', async () => {
    const url = await started();
    const send = (body: CallBody, over = port) => over.call({ url, token: TOKEN, body });
    expect(await send(bodyOf('verifyInterface'))).toEqual({ is: 'done' });
    const made = await send(bodyOf('createInstance'));
    expect(await send(bodyOf('createInstance'))).toEqual(made);
    const signId = made.is === 'created' ? made.signId : '';
    for (const action of PROVIDER_ACTIONS.slice(2)) expect(await send(bodyOf(action, signId))).toEqual({ is: 'done' });
    expect(failure(await create({ url, token: 'another-token' }))).toBe('status');
    const old = (seconds: number) => instanceEndpoint({ allowPrivate: true, now: () => Date.now() - seconds * 1_000 });
    expect(failure(await send(bodyOf('verifyInterface'), old(32)))).toBe('status');
    expect(await send(bodyOf('verifyInterface'), old(25))).toEqual({ is: 'done' });
  });

  test('what is no call is refused, and stops nothing', async () => {
    const url = await started();
    for (const body of [
      { action: 'format', requestId: 'r-1' },
      { action: 'constructor', requestId: 'r-2' },
      { action: null },
    ]) {
      expect(failure(await create({ url }, withBody(body)))).toBe('status');
    }
    expect(failure(await create({ url }, withBody({ action: 'createInstance', filler: 'x'.repeat(65 * 1024) })))).toBe(
      'status',
    );
    expect((await fetch(url)).status).toBe(405);
    expect(failure(await create({ url }))).toBe('created');
  });

  test('while an instance is being made it answers "0"; a refunded one is destroyed by its order', async () => {
    const url = await started({ CREATION_SECONDS: '1' });
    expect(failure(await create({ url }))).toBe('not_ready');
    await eventually(async () => expect(failure(await create({ url }))).toBe('created'));
    expect(await port.call({ url, token: TOKEN, body: bodyOf('destroyInstance', null) })).toEqual({ is: 'done' });
  });
});
