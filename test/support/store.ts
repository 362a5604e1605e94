import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { chineseCalendar } from '../../activities/calendar';
import { instanceEndpoint } from '../../activities/ports/instance-endpoint';
import { webhookSender } from '../../activities/ports/webhook-sender';
import type { PaymentChannelPort } from '../../activities/refunds';
import type { DeliveryAction } from '../../domain/deliveries/commands';
import type { DeliveryState } from '../../domain/deliveries/state';
import type { DeliveryStep } from '../../domain/deliveries/step';
import { applyCommand } from '../../domain/deliveries/transitions';
import type { OrderTerms } from '../../domain/orders/order';
import { roleOf } from '../../domain/shared/actor';
import { liveInvoiceOf } from '../../prisma/store/invoices/invoices';
import { reviewHandlersOf } from '../../prisma/store/reviews/review-handlers';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { allActivities } from '../../worker/worker';
import { command, type Extras } from '../factories/commands';
import { newTerms, paidStep, paymentFor, placedStep } from '../factories/orders';
import { POLICY } from '../factories/states';
import { seededDatabase } from './database';
import { KEYS } from './world';

export const RUN = 'run_test';

/** A payment channel as channels should be: it sends money back once per refund id, and remembers every call. */
export function countingChannel() {
  const calls: string[] = [];
  const sent = new Map<string, number>();
  const port: PaymentChannelPort = {
    async refund({ refundId, amountFen }) {
      calls.push(refundId);
      if (!sent.has(refundId)) sent.set(refundId, amountFen);
      return { status: 'refunded', channelRefundId: `chr_${refundId}` };
    },
    async find(refundId) {
      return sent.has(refundId) ? { status: 'refunded', channelRefundId: `chr_${refundId}` } : null;
    },
  };
  return { calls, sent, port };
}

/** Runs an activity as a workflow's worker does. */
export function run<A extends unknown[], R>(activity: (...args: A) => Promise<R>, ...args: A): Promise<R> {
  const env = new MockActivityEnvironment(
    { workflowExecution: { workflowId: 'wfl_test', runId: RUN } },
    { logger: new DefaultLogger('ERROR') },
  );
  return env.run(activity, ...args);
}

/** The activities on a PostgreSQL of one test file's own, without any Temporal. */
export async function startStore() {
  const database = await seededDatabase();
  const db = openDatabase(database.appUrl, 10);
  const channel = countingChannel();
  const webhooks = webhookSender({ allowPrivate: true });
  const outside = {
    db,
    keys: KEYS,
    calendar: chineseCalendar(),
    channel: channel.port,
    statements: { statement: async () => ({ payments: [], refunds: [] }) },
    reviewHandlers: reviewHandlersOf(KEYS),
    liveInvoiceOf,
    webhooks,
    instances: instanceEndpoint({ allowPrivate: true }),
  };
  const activities = allActivities(outside);

  return {
    db,
    /** The application's connection. */
    url: database.appUrl,
    /** The connection of the schema's owner. */
    ownerUrl: database.ownerUrl,
    channel,
    activities,
    outside,
    placed: () => placed(activities),
    paid: () => paid(activities),
    async stop() {
      await db.$disconnect();
      await database.drop();
    },
  };
}

export type Store = Awaited<ReturnType<typeof startStore>>;
type Activities = ReturnType<typeof allActivities>;

async function placed({ recordOrderStep }: Activities): Promise<OrderTerms> {
  const terms = newTerms();
  await run(recordOrderStep, placedStep(terms));
  return terms;
}

/** A paid order, and the state of its delivery at sequence 1. */
async function paid(activities: Activities) {
  const terms = await placed(activities);
  const payment = paymentFor(terms);
  const step = paidStep(terms, payment);
  const { delivery } = step.state;
  if (delivery === null) throw new Error('A paid order has a delivery');
  await run(activities.recordOrderStep, step);
  return { terms, payment, step, state: delivery };
}

/** The step that a command makes of a delivery. */
export function stepOf(
  delivery: { deliveryId: string; sequence: number; state: DeliveryState },
  action: DeliveryAction,
  extras: Extras = {},
): DeliveryStep {
  const { deliveryId, sequence, state } = delivery;
  const sent = command(action, extras);
  const atMs = Date.now();
  return {
    deliveryId,
    sequence,
    commandId: sent.commandId,
    action,
    actorRole: roleOf(action),
    actorId: sent.origin.actorId,
    requestId: 'req_test',
    sourceIp: '127.0.0.1',
    note: sent.note,
    attachmentIds: sent.attachmentIds,
    appealId: 'appealId' in sent ? sent.appealId : null,
    ruling: 'ruling' in sent ? sent.ruling : null,
    ...applyCommand(state, sent, POLICY, atMs),
    atMs,
  };
}

/** A transaction whose statements count, too, where they are made one by one. */
const inTransaction =
  (db: Database, counting: <T extends object>(target: T) => T) =>
  (work: unknown, options?: object): unknown =>
    typeof work === 'function'
      ? db.$transaction((tx) => work(counting(tx)), options)
      : Reflect.apply(db.$transaction, db, [work, options]);

const WRITES = /^(\$executeRaw|create|update|upsert|delete)/;
/** Every statement, reads too. */
export const STATEMENTS = /^(\$executeRaw|\$queryRaw|create|update|upsert|delete|find|count)/;

/** The database, whose n-th write breaks, or what else is counted: as if the worker had died before that line. */
export function dyingAt(db: Database, n: number, counted = WRITES): Database {
  let writes = 0;
  const counting = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === 'object' && value !== null && /^[a-z]/.test(String(name))) return counting(value);
        if (name === '$transaction') return inTransaction(db, counting);
        if (typeof value !== 'function' || !counted.test(String(name))) return value;
        return (...args: unknown[]) => {
          writes += 1;
          if (writes === n) throw new Error(`died at write ${n}`);
          return value.apply(target, args);
        };
      },
    });
  return counting(db);
}
