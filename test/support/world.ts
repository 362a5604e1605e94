import path from 'node:path';
import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { chineseCalendar } from '../../activities/calendar';
import { httpChannelStatements } from '../../activities/ports/channel-statement';
import { instanceEndpoint } from '../../activities/ports/instance-endpoint';
import { httpPaymentChannel } from '../../activities/ports/payment-channel';
import { webhookSender } from '../../activities/ports/webhook-sender';
import { sendToDelivery } from '../../api/deliveries/commands';
import { deliveryView } from '../../api/deliveries/view';
import { createMetrics } from '../../api/http/metrics';
import { createCommandSender } from '../../api/http/temporal-commands';
import { sendToOrder } from '../../api/orders/commands';
import { orderDetailsView } from '../../api/orders/details-view';
import { EncryptingCodec } from '../../codec/payloads';
import { readConfig } from '../../config';
import { callbackSecrets } from '../../config/callback-secrets';
import type { DeliveryAction, DeliveryCommand } from '../../domain/deliveries/commands';
import type { OrderOperation } from '../../domain/orders/commands';
import type { PaymentFact } from '../../domain/orders/order';
import { orderPolicy, parsePolicy } from '../../domain/policies/catalogue';
import { DAY_MS } from '../../domain/policies/duration';
import { deliveryStatus, findDelivery } from '../../prisma/store/deliveries/deliveries';
import { liveInvoiceOf } from '../../prisma/store/invoices/invoices';
import { findOrderDetails, orderStatus } from '../../prisma/store/orders/details';
import { reviewHandlersOf } from '../../prisma/store/reviews/review-handlers';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { startPaymentChannel } from '../../sandbox/payment-channel';
import { handOver } from '../../worker/relays/payments';
import { createWorker, type Outside } from '../../worker/worker';
import { deliveryState, deliveryWorkflowId } from '../../workflows/deliveries/messages';
import type { delivery as deliveryWorkflow } from '../../workflows/deliveries/workflow';
import { orderState, orderWorkflowId, untilPlaced } from '../../workflows/orders/messages';
import type { order } from '../../workflows/orders/workflow';
import { command, type Extras, KEYS, unique } from '../factories/commands';
import { newTerms, type OrderExtras, orderCommand, paymentFor, type TermsWishes } from '../factories/orders';
import { CALLBACK_SECRETS } from './callbacks';
import { seededDatabase } from './database';
import { eventually } from './eventually';
import { timeSkippingServer } from './time-skipping';

export const BUNDLE = path.join(__dirname, '..', '..', 'dist', 'workflows.bundle.js');

export { BUYER, KEYS, PROVIDER } from '../factories/commands';

/** What a test may want otherwise than usual. */
export type Wishes = { policy?: Record<string, unknown> } & TermsWishes;

/** A system of one test file's own: real PostgreSQL, a Temporal server, a worker, a payment channel. */
export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * @param start the Temporal server, the time-skipping one by default
 * @param outside parts of the outside world to replace, e.g. a calendar
 * @param payloadCodecs how payloads are hidden from the server, as in production by default
 */
export async function startWorld(
  start: typeof timeSkippingServer = timeSkippingServer,
  outside: Partial<Outside> = {},
  payloadCodecs: PayloadCodec[] = [new EncryptingCodec(KEYS)],
) {
  const dataConverter = { payloadCodecs };
  const [database, env, channel] = await Promise.all([
    seededDatabase(),
    start({ dataConverter }),
    startPaymentChannel({ port: 0, secrets: callbackSecrets.parse(CALLBACK_SECRETS) }),
  ]);
  const namespace = env.namespace ?? 'default';
  const db = openDatabase(database.appUrl, 10);
  const config = readConfig({
    DATABASE_URL: database.appUrl,
    CODEC_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
    JWT_SECRET: 'x'.repeat(32),
    JWT_AUDIENCE: 'nobody',
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: 'back-office',
  });
  const world = {
    db,
    env,
    client: env.client,
    /** Skips no time while it waits for a result: with nothing due, the server would skip ten years, to the end of any workflow left over. */
    realTimeClient: new Client({ connection: env.connection, namespace, dataConverter }),
    channel,
    outside: {
      db,
      keys: KEYS,
      calendar: chineseCalendar(),
      channel: httpPaymentChannel(channel.url),
      statements: httpChannelStatements(channel.url),
      webhooks: webhookSender({ allowPrivate: true }),
      instances: instanceEndpoint({ allowPrivate: true }),
      reviewHandlers: reviewHandlersOf(KEYS),
      liveInvoiceOf,
      ...outside,
    },
  };
  const worker = await runningWorker(() =>
    createWorker(config, world.outside, { connection: env.nativeConnection, bundle: BUNDLE, dataConverter }),
  );
  return {
    ...world,
    config,
    database,
    worker,
    place: (wishes: Wishes = {}) => place(world, wishes),
    paid: (wishes: Wishes = {}) => paidDelivery(world, wishes),
    async stop() {
      await worker.stop();
      await env.teardown();
      await channel.stop();
      await db.$disconnect();
      await database.drop();
    },
  };
}

/** A running worker, which can be stopped and started again. */
async function runningWorker(create: () => Promise<Worker>) {
  let worker = await create();
  let running = worker.run();
  return {
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    },
    async start() {
      worker = await create();
      running = worker.run();
    },
  };
}

/** A paid order's delivery, as `World.paid` makes it. */
export type Delivery = Awaited<ReturnType<typeof paidDelivery>>;

type Base = { db: Database; env: TestWorkflowEnvironment; client: Client; realTimeClient: Client };

/** Places an order of usr_demo with prv_demo; answers it with ways to pay and to watch it. */
async function place({ db, client, realTimeClient }: Base, { policy = {}, ...wishes }: Wishes) {
  const terms = newTerms(wishes);
  const placedBy = { commandId: `cmd_${unique()}`, requestId: 'req_test', sourceIp: '127.0.0.1' };
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof order>('order', {
    workflowId: orderWorkflowId(terms.orderId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    taskQueue: 'back-office',
    args: [{ terms, placedBy, policy: orderPolicy(parsePolicy(policy)) }],
  });
  await client.workflow.executeUpdateWithStart(untilPlaced, { startWorkflowOperation });
  const { orderId } = terms;
  const handle = client.workflow.getHandle<typeof order>(orderWorkflowId(orderId));
  const sender = createCommandSender({ client, metrics: createMetrics() });

  /** The order as its buyer sees it. */
  async function view() {
    const found = await findOrderDetails(db, orderId, 'all');
    if (found === null) throw new Error(`${orderId} has no row`);
    return orderDetailsView(found, 'buyer', KEYS);
  }

  return {
    terms,
    handle,
    view,
    /** Sends one command to the order, as its role; refusals are thrown as AppError. */
    async act(action: OrderOperation, extras: OrderExtras = {}) {
      const full = orderCommand(action, extras);
      await sendToOrder(sender, orderId, full, () => orderStatus(db, orderId, 'all', full.commandId));
      return view();
    },
    /** For operations and tests: what the workflow itself believes. */
    state: () => handle.query(orderState),
    /** What became of the order, without skipping any time for it. */
    ended: () => realTimeClient.workflow.getHandle<typeof order>(orderWorkflowId(terms.orderId)).result(),
    /** The channel reports a payment; answers the fact as it was reported. */
    async pay(fact: Partial<PaymentFact> = {}): Promise<PaymentFact> {
      const payment = paymentFor(terms, fact);
      await handOver({ db, client, taskQueue: 'back-office' }, payment);
      return payment;
    },
  };
}

/** A paid order's delivery, with one way to act on it and one to look at it. */
async function paidDelivery(base: Base, wishes: Wishes) {
  const placed = await place(base, wishes);
  const payment = await placed.pay();
  const { deliveryId } = placed.terms;
  const { client, db, env } = base;
  const handle = client.workflow.getHandle(deliveryWorkflowId(deliveryId));
  const sender = createCommandSender({ client, metrics: createMetrics() });
  const status = () => deliveryStatus(db, deliveryId, 'all');

  async function view() {
    const found = await findDelivery(db, deliveryId, 'all');
    if (found === null) throw new Error(`${deliveryId} has no row`);
    return deliveryView(found, 'buyer', KEYS);
  }

  // The payment has been signalled; the delivery is there a moment later.
  await eventually(() => handle.describe());

  /** Sends one command, as its role; refusals are thrown as AppError. */
  async function act(action: DeliveryAction, extras: Extras = {}) {
    const openAppeal = (await view()).appeal?.id ?? 'apl_none';
    const appealId = action.endsWith('.appeals') ? `apl_${unique()}` : openAppeal;
    await sendToDelivery(sender, deliveryId, command(action, { appealId, ...extras }), status);
    return view();
  }

  return {
    ...placed,
    payment,
    id: deliveryId,
    workflow: handle,
    /** What became of the delivery, without skipping any time for it. */
    outcome: () =>
      base.realTimeClient.workflow.getHandle<typeof deliveryWorkflow>(deliveryWorkflowId(deliveryId)).result(),
    status,
    view,
    act,
    send: (sent: DeliveryCommand) => sendToDelivery(sender, deliveryId, sent, status),
    state: () => handle.query(deliveryState),
    /** Sends commands one after the other. */
    async acts(...actions: DeliveryAction[]) {
      for (const action of actions) await act(action);
      return view();
    },
    /** Lets days pass in which nobody does anything; afterwards what fell due meanwhile is recorded. */
    async letDaysPass(days: number) {
      await env.sleep(Math.round(days * DAY_MS));
      const nowMs = await env.currentTimeMs();
      await eventually(async () => {
        const { deadlines } = await view();
        const overdue = deadlines.filter(({ at }) => Date.parse(at) <= nowMs);
        if (overdue.length > 0) throw new Error(`${overdue.map(({ name }) => name)} not recorded`);
      });
      return view();
    },
  };
}
