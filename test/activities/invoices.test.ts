import fc from 'fast-check';
import { Client } from 'pg';
import { z } from 'zod';
import type { InvoiceStep } from '../../domain/invoices/step';
import { applyInvoiceCommand, requested } from '../../domain/invoices/transitions';
import { paymentReceived } from '../../domain/ledger/events';
import { returnOf } from '../../domain/refunds/refund';
import type { RefundState } from '../../domain/refunds/state';
import type { RefundStep } from '../../domain/refunds/step';
import { applyRefundCommand, begun } from '../../domain/refunds/transitions';
import { systemCause } from '../../domain/shared/step';
import { liveInvoiceOf } from '../../prisma/store/invoices/invoices';
import { postJournal } from '../../prisma/store/ledger/post';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { allActivities } from '../../worker/worker';
import { BUYER, PROVIDER, unique } from '../factories/commands';
import { INVOICE_POLICY, invoiceCommand, paidOrder } from '../factories/invoices';
import { REFUND_POLICY, refundCommand } from '../factories/refunds';
import { POLICY } from '../factories/states';
import { eventually } from '../support/eventually';
import { dyingAt, RUN, run, STATEMENTS, type Store, startStore, stepOf } from '../support/store';

const CONNECTIONS = 20;
let store: Store;
let db: Database;
let activities: Store['activities'];
beforeAll(async () => {
  store = await startStore();
  db = openDatabase(store.url, CONNECTIONS);
  activities = allActivities({ ...store.outside, db });
});
afterAll(async () => {
  await db.$disconnect();
  await store.stop();
});

/** The step by which a buyer asks for an invoice; `orderIds` null: the oldest orders first. */
function asking(amountFen: number, orderIds: string[] | null, { buyerId = BUYER } = {}) {
  const subject = { invoiceId: `inv_${unique()}`, buyerId, providerId: PROVIDER };
  const commandId = `cmd_${unique()}`;
  const cause = { ...systemCause(commandId, 'buyer.request'), actorRole: 'buyer' as const, actorId: buyerId };
  const atMs = Date.now();
  const step: InvoiceStep = {
    ...cause,
    requestId: 'req_test',
    ...requested(subject, amountFen, atMs),
    ...{ subject, sequence: 1, atMs },
  };
  return { step, request: { policy: INVOICE_POLICY, orderIds, sealed: Buffer.from('sealed').toString('base64') } };
}
type Asking = ReturnType<typeof asking>;
const ask = (asked: Asking) => run(activities.recordInvoiceStep, asked);

/** Ends an invoice that was asked for. */
async function end({ step, request }: Asking, action: 'buyer.withdraw' | 'ops.void') {
  const stored = await activities.storedInvoiceStep({ invoiceId: step.subject.invoiceId, sequence: 1 });
  if (stored === null) throw new Error('it was never asked for');
  const atMs = Date.now();
  const sent = invoiceCommand(action);
  const transition = applyInvoiceCommand(step.subject, stored.state, sent, atMs);
  const next = { ...step, ...transition, commandId: sent.commandId, action, sequence: 2, atMs };
  return run(activities.recordInvoiceStep, { step: next, request });
}

const ordersOf = async (ids: string[]) =>
  (await db.order.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } })).map((order) => ({
    paidFen: Number(order.paidFen),
    refundedFen: Number(order.refundedFen),
    invoicedFen: Number(order.invoicedFen),
  }));
const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);

/** Has every connection ready, so that what follows begins at one moment. */
const warm = () => Promise.all(Array.from({ length: CONNECTIONS }, () => db.$queryRaw`SELECT 1 FROM pg_sleep(0.05)`));
const fulfilled = (answers: PromiseSettledResult<unknown>[]) => answers.filter(({ status }) => status === 'fulfilled');
/** A buyer of its own for each test: the oldest orders are all of its orders. */
const newBuyer = () => ({ buyerId: `usr_${unique()}` });

describe('INV-1: however many ask at once, no order is invoiced beyond what is left of it', () => {
  test('50 requests of 300 fen from one barrier for 10,000 fen on three orders: 33 of them, to the fen', async () => {
    const buyer = newBuyer();
    const orders = [
      await paidOrder(db, { ...buyer, paidFen: 1_000n }),
      await paidOrder(db, { ...buyer, paidFen: 7_000n }),
    ];
    orders.push(await paidOrder(db, { ...buyer, paidFen: 2_500n, refundedFen: 500n }));
    await warm();
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => ask(asking(300, null, buyer))));
    expect(fulfilled(answers)).toHaveLength(33);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ type: 'INVOICE.AMOUNT_NOT_LEFT' });
    }
    expect(await ordersOf(orders)).toMatchObject([
      { invoicedFen: 1_000 },
      { invoicedFen: 7_000 },
      { invoicedFen: 1_900 },
    ]);
  });

  test('requests that name the same orders in opposite order, withdrawals among them: nothing waits for ever, nothing is lost', async () => {
    const buyer = newBuyer();
    const [first, second] = [await paidOrder(db, buyer), await paidOrder(db, buyer)];
    const before = Array.from({ length: 10 }, () => asking(900, [first, second], buyer));
    for (const one of before) await ask(one);
    await warm();
    const later = Array.from({ length: 30 }, (_, n) => asking(700, n % 2 ? [first, second] : [second, first], buyer));
    const [answers] = await Promise.all([
      Promise.allSettled(later.map(ask)),
      Promise.all(before.map((one) => end(one, 'buyer.withdraw'))),
    ]);
    const invoiced = await ordersOf([first, second]);
    expect(sum(invoiced.map(({ invoicedFen }) => invoicedFen))).toBe(fulfilled(answers).length * 700);
    for (const { invoicedFen, paidFen } of invoiced) expect(invoicedFen).toBeLessThanOrEqual(paidFen);
  });

  test('an order that is being refunded, or is cancelled and not refunded yet, has nothing to invoice', async () => {
    const buyer = newBuyer();
    const states = ['refunding', 'refunded', 'cancelled'];
    for (const state of states) await paidOrder(db, { ...buyer, state });
    await expect(ask(asking(1, null, buyer))).rejects.toMatchObject({ type: 'INVOICE.AMOUNT_NOT_LEFT' });
    const refunded = await paidOrder(db, { ...buyer, state: 'cancelled', refundedFen: 4_000n });
    await ask(asking(6_000, null, buyer));
    expect(await ordersOf([refunded])).toMatchObject([{ invoicedFen: 6_000 }]);
  });

  test('nor has one that had a part back before it was cancelled: the rest is held for its buyer', async () => {
    const buyer = newBuyer();
    const orderId = await paidOrder(db, { ...buyer, state: 'cancelled', refundedFen: 4_000n });
    const transactionId = `txn_${unique()}`;
    const held = { orderId, channel: 'wechat', transactionId, amountFen: 6_000 } as const;
    const receivedAt = new Date();
    await db.payment.create({ data: { ...held, id: `pay_${unique()}`, status: 'accepted', receivedAt } });
    const by = { commandId: `cmd_${unique()}`, actor: 'system', runId: null, effectiveAt: receivedAt };
    await postJournal(db, paymentReceived(held), by);
    await expect(ask(asking(1, null, buyer))).rejects.toMatchObject({ type: 'INVOICE.AMOUNT_NOT_LEFT' });
  });
});

describe('INV-1, RFD-4: an invoice is asked for as its order is refunded or cancelled', () => {
  /** Each comes for the order's row while that is locked, behind those before it: they have it in this order. */
  async function inLine(orderId: string, ...racers: (() => Promise<unknown>)[]) {
    const running: Promise<PromiseSettledResult<unknown>[]>[] = [];
    await db.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT FROM orders WHERE id = ${orderId} FOR UPDATE`;
      for (const racer of racers) {
        running.push(Promise.allSettled([racer()]));
        await eventually(async () => expect(await blocked()).toBe(running.length));
      }
    });
    return (await Promise.all(running)).flat().map((one) => (one.status === 'fulfilled' ? 'done' : one.reason.type));
  }
  const blocked = async () => {
    const [{ count }] = counted.parse(
      await store.db.$queryRaw`SELECT count(*)::int FROM pg_stat_activity
                               WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return count;
  };
  const counted = z.tuple([z.object({ count: z.int() })]);
  type Paid = Awaited<ReturnType<Store['paid']>>;

  /** The steps of a refund, as its workflow has them recorded. */
  function refundOf({ terms: { orderId, deliveryId } }: Paid) {
    const refundId = `rfd_${unique()}`;
    const parties = { buyerId: BUYER, providerId: PROVIDER, initiatedBy: 'buyer', reasonCode: 'other' } as const;
    const terms = { refundId, orderId, deliveryId, ...parties, amountFen: 200_000 };
    const record = (sequence: number, transition: Pick<RefundStep, 'state' | 'notices'>) => {
      const cause = systemCause(`${refundId}/${sequence}`, 'test');
      return run(activities.recordRefundStep, {
        ...{ ...cause, ...transition, terms, policy: REFUND_POLICY, sequence },
        ...{ requestId: 'req_test', atMs: Date.now() },
      });
    };
    const open = () => record(1, begun(terms, 'late', Date.now()));
    const agree = ({ state }: { state: RefundState }) =>
      record(2, applyRefundCommand(state, refundCommand('provider.agree'), Date.now()));
    return { refundId, open, agree, opened: () => activities.storedRefundStep({ refundId, sequence: 1 }) };
  }
  /** The step that cancels the delivery of an order, and the order with it. */
  function cancel({ terms: { deliveryId }, state: before }: Paid) {
    const state = { ...before, stage: 'awaiting_acceptance' } as const;
    const step = stepOf({ deliveryId, sequence: 2, state }, 'buyer.acceptance.accept');
    const cancelled = { ...step.state, stage: 'cancelled', outcome: 'cancelled_and_refunded' } as const;
    return run(activities.recordDeliveryStep, {
      step: { ...step, state: cancelled },
      appealTarget: POLICY.appealTarget,
    });
  }
  const invoicing = ({ terms: { orderId } }: Paid) => ask(asking(200_000, [orderId]));
  const isInvoiced = async ({ terms: { orderId } }: Paid) => (await liveInvoiceOf(db, orderId)) !== null;

  test.each(['invoice', 'refund'] as const)('the %s comes first', async (first) => {
    const paid = await store.paid();
    const refund = refundOf(paid);
    const racers = [() => invoicing(paid), refund.open];
    const answers = await inLine(paid.terms.orderId, ...(first === 'invoice' ? racers : racers.reverse()));
    expect(answers).toEqual(first === 'invoice' ? ['done', 'done'] : ['done', 'INVOICE.ORDER_NOT_INVOICEABLE']);
    const opened = await refund.opened();
    if (opened === null) throw new Error('the refund was opened');
    // What is agreed to waits for the invoice that came before it; none comes after it.
    const { state } = await refund.agree(opened);
    expect(state.waitsFor).toEqual(first === 'invoice' ? ['invoice'] : []);
    expect(await isInvoiced(paid)).toBe(first === 'invoice');
  });

  test.each(['invoice', 'cancellation'] as const)('against the cancellation, the %s comes first', async (first) => {
    const paid = await store.paid();
    const racers = [() => invoicing(paid), () => cancel(paid)];
    const answers = await inLine(paid.terms.orderId, ...(first === 'invoice' ? racers : racers.reverse()));
    expect(answers).toEqual(first === 'invoice' ? ['done', 'done'] : ['done', 'INVOICE.ORDER_NOT_INVOICEABLE']);
    expect(await isInvoiced(paid)).toBe(first === 'invoice');
    const money = returnOf(paid.payment, 'delivery_cancelled');
    const sending = run(activities.sendRefund, money).then(
      () => 'sent',
      ({ type }) => type,
    );
    expect(await sending).toBe(first === 'invoice' ? 'REFUND.WAITS_FOR_INVOICE' : 'sent');
    expect(store.channel.sent.get(money.refundId)).toBe(first === 'invoice' ? undefined : 200_000);
  });
});

test('INV-1: over any history of requests, ends and refunds every order counts what a model of it counts', async () => {
  type Move = { kind: 'ask'; amountFen: number } | { kind: 'end' | 'refund'; pick: number };
  const move: fc.Arbitrary<Move> = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), amountFen: fc.integer({ min: 1, max: 1_200 }) }),
    fc.record({ kind: fc.constantFrom('end' as const, 'refund' as const), pick: fc.nat(100) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 15 }), async (moves) => {
      const buyer = newBuyer();
      const ids = [await paidOrder(db, { ...buyer, paidFen: 500n }), await paidOrder(db, { ...buyer, paidFen: 900n })];
      const left = [500, 900];
      const live: { asked: Asking; bears: number[] }[] = [];
      for (const one of moves) {
        if (one.kind === 'ask') {
          const asked = asking(one.amountFen, null, buyer);
          const bears = [Math.min(left[0] ?? 0, one.amountFen)];
          bears.push(one.amountFen - (bears[0] ?? 0));
          const isPossible = sum(left) >= one.amountFen;
          await ask(asked).then(
            () => expect(isPossible).toBe(true),
            () => expect(isPossible).toBe(false),
          );
          if (!isPossible) continue;
          live.push({ asked, bears });
          bears.forEach((fen, n) => {
            left[n] = (left[n] ?? 0) - fen;
          });
        } else if (one.kind === 'end') {
          const [ended] = live.splice(one.pick % Math.max(1, live.length), 1);
          if (ended === undefined) continue;
          await end(ended.asked, one.pick % 2 ? 'buyer.withdraw' : 'ops.void');
          ended.bears.forEach((fen, n) => {
            left[n] = (left[n] ?? 0) + fen;
          });
        } else {
          const n = one.pick % 2;
          const fen = Math.floor((left[n] ?? 0) / 2);
          await db.order.update({ where: { id: ids[n] ?? '' }, data: { refundedFen: { increment: fen } } });
          left[n] = (left[n] ?? 0) - fen;
        }
        const stored = await ordersOf(ids);
        expect(stored.map(({ paidFen, refundedFen, invoicedFen }) => paidFen - refundedFen - invoicedFen)).toEqual(
          left,
        );
      }
    }),
    { numRuns: 25 },
  );
});

describe('INV-1: a step is stored whole or not at all', () => {
  test('the worker dies at any write: nothing is left, and the step tried again is stored once', async () => {
    const buyer = newBuyer();
    const orderId = await paidOrder(db, buyer);
    const asked = asking(2_500, [orderId], buyer);
    for (let write = 1; ; write += 1) {
      const dying = allActivities({ ...store.outside, db: dyingAt(db, write) });
      const died = await run(dying.recordInvoiceStep, asked).then(
        () => false,
        () => true,
      );
      if (!died) {
        expect(write).toBeGreaterThan(4);
        break;
      }
      expect(await db.invoice.count({ where: { id: asked.step.subject.invoiceId } })).toBe(0);
      expect(await ordersOf([orderId])).toMatchObject([{ invoicedFen: 0 }]);
    }
    expect(await ask(asked)).toMatchObject({ sequence: 1, commandId: asked.step.commandId });
    expect(await ordersOf([orderId])).toMatchObject([{ invoicedFen: 2_500 }]);
    expect(await db.message.count({ where: { objectId: asked.step.subject.invoiceId } })).toBeGreaterThan(0);
  });
});

describe('INV-1: an end is stored whole or not at all', () => {
  test.each(['buyer.withdraw', 'ops.void'] as const)(
    '%s: the worker dies before any statement, or after the last: the order counts it until it has ended, and not twice less',
    async (action) => {
      const buyer = newBuyer();
      const orderId = await paidOrder(db, buyer);
      const [ending, staying] = [asking(2_500, [orderId], buyer), asking(1_000, [orderId], buyer)];
      const stored = await ask(ending);
      await ask(staying);
      const sent = invoiceCommand(action);
      const atMs = Date.now();
      const cause = { commandId: sent.commandId, action, sequence: 2, atMs };
      const { subject } = ending.step;
      const step = { ...ending.step, ...applyInvoiceCommand(subject, stored.state, sent, atMs), ...cause };
      for (let statement = 1; ; statement += 1) {
        const dying = allActivities({ ...store.outside, db: dyingAt(db, statement, STATEMENTS) });
        const proposal = { step, request: ending.request };
        const died = await run(dying.recordInvoiceStep, proposal).then(
          () => false,
          () => true,
        );
        if (!died) break;
        expect(await ordersOf([orderId])).toMatchObject([{ invoicedFen: 3_500 }]);
        expect(await db.step.count({ where: { objectId: subject.invoiceId } })).toBe(1);
      }
      for (let time = 0; time < 2; time += 1) {
        const again = await run(activities.recordInvoiceStep, { step, request: ending.request });
        expect(again).toMatchObject({ sequence: 2, commandId: sent.commandId });
      }
      expect(await ordersOf([orderId])).toMatchObject([{ invoicedFen: 1_000 }]);
      expect(await db.invoice.count({ where: { id: subject.invoiceId, stage: { in: ['withdrawn', 'void'] } } })).toBe(
        1,
      );
    },
  );
});

describe('INV-1: what the database itself refuses', () => {
  let owner: Client;
  beforeAll(async () => {
    owner = new Client({ connectionString: store.url });
    await owner.connect();
  });
  afterAll(() => owner.end());

  test('an order that counts more as invoiced than was paid, or another sum than its live invoices bear', async () => {
    const buyer = newBuyer();
    const orderId = await paidOrder(db, buyer);
    await expect(owner.query(`UPDATE orders SET invoiced_fen = 10001 WHERE id = '${orderId}'`)).rejects.toThrow(
      'orders_invoiced_within_payment',
    );
    const asked = asking(5_000, [orderId], buyer);
    await ask(asked);
    const { invoiceId } = asked.step.subject;
    await expect(owner.query(`UPDATE invoices SET stage = 'void' WHERE id = '${invoiceId}'`)).rejects.toThrow(
      'does not count what is invoiced of it',
    );
    await expect(owner.query(`UPDATE invoices SET amount_fen = 5001 WHERE id = '${invoiceId}'`)).rejects.toThrow(
      'is not allotted to the fen',
    );
    for (const change of ['UPDATE invoice_allotments SET amount_fen = 1', 'DELETE FROM invoice_allotments']) {
      await expect(owner.query(change)).rejects.toThrow('permission denied');
    }
  });

  test('a step of an invoice that is not there, or out of its turn', async () => {
    const { step, request } = asking(100, null);
    const stray = {
      ...step,
      sequence: 2,
      state: { ...step.state, due: { atMs: 1, calendarVersion: 't', provisional: false } },
    };
    await expect(run(activities.recordInvoiceStep, { step: stray, request })).rejects.toMatchObject({
      type: 'OBJECT.INCONSISTENT',
    });
    expect(await db.step.count({ where: { objectId: step.subject.invoiceId, runId: RUN } })).toBe(0);
  });
});
