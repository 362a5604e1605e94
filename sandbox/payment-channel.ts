import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type Express } from 'express';
import { z } from 'zod';
import type { CallbackSecrets } from '../config/callback-secrets';
import { readPaymentChannelConfig } from '../config/sandbox';
import { PAYMENT_CHANNELS } from '../domain/orders/order';
import { type Notifier, startNotifier } from './callbacks';
import { faultRoutes, type Misbehaviour } from './faults';
import { openJournal } from './journal';
import { queryRoutes } from './payment-queries';
import { type RunningServer, runAsMain, serve } from './server';

/**
 * Stands for the bank and the payment channels: takes payments, calls back with a signature until that is
 * acknowledged, sends money back once per refund id, and misbehaves on demand as real ones do.
 */

const amountFen = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** How the callbacks of a payment go wrong; all of it may be combined. */
export const behaviour = z
  .strictObject({
    /** What the channel reports of the payment; nothing while it is `processing`, until `PUT /payments/{id}/outcome`. */
    status: z.enum(['succeeded', 'failed', 'processing']).default('succeeded'),
    /** There is no callback at all: what became of the payment is known by asking. */
    forgotten: z.boolean().default(false),
    /** The callback is sent this many times more, although it was acknowledged. */
    duplicates: z.number().int().min(0).max(100).default(0),
    /** Wait before the first callback. */
    delayMs: z.number().int().min(0).default(0),
    /** A "failed" of the same transaction follows the "succeeded": out of order, as callbacks come. */
    failedAfterwards: z.boolean().default(false),
    /** The signature is wrong; such a callback is sent once only. */
    badSignature: z.boolean().default(false),
  })
  .prefault({});

const payment = z.object({
  transactionId: z.string(),
  orderId: z.string(),
  channel: z.enum(PAYMENT_CHANNELS),
  amountFen,
  /** The version of the order's price that the buyer pays (ORD-5); the callback says it again. */
  priceVersion: z.number().int().optional(),
  callbackUrl: z.url(),
  behaviour,
  at: z.string(),
});
export type ChannelPayment = z.infer<typeof payment>;

/** `at` is when it was paid: now, unless it is said. */
const paymentRequest = payment.partial({ transactionId: true, at: true });

const refundRequest = z.object({
  refundId: z.string().min(1),
  transactionId: z.string(),
  channel: z.string(),
  amountFen,
});
const outcome = z.enum(['refunded', 'failed']);
const refund = refundRequest.extend({
  channelRefundId: z.string(),
  /** `processing`: the channel has the request, and does not know itself what becomes of it. */
  status: z.enum(['refunded', 'failed', 'processing']).default('refunded'),
  /** Why it failed. */
  reason: z.string().default(''),
  at: z.string(),
});
export type ChannelRefund = z.infer<typeof refund>;

const entry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('payment'), payment }),
  z.object({ kind: z.literal('notified'), transactionId: z.string() }),
  z.object({ kind: z.literal('refund'), refund }),
]);
type Entry = z.infer<typeof entry>;

/** How to start the payment channel. */
export interface PaymentChannelOptions {
  port: number;
  /** The loopback interface if left out. */
  host?: string | undefined;
  /** Sign the callbacks (PAYMENT_CALLBACK_SECRETS). */
  secrets: CallbackSecrets;
  /** Keeps payments and refunds across restarts. */
  file?: string | undefined;
}

/** Starts the channel; payments whose callback was not acknowledged before a restart are called back again. */
export async function startPaymentChannel(options: PaymentChannelOptions): Promise<RunningServer> {
  const { port, host, secrets, file } = options;
  const journal = openJournal<Entry>(file, entry);
  const payments = new Map<string, ChannelPayment>();
  const refunds = new Map<string, ChannelRefund>();
  const unreported = new Set<string>();
  const keep = (happened: Entry) => {
    if (happened.kind === 'payment') {
      payments.set(happened.payment.transactionId, happened.payment);
      unreported.add(happened.payment.transactionId);
    } else if (happened.kind === 'notified') unreported.delete(happened.transactionId);
    else refunds.set(happened.refund.refundId, happened.refund);
  };
  for (const happened of journal.entries) keep(happened);
  const record = (happened: Entry) => {
    journal.append(happened);
    keep(happened);
  };
  const notifier = startNotifier(secrets, (transactionId) => record({ kind: 'notified', transactionId }));
  const app = express().use(express.json());
  paymentRoutes(app, payments, record, notifier);
  const misbehaviour = faultRoutes(app);
  refundRoutes(app, payments, refunds, record, misbehaviour);
  queryRoutes(app, { payments, secrets, misbehaviour });
  statementRoutes(app, payments, refunds);
  app.get('/healthz', (_request, response) => response.json({ ok: true }));
  const server = await serve(app, port, host);
  for (const transactionId of unreported) {
    const known = payments.get(transactionId);
    if (known) notifier.notify(known);
  }
  return {
    url: server.url,
    stop: async () => {
      await notifier.stop();
      await server.stop();
    },
  };
}

function paymentRoutes(
  app: Express,
  payments: Map<string, ChannelPayment>,
  record: (entry: Entry) => void,
  notifier: Notifier,
): void {
  const report = (made: ChannelPayment) => {
    record({ kind: 'payment', payment: made });
    notifier.notify(made);
  };
  app.post('/payments', (request, response) => {
    const parsed = paymentRequest.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    const transactionId = parsed.data.transactionId ?? `txn_${randomUUID()}`;
    const known = payments.get(transactionId);
    const made = known ?? { ...parsed.data, transactionId, at: parsed.data.at ?? new Date().toISOString() };
    if (known === undefined) report(made);
    return response.status(201).json(made);
  });
  app.put('/payments/:id/outcome', (request, response) => {
    const known = payments.get(request.params.id);
    const parsed = z.strictObject({ status: z.enum(['succeeded', 'failed']) }).safeParse(request.body);
    if (known?.behaviour.status !== 'processing' || !parsed.success) {
      return response.status(409).json({ message: 'Not held.' });
    }
    const settled = { ...known, behaviour: { ...known.behaviour, ...parsed.data } };
    report(settled);
    return response.json(settled);
  });
  app.get('/payments', (request, response) => {
    const orderId = request.query.orderId;
    const items = [...payments.values()].filter((made) => orderId === undefined || made.orderId === orderId);
    response.json({ items });
  });
}

function refundRoutes(
  app: Express,
  payments: Map<string, ChannelPayment>,
  refunds: Map<string, ChannelRefund>,
  record: (entry: Entry) => void,
  misbehaviour: Misbehaviour,
): void {
  const { uses, now } = misbehaviour;
  /** What becomes of a refund that is asked for now. */
  const statusNow = (): ChannelRefund['status'] => {
    if (uses('refuseNextRefunds')) return 'failed';
    return uses('holdNextRefunds') ? 'processing' : 'refunded';
  };
  app.post('/refunds', async (request, response) => {
    const parsed = refundRequest.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    if (uses('hangNextRefunds')) return undefined;
    const fails = uses('failNextRefunds') || Math.random() < now().refundFailureRate;
    if (fails) return response.status(500).json({ message: 'The channel is out of order.' });
    const known = refunds.get(parsed.data.refundId);
    if (known !== undefined && known.amountFen !== parsed.data.amountFen) {
      return response.status(409).json({ message: 'This refund was made with another amount.' });
    }
    const isNew = known === undefined || known.status === 'failed';
    if (isNew && exceeds(parsed.data, payments, refunds)) {
      return response.status(422).json({ message: 'More than was paid cannot be sent back.' });
    }
    if (isNew) record({ kind: 'refund', refund: made(parsed.data, statusNow()) });
    if (uses('loseNextAnswers')) return response.status(500).json({ message: 'The answer got lost.' });
    if (uses('hangNextAnswers')) return undefined;
    await sleep(now().answerAfterMs);
    return response.status(isNew ? 201 : 200).json(refunds.get(parsed.data.refundId));
  });
  app.get('/refunds', (_request, response) => response.json({ items: [...refunds.values()] }));
  app.get('/refunds/:id', (request, response) => {
    if (uses('failNextQueries')) return response.status(500).json({ message: 'The channel is out of order.' });
    const known = refunds.get(request.params.id);
    if (known === undefined) return response.status(404).json({ message: 'There is no such refund.' });
    return response.json(known);
  });
  app.put('/refunds/:id/outcome', (request, response) => {
    const known = refunds.get(request.params.id);
    const parsed = z.strictObject({ status: outcome }).safeParse(request.body);
    if (known?.status !== 'processing' || !parsed.success) return response.status(409).json({ message: 'Not held.' });
    const settled = made(known, parsed.data.status);
    record({ kind: 'refund', refund: settled });
    return response.json(settled);
  });
}

const disagreement = z.strictObject({
  /** Payments and refunds that the list leaves out, by their ids. */
  omit: z.array(z.string()).default([]),
  /** What it says of others. */
  amounts: z.record(z.string(), amountFen).default({}),
  /** Payments that it has and that nobody was called back for. */
  invent: z
    .array(z.object({ transactionId: z.string(), channel: z.enum(PAYMENT_CHANNELS), amountFen, at: z.string() }))
    .default([]),
});

/** The channel's own list of a period, which can be made to disagree with what it did. */
function statementRoutes(
  app: Express,
  payments: Map<string, ChannelPayment>,
  refunds: Map<string, ChannelRefund>,
): void {
  let disagreeing = disagreement.parse({});
  app.put('/disagreement', (request, response) => {
    const parsed = disagreement.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    disagreeing = parsed.data;
    return response.json(disagreeing);
  });
  app.get('/statement', (request, response) => {
    const period = z.object({ channel: z.string(), from: z.string(), to: z.string() }).safeParse(request.query);
    if (!period.success) return response.status(422).json({ message: z.prettifyError(period.error) });
    const { channel, from, to } = period.data;
    const { omit, amounts, invent } = disagreeing;
    const isListed = (id: string, made: { channel: string; at: string }) =>
      made.channel === channel && made.at >= from && made.at < to && !omit.includes(id);
    const said = (id: string, amount: number) => amounts[id] ?? amount;
    return response.json({
      payments: [...[...payments.values()].filter(({ behaviour: { status } }) => status === 'succeeded'), ...invent]
        .filter((one) => isListed(one.transactionId, one))
        .map(({ transactionId, amountFen: fen, at }) => ({ transactionId, amountFen: said(transactionId, fen), at })),
      refunds: [...refunds.values()]
        .filter((one) => one.status === 'refunded' && isListed(one.refundId, one))
        .map(({ refundId, amountFen: fen, at }) => ({ refundId, amountFen: said(refundId, fen), at })),
    });
  });
}

function made(wanted: z.output<typeof refundRequest>, status: ChannelRefund['status']): ChannelRefund {
  const { refundId, transactionId, channel, amountFen } = wanted;
  const asked = { refundId, transactionId, channel, amountFen, channelRefundId: idOf(refundId) };
  return {
    ...asked,
    status,
    reason: status === 'failed' ? 'The account is closed.' : '',
    at: new Date().toISOString(),
  };
}

/** No channel gives back more of a payment than it took. */
function exceeds(
  wanted: { transactionId: string; amountFen: number },
  payments: Map<string, ChannelPayment>,
  refunds: Map<string, ChannelRefund>,
): boolean {
  const paid = payments.get(wanted.transactionId);
  if (paid === undefined) return false;
  const returned = [...refunds.values()].filter(
    (made) => made.transactionId === wanted.transactionId && made.status !== 'failed',
  );
  return returned.reduce((sum, made) => sum + made.amountFen, wanted.amountFen) > paid.amountFen;
}

/** The same refund has the same number for ever. */
function idOf(refundId: string): string {
  return `chr_${createHash('sha256').update(refundId).digest('hex').slice(0, 24)}`;
}

runAsMain(module, 'payment channel', () => startPaymentChannel(readPaymentChannelConfig()));
