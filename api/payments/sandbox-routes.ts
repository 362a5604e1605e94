import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { noOrder } from '../../domain/orders/no-order';
import { AppError } from '../../domain/shared/errors';
import { findOrder, type OrderRow, stateWhenPaid } from '../../prisma/store/orders/orders';
import { isLookedAt, isReported } from '../../prisma/store/payments/callbacks';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, nothing, post } from '../http/endpoint';
import { byId, orderSchema } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { orderView } from '../orders/view';

const SETTLED_WITHIN_MS = 5_000;
const POLL_MS = 25;

/** What the sandbox needs: the channel that stands for the outside world, and how it calls us back. */
export type Sandbox = { db: Database; channelUrl: string; callbackBase: () => string };

/** Shortcuts for trying the system out; never served in production. */
export function sandboxRoutes(context: ApiContext, { db, channelUrl, callbackBase }: Sandbox): void {
  post(context, {
    path: '/v1/sandbox/orders/{id}/pay',
    summary: 'Pay an order: asks the sandbox channel, which calls the gateway back with a signed callback',
    tag: 'Sandbox',
    access: { buyer: 'any' },
    params: byId,
    query: nothing,
    body: z
      .strictObject({
        priceVersion: z.int().min(1).max(1_000).optional(),
        amountFen: z.int().min(0).max(1_000_000_000_00).optional(),
        transactionId: z
          .string()
          .regex(/^[\w-]{1,64}$/)
          .optional(),
      })
      .openapi('SandboxPayment', { description: 'What is left out is what is payable now' }),
    answer: { status: 202, schema: orderSchema },
    async handle({ principal, params, command, body }) {
      const scope = scopeOf(principal);
      const order = await findOrder(db, params.id, scope);
      if (order === null) throw noOrder();
      const isPayable = order.state === 'pending_payment' && order.payableFen > 0n;
      // A payment that is described is made whatever the order is, as a channel would that knows nothing of it.
      if (!isPayable && Object.keys(body).length === 0) {
        // A repetition whose first answer was lost: the payment that was made is the answer.
        if (await wasPaidBy({ db, channelUrl }, order, command.commandId)) return orderView(await asPaid(db, order));
        throw notPayable(order);
      }
      const { paymentChannel: channel, payableFen, priceVersion } = order;
      // The same command asks for the same payment.
      const transactionId = body.transactionId ?? command.commandId;
      const response = await fetch(new URL('/payments', channelUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          orderId: order.id,
          transactionId,
          channel,
          amountFen: body.amountFen ?? Number(payableFen),
          priceVersion: body.priceVersion ?? priceVersion,
          callbackUrl: `${callbackBase()}/v1/gateway/payments/${channel}/callbacks`,
        }),
      });
      if (!response.ok) throw new AppError('SERVICE.UNAVAILABLE', 'The sandbox channel does not answer; try again.');
      return orderView(await asPaid(db, await onceSettled(order)));

      /** The order when the payment has been counted or is going back, or as it is when that takes too long. */
      async function onceSettled(placed: NonNullable<typeof order>) {
        const until = Date.now() + SETTLED_WITHIN_MS;
        for (let now = placed; ; ) {
          now = (await findOrder(db, params.id, scope)) ?? now;
          if (now.state !== 'pending_payment' || Date.now() > until) return now;
          if (await isLookedAt(db, { channel, transactionId })) return (await findOrder(db, params.id, scope)) ?? now;
          await sleep(POLL_MS);
        }
      }
    },
  });
}

/** An order as it was when it had been paid, whatever has become of it: the answer to the command that paid it. */
async function asPaid(db: Database, row: OrderRow): Promise<OrderRow> {
  const { paidAt } = row;
  if (paidAt === null) return row;
  const state = (await stateWhenPaid(db, row.id)) ?? 'awaiting_start';
  return { ...row, state, endedAt: state === 'completed' ? paidAt : null, refundedFen: 0n, updatedAt: paidAt };
}

const notPayable = ({ state, payableFen }: OrderRow) =>
  state === 'pending_payment' && payableFen === 0n
    ? new AppError('ORDER.NOT_PAYABLE', 'The order costs nothing: take it instead.', { allowedActions: ['buyer.take'] })
    : new AppError('ORDER.NOT_PAYABLE', `The order is ${state}: it cannot be paid.`, { allowedActions: [] });

const channelPayments = z.object({ items: z.array(z.object({ transactionId: z.string() })) });

/** Whether a command has made a payment of the order: our inbox holds it, or the channel is about to report it. */
async function wasPaidBy(
  { db, channelUrl }: Pick<Sandbox, 'db' | 'channelUrl'>,
  { id: orderId, paymentChannel: channel }: OrderRow,
  transactionId: string,
): Promise<boolean> {
  if (await isReported(db, { orderId, channel, transactionId })) return true;
  const known = await fetch(new URL(`/payments?orderId=${orderId}`, channelUrl));
  if (!known.ok) throw new AppError('SERVICE.UNAVAILABLE', 'The sandbox channel does not answer; try again.');
  return channelPayments.parse(await known.json()).items.some((made) => made.transactionId === transactionId);
}
