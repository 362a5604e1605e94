import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const call = z.looseObject({ action: z.string(), requestId: z.string() });
export type ReceivedCall = z.output<typeof call> & { isSigned: boolean; eventId: string; timestamp: string };

/** What a provider's server does with a call; null: as the specification says. */
export type Behaviour = (received: ReceivedCall, response: ServerResponse) => true | null;

/** Misbehaviours, one each. */
export const answering =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
    return true;
  };
export const inactive: Behaviour = () => true;
export const wellBehaved: Behaviour = () => null;

const text = z.string().min(1);
const signId = z.string().min(1).max(11);
const parties = { accountId: text, openId: text, productId: text };
const productInfo = z.object({
  ...{ productName: text, isTrial: z.boolean(), spec: text },
  ...{ timeSpan: z.int().positive(), timeUnit: z.enum(['y', 'm', 'd', 'h', 't']), cycleNum: z.int() },
});
const instanceExpireTime = z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
const longer = { ...parties, orderId: text, resourceId: text, productInfo, signId, instanceExpireTime };

/** What the specification says that each call carries, beside its action and requestId (INS-2 … INS-4). */
const CONTENT: Record<string, z.ZodType> = {
  verifyInterface: z.object({ echoback: text }),
  createInstance: z.object({
    ...{ ...parties, orderId: text, resourceId: text, productInfo, extendInfo: z.object({ comment: z.string() }) },
  }),
  renewInstance: z.object(longer),
  modifyInstance: z.object(longer),
  expireInstance: z.object({ ...parties, signId }),
  destroyInstance: z.object({ ...parties, signId, orderId: text }),
};

/**
 * A provider's server written from the words of the specification alone (INS-1 … INS-4); it shares no code with ours. It
 * keeps every call, and can be made to misbehave.
 */
export async function startSpecProvider(token: string) {
  const calls: ReceivedCall[] = [];
  let behaviour: Behaviour = wellBehaved;
  const server = createServer(async (request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [timestamp, eventId] = [query.get('timestamp') ?? '', query.get('eventId') ?? ''];
    const joined = [token, timestamp, eventId].sort((one, other) => (one < other ? -1 : 1)).join('');
    const isFresh = Date.now() / 1_000 - Number(timestamp) <= 30;
    const isSigned = isFresh && query.get('signature') === createHash('sha256').update(joined).digest('hex');
    const received = { ...call.parse(JSON.parse(Buffer.concat(chunks).toString())), isSigned, eventId, timestamp };
    calls.push(received);
    if (behaviour(received, response) === true) return;
    if (!isSigned) response.writeHead(403).end('not signed');
    else if (!CONTENT[received.action]?.safeParse(received).success) response.writeHead(400).end('not as specified');
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerTo(received)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/delivery`,
    token,
    calls,
    callsOf: (action: string) => calls.filter((one) => one.action === action),
    behave(next: Behaviour): void {
      behaviour = next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export type SpecProvider = Awaited<ReturnType<typeof startSpecProvider>>;

/** The access that it gives, which only buyer and provider may read. */
export const ACCESS = {
  website: 'https://app.spec.example/',
  authUrl: 'https://app.spec.example/login?secret=open-sesame',
  additionalInfo: [{ name: 'password', value: 'open-sesame-2' }],
};

function answerTo(received: ReceivedCall): object {
  switch (received.action) {
    case 'verifyInterface':
      return { echoback: received.echoback };
    case 'createInstance': {
      const { additionalInfo, ...appInfo } = ACCESS;
      return { signId: 'spec-1', appInfo, additionalInfo };
    }
    default:
      return { success: 'true' };
  }
}
