import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { webhookSender } from '../../../activities/ports/webhook-sender';
import { failing, startWebhookReceiver, type WebhookReceiver } from '../../support/webhook-receiver';

let receiver: WebhookReceiver;
/** What the receiver is asked counts, whether it verifies or not: here nothing is signed. */
const asked = () => receiver.requests.length;
beforeEach(async () => {
  receiver = await startWebhookReceiver();
});
afterEach(() => receiver.stop());

const request = (url: string) => ({ url, headers: { 'content-type': 'application/json' }, body: '{}' });
const port = () => new URL(receiver.url).port;

/** A name service that has its own idea of one name. */
const leading = (name: string, to: { address: string; family: number }[]): LookupFunction => {
  return (hostname, options, answer) => {
    if (hostname !== name) lookup(hostname, options, answer);
    else if (options.all === true) answer(null, to);
    else answer(null, to[0]?.address ?? '', to[0]?.family);
  };
};

describe('MSG-3: in production no private address is called, whatever leads to it', () => {
  const inProduction = webhookSender({ allowPrivate: false });

  test.each([
    ['this machine', (at: string) => `https://127.0.0.1:${at}/`],
    ['this machine, IPv6', (at: string) => `https://[::1]:${at}/`],
    ['a private network', () => 'https://10.0.0.1/'],
    ['a private network', () => 'https://172.16.0.1/'],
    ['a private network', () => 'https://192.168.0.1/'],
    ['a cloud’s metadata service', () => 'https://169.254.169.254/latest/meta-data'],
    ['a host behind a carrier’s NAT', () => 'https://100.64.0.1/'],
    ['IPv4 mapped into IPv6', (at: string) => `https://[::ffff:127.0.0.1]:${at}/`],
    ['this machine in decimal', (at: string) => `https://2130706433:${at}/`],
    ['this machine in octal', (at: string) => `https://0177.0.0.1:${at}/`],
    ['this machine in hexadecimal', (at: string) => `https://0x7f000001:${at}/`],
    ['a name for this machine', (at: string) => `https://localhost:${at}/`],
  ])('an address that means %s is not called', async (_, urlOf) => {
    expect(await inProduction.send(request(urlOf(port())))).toEqual({
      status: null,
      retryAfter: undefined,
      error: 'The URL must be on the public internet.',
    });
    expect(asked()).toBe(0);
  });

  test('in production no URL without TLS is called', async () => {
    const answer = await inProduction.send(request(receiver.url));
    expect(answer.error).toBe('The URL must begin with https://.');
    expect(asked()).toBe(0);
  });

  test.each([
    ['a private address', [{ address: '127.0.0.1', family: 4 }]],
    ['a private address of IPv6', [{ address: '::1', family: 6 }]],
    ['an address of IPv4 in IPv6', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    [
      'a public and a private address',
      [
        { address: '93.184.215.14', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    ],
  ])('a name that leads to %s is not called, and the error does not name the address', async (_, addresses) => {
    const sender = webhookSender({ allowPrivate: false, lookUp: leading('rebound.example', addresses) });
    const { error } = await sender.send(request(`https://rebound.example:${port()}/`));
    expect(error).toBe('rebound.example is not on the public internet.');
    expect(asked()).toBe(0);
  });

  test('a name that leads to a private address is called where that is allowed', async () => {
    const lookUp = leading('receiver.example', [{ address: '127.0.0.1', family: 4 }]);
    const { status } = await webhookSender({ allowPrivate: true, lookUp }).send(
      request(`http://receiver.example:${port()}/`),
    );
    expect([status, asked()]).toEqual([204, 1]);
  });

  test('the address that was checked is the one that is called: the name is resolved once a call', async () => {
    const answers = [{ address: '127.0.0.1', family: 4 }];
    const changing: LookupFunction = (hostname, options, answer) =>
      leading(hostname, answers.splice(0))(hostname, options, answer);
    const { status } = await webhookSender({ allowPrivate: true, lookUp: changing }).send(
      request(`http://rebound.example:${port()}/`),
    );
    expect([status, answers]).toEqual([204, []]);
  });
});

describe('MSG-3: whatever a receiver does is an answer', () => {
  const sender = webhookSender({ allowPrivate: true, timeoutMs: 300 });
  const send = () => sender.send(request(receiver.url));
  const answered = (status: number, retryAfter?: string) => ({ status, retryAfter, error: null });

  test('an answer has a status and how long to wait', async () => {
    expect(await send()).toEqual(answered(204));
    receiver.behave(failing(503, { 'retry-after': '120' }));
    expect(await send()).toEqual(answered(503, '120'));
  });

  test('a redirect is an answer and is not followed', async () => {
    const other = await startWebhookReceiver();
    receiver.behave(failing(307, { location: other.url }));
    expect(await send()).toEqual(answered(307));
    expect([asked(), other.requests]).toEqual([1, []]);
    await other.stop();
  });

  test('an answer that is too long is not read to its end', async () => {
    receiver.behave({ does: 'answer', status: 200, body: 'x'.repeat(50_000_000) });
    expect(await send()).toEqual(answered(200));
  });

  test('a receiver that does not answer in time has not answered', async () => {
    receiver.behave({ does: 'hang' });
    expect((await send()).error).toBe('No answer within 0.3 seconds.');
  });

  test('a connection that is closed is no answer', async () => {
    receiver.behave({ does: 'drop' });
    expect((await send()).error).toContain('hang up');
  });

  test('a connection that is refused is no answer', async () => {
    const gone = await startWebhookReceiver();
    await gone.stop();
    expect((await sender.send(request(gone.url))).error).toContain('ECONNREFUSED');
  });

  test('a name that does not resolve is no answer', async () => {
    expect((await sender.send(request('http://nowhere.invalid/'))).error).toContain('nowhere.invalid');
  });
});
