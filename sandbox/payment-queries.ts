import { setTimeout as sleep } from 'node:timers/promises';
import type { Express, Response } from 'express';
import { z } from 'zod';
import type { CallbackSecrets } from '../config/callback-secrets';
import { PAYMENT_CHANNELS } from '../domain/orders/order';
import type { Misbehaviour } from './faults';
import type { ChannelPayment } from './payment-channel';
import { signCallback } from './signature';

const FLOOD_BYTES = 10_000_000;
const question = z.object({ channel: z.enum(PAYMENT_CHANNELS), nonce: z.string().min(1).max(64) });

/** What the routes know: all payments, what signs the answers, how they go wrong. */
type Queries = { payments: ReadonlyMap<string, ChannelPayment>; secrets: CallbackSecrets; misbehaviour: Misbehaviour };

/**
 * Serves what a channel knows of the payments of one order. The answer names the order and the question and is signed as
 * callbacks are, so that it is good for nothing else.
 */
export function queryRoutes(app: Express, { payments, secrets, misbehaviour }: Queries): void {
  const { uses, now } = misbehaviour;
  app.get('/orders/:id/payments', async (request, response) => {
    const asked = question.safeParse(request.query);
    if (!asked.success) return response.status(422).json({ message: z.prettifyError(asked.error) });
    const { channel } = asked.data;
    if (uses('hangNextPolls')) return undefined;
    await sleep(now().answerAfterMs);
    if (uses('failNextPolls')) return response.status(500).json({ message: 'The channel is out of order.' });
    const orderId = uses('confuseNextPolls') ? `${request.params.id}x` : request.params.id;
    const nonce = uses('repeatNextPolls') ? 'an earlier one' : asked.data.nonce;
    const items = [...payments.values()].filter(
      (made) => made.orderId === request.params.id && made.channel === channel,
    );
    const body = JSON.stringify({
      ...{ orderId, nonce },
      payments: items.map(({ transactionId, amountFen, priceVersion, behaviour: { status }, at }) => ({
        ...{ transactionId, status, amountFen, priceVersion, paidAt: at },
      })),
    });
    const [secret = ''] = secrets[channel];
    return answer(response, {
      ...{ channel, secret: uses('forgeNextPolls') ? `not ${secret}` : secret },
      body: broken(body, misbehaviour),
    });
  });
}

function broken(body: string, { uses }: Misbehaviour): string {
  if (uses('floodNextPolls')) return body.padEnd(FLOOD_BYTES);
  return uses('garbleNextPolls') ? body.slice(0, body.length / 2) : body;
}

function answer(response: Response, { channel, secret, body }: { channel: string; secret: string; body: string }) {
  const signature = signCallback({ secret, channel, rawBody: body });
  return response.set({ 'Content-Type': 'application/json', 'X-Channel-Signature': signature }).send(body);
}
