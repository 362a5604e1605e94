import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';

/** What a receiver does with what it is sent. */
export type Behaviour =
  | { does: 'answer'; status: number; headers?: Record<string, string>; body?: string }
  | { does: 'drop' }
  | { does: 'hang' };

/** Answers as it should. */
export const WELL: Behaviour = { does: 'answer', status: 204 };
export const failing = (status: number, headers: Record<string, string> = {}): Behaviour => ({
  does: 'answer',
  status,
  headers,
});

const event = z.object({
  type: z.string(),
  timestamp: z.iso.datetime(),
  data: z.looseObject({ objectId: z.string(), sequence: z.int(), group: z.string(), providerId: z.string() }),
});
type Event = z.infer<typeof event>;

/** One request as it came: `event` is what the Standard Webhooks library made of it, null where it did not verify. */
export type Received = {
  id: string;
  headers: Record<string, string>;
  body: string;
  event: Event | null;
  took: boolean;
};

export type WebhookReceiver = Awaited<ReturnType<typeof startWebhookReceiver>>;

/** A provider's program that receives events: a real server, which verifies by the Standard Webhooks library. */
export async function startWebhookReceiver() {
  const requests: Received[] = [];
  let secret = '';
  let behaviour: (id: string) => Behaviour = () => WELL;

  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const headers = headersOf(request);
      const id = headers['webhook-id'] ?? '';
      const received = verified(secret, body, headers);
      const next = received === null && secret !== '' ? failing(401) : behaviour(id);
      const took = next.does === 'answer' && next.status >= 200 && next.status < 300;
      requests.push({ id, headers, body, event: received, took });
      act(next, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');

  return {
    url: `http://127.0.0.1:${address.port}/events`,
    /** Everything that came, in its order. */
    requests,
    /** What it took: the events for which it answered that all is well. */
    taken: () => requests.filter(({ took }) => took),
    /** Takes only what verifies with this secret from now on; before that, everything. */
    trust(newSecret: string): void {
      secret = newSecret;
    },
    /** Behaves like this from now on, for all events or for some. */
    behave(next: Behaviour | ((id: string) => Behaviour)): void {
      behaviour = typeof next === 'function' ? next : () => next;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** The event, or null where the library says that it is not from us. */
export function verified(secret: string, body: string, headers: Record<string, string>): Event | null {
  try {
    return event.parse(new Webhook(secret).verify(body, headers));
  } catch {
    return null;
  }
}

function act(behaviour: Behaviour, response: ServerResponse): void {
  if (behaviour.does === 'drop') response.destroy();
  if (behaviour.does === 'answer') response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body);
}
