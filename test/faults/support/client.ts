import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { deliverySchema } from '../../../api/deliveries/schemas';
import { orderSchema } from '../../../api/http/schemas';
import { eventually } from '../../support/eventually';
import type { Deal, Post, Role } from './deal';
import type { FaultSystem } from './system';

export type DeliveryView = z.infer<typeof deliverySchema>;

/** What came back; 0 is the status of a broken connection. */
export type Answer = { status: number; body: unknown };

const ATTEMPT_TIMEOUT_MS = 40_000;
const GIVE_UP_AFTER_MS = 150_000;
const PAUSE_MS = 200;

const problem = z.object({ code: z.string() });
const isAnswer = ({ status }: Answer) => status > 0 && status < 500 && status !== 429;

export type Client = ReturnType<typeof createClient>;

/** A client as ours are told to be: whatever is not an answer is sent again under the same Idempotency-Key. */
export function createClient({
  apiUrl,
  channelUrl,
  tokens,
  stopping,
}: Pick<FaultSystem, 'apiUrl' | 'channelUrl' | 'tokens' | 'stopping'>) {
  const troubles = new Map<string, number>();

  async function attempt(method: 'GET' | 'POST', role: Role, path: string, init: RequestInit): Promise<Answer> {
    const headers = { authorization: `Bearer ${tokens[role]}`, 'content-type': 'application/json', ...init.headers };
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]);
    try {
      const response = await fetch(`${apiUrl}/v1${path}`, { ...init, method, headers, signal });
      return { status: response.status, body: await response.json() };
    } catch {
      return { status: 0, body: null };
    }
  }

  async function untilAnswered(what: string, send: () => Promise<Answer>): Promise<Answer> {
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      const answer = await send();
      if (isAnswer(answer)) return answer;
      const trouble = answer.status === 0 ? 'broken connection' : `${answer.status} ${codeOf(answer)}`;
      troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1);
      if (Date.now() > giveUpAt) throw new Error(`${what} is not answered, at last with ${JSON.stringify(answer)}`);
      await sleep(PAUSE_MS, undefined, { signal: stopping });
    }
  }

  const once = ({ role, path, body, key }: Post) =>
    attempt('POST', role, path, { body: JSON.stringify(body), headers: { 'idempotency-key': key } });
  const post = (request: Post) => untilAnswered(request.path, () => once(request));
  const get = (role: Role, path: string) => untilAnswered(path, () => attempt('GET', role, path, {}));

  async function order(orderId: string) {
    return orderSchema.parse((await get('buyer', `/buyer/orders/${orderId}`)).body);
  }

  /** Places an order; answers its id. */
  async function place(key: string = randomUUID()): Promise<string> {
    const body = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
    const answer = await post({ role: 'buyer', path: '/buyer/orders', body, key });
    if (answer.status !== 201) throw new Error(`The order was not placed: ${JSON.stringify(answer)}`);
    return orderSchema.parse(answer.body).id;
  }

  /** Has the channel take the buyer's money and call back until it is heard. */
  async function pay(orderId: string): Promise<void> {
    const payment = {
      transactionId: `txn_${orderId}`,
      orderId,
      channel: 'wechat',
      amountFen: (await order(orderId)).payableFen,
      // Channels say everything at least once.
      behaviour: { duplicates: 1 },
      callbackUrl: `${apiUrl}/v1/gateway/payments/wechat/callbacks`,
    };
    const headers = { 'content-type': 'application/json' };
    const taken = await fetch(`${channelUrl}/payments`, { method: 'POST', headers, body: JSON.stringify(payment) });
    if (!taken.ok) throw new Error(`The channel refused the payment: ${await taken.text()}`);
  }

  return {
    /** How often which trouble was met on the way to the answers. */
    troubles,
    /** Sends a request once, whatever comes of it. */
    once,
    /** Sends a request until it is answered. */
    post,
    get,
    order,
    place,
    pay,
    /** An order that is paid and has its delivery. */
    async buy(): Promise<Deal> {
      const orderId = await place();
      await pay(orderId);
      const deliveryId = await eventually(async () => {
        const { deliveryId: id } = await order(orderId);
        if (id === null) throw new Error(`${orderId} is not paid yet`);
        return id;
      }, GIVE_UP_AFTER_MS);
      return { orderId, deliveryId, done: [] };
    },
    async delivery(deliveryId: string): Promise<DeliveryView> {
      return deliverySchema.parse((await get('buyer', `/buyer/deliveries/${deliveryId}`)).body);
    },
  };
}

/** The code of a problem answer; empty for anything else. */
export function codeOf({ body }: Answer): string {
  const parsed = problem.safeParse(body);
  return parsed.success ? parsed.data.code : '';
}
