import { Client } from 'pg';
import { ledgerActivities } from '../../activities/ledger';
import type { ChannelStatement } from '../../activities/ports/channel-statement';
import { dayAfter, dayBounds } from '../../domain/calendar/shanghai';
import { shanghaiDay } from '../../domain/calendar/working-days';
import { compareAmounts, resolutionOf } from '../../domain/ledger/reconciliation';
import { returnOf } from '../../domain/refunds/refund';
import { resolveDifference } from '../../prisma/store/ledger/differences';
import type { Change } from '../../prisma/store/shared/audited-transaction';
import { unique } from '../factories/commands';
import { paymentFor } from '../factories/orders';
import { POLICY } from '../factories/states';
import { run, type Store, startStore, stepOf } from '../support/store';

let store: Store;
let owner: Client;
let listed: ChannelStatement;
beforeEach(async () => {
  store = await startStore();
  owner = new Client({ connectionString: store.ownerUrl });
  await owner.connect();
  listed = { payments: [], refunds: [] };
});
afterEach(async () => {
  await owner.end();
  await store.stop();
});

const today = shanghaiDay(Date.now());
const DAY_MS = 86_400_000;
const activities = () => ledgerActivities({ db: store.db, statements: { statement: async () => listed } });
const compareRecords = (clearingOpenForMs = 3 * DAY_MS) =>
  run(activities().compareRecords, { day: today, part: 0, clearingOpenForMs });
const compareChannel = () => run(activities().compareChannel, { day: today, part: 1, channel: 'wechat' });
const differences = async () =>
  (await store.db.reconciliationDifference.findMany({ orderBy: { id: 'asc' } })).map(
    ({ kind, key, ledgerFen, otherFen }) => [kind, key, Number(ledgerFen), Number(otherFen)],
  );

/** A completed order, a refunded one, and a payment that went back: every kind of journal. */
async function business() {
  const [completed, cancelled] = [await store.paid(), await store.paid()];
  const accepted = (paid: typeof completed) =>
    stepOf(
      { deliveryId: paid.terms.deliveryId, sequence: 2, state: { ...paid.state, stage: 'awaiting_acceptance' } },
      'buyer.acceptance.accept',
    );
  await run(store.activities.recordDeliveryStep, { step: accepted(completed), appealTarget: POLICY.appealTarget });
  const step = accepted(cancelled);
  const state = { ...step.state, stage: 'cancelled', outcome: 'cancelled_and_refunded' } as const;
  await run(store.activities.recordDeliveryStep, { step: { ...step, state }, appealTarget: POLICY.appealTarget });
  const refund = returnOf(cancelled.payment, 'delivery_cancelled');
  await run(store.activities.sendRefund, refund);
  const surplus = paymentFor(completed.terms, { amountFen: 777 });
  const returned = returnOf(surplus, 'already_paid');
  await run(store.activities.sendRefund, returned);
  const at = new Date().toISOString();
  listed = {
    payments: [completed.payment, cancelled.payment, surplus].map(({ transactionId, amountFen }) => ({
      transactionId,
      amountFen,
      at,
    })),
    refunds: [refund, returned].map(({ refundId, amountFen }) => ({ refundId, amountFen, at })),
  };
  return { completed, cancelled, refund, returned, surplus };
}

describe('WDR-9: the reconciliation of a day', () => {
  test('finds nothing where everything agrees', async () => {
    await business();
    expect([await compareRecords(), await compareChannel()]).toEqual([0, 0]);
    expect(await differences()).toEqual([]);
  });

  test('finds exactly the entry that the schema’s owner forged with the triggers off', async () => {
    const { completed } = await business();
    const { id } = await store.db.journal.findFirstOrThrow({
      where: { objectId: completed.terms.orderId, kind: 'order_completed' },
    });
    await owner.query(`
      ALTER TABLE entries DISABLE TRIGGER USER;
      INSERT INTO entries (journal_id, line, account_id, credit_fen) VALUES ('${id}', 9, 'platform_fee', 1);
      ALTER TABLE entries ENABLE TRIGGER USER`);
    expect(await compareRecords()).toBe(1);
    expect(await differences()).toEqual([['journal', id, 200_000, 200_001]]);
  });

  test('finds a balance that does not follow from its entries', async () => {
    const { completed } = await business();
    await owner.query('UPDATE account_balances SET balance_fen = balance_fen + 5');
    const account = `provider:${completed.terms.providerId}:wechat:pending`;
    await compareRecords();
    expect(await differences()).toEqual([['balance', account, 180_005, 180_000]]);
  });

  test('finds what our own records have and the ledger has not', async () => {
    await business();
    const at = new Date();
    const ids = { orderId: 'ord_unposted', channel: 'wechat', transactionId: 'txn_unposted' };
    const payment = { ...ids, id: 'pay_unposted', amountFen: 5n, receivedAt: at };
    await store.db.payment.create({ data: { ...payment, status: 'surplus' } });
    const refund = {
      id: 'rfp_unposted',
      paymentId: 'pay_unposted',
      orderId: 'ord_unposted',
      amountFen: 5n,
      reason: 'x',
    };
    await store.db.refund.create({ data: { ...refund, status: 'refunded', requestedAt: at, refundedAt: at } });
    const callback = { ...ids, id: 'pay_uncounted', transactionId: 'txn_uncounted', amountFen: 6n };
    await store.db.paymentCallback.create({ data: { ...callback, status: 'succeeded', receivedAt: at } });
    const terms = await store.placed();
    const completed = { state: 'completed', paidFen: 7n, endedAt: at };
    await store.db.order.update({ where: { id: terms.orderId }, data: completed });
    expect(await compareRecords()).toBe(4);
    expect((await differences()).sort()).toEqual([
      ['callback', 'wechat/txn_uncounted', 0, 6],
      ['completion', terms.orderId, 0, 7],
      ['payment', 'wechat/txn_unposted', 0, 5],
      ['refund', 'rfp_unposted', 0, 5],
    ]);
  });

  test('finds a clearing key that stays open after its order has ended, and none while the order runs', async () => {
    const { terms, payment } = await store.paid();
    expect(await compareRecords(-DAY_MS)).toBe(0);
    await store.db.order.update({ where: { id: terms.orderId }, data: { state: 'cancelled', endedAt: new Date() } });
    expect(await compareRecords()).toBe(0);
    expect(await compareRecords(-DAY_MS)).toBe(1);
    expect(await differences()).toEqual([['clearing', `buyer_funds:wechat/${payment.transactionId}`, 200_000, 0]]);
  });

  test('finds where the list of a channel disagrees, each difference once however often it is seen', async () => {
    const { completed, refund } = await business();
    const at = new Date().toISOString();
    listed.payments = listed.payments.filter(({ transactionId }) => transactionId !== completed.payment.transactionId);
    listed.payments.push({ transactionId: 'txn_invented', amountFen: 9, at });
    listed.refunds = listed.refunds.map((one) => (one.refundId === refund.refundId ? { ...one, amountFen: 1 } : one));
    expect([await compareChannel(), await compareChannel()]).toEqual([3, 3]);
    expect((await differences()).sort()).toEqual(
      [
        ['channel_payment', 'txn_invented', 0, 9],
        ['channel_payment', completed.payment.transactionId, 200_000, 0],
        ['channel_refund', refund.refundId, 200_000, 1],
      ].sort(),
    );
    const notices = await store.db.message.findMany({ where: { event: 'operations.books_differ' } });
    expect(new Set(notices.map(({ params }) => JSON.stringify(params)))).toHaveProperty('size', 1);
    expect(notices[0]?.params).toMatchObject({ objectId: today, count: '3' });
  });

  test('compares what a channel has just before midnight with what the ledger has just after', async () => {
    const { payment } = await store.paid();
    const at = new Date(dayBounds(today).fromMs - 1).toISOString();
    listed.payments.push({ transactionId: payment.transactionId, amountFen: payment.amountFen, at });
    expect(await compareChannel()).toBe(0);
    await store.paid();
    expect(await compareChannel()).toBe(1);
  });
});

describe('WDR-9: a difference is resolved once', () => {
  const change = (objectId: string): Change => ({
    ...{ objectId, providerId: null, commandId: `cmd_${unique()}`, action: 'ops.reconciliation.resolve' },
    actorRole: 'ops',
    ...{ actorId: 'usr_ops', requestId: 'req_test', sourceIp: '127.0.0.1', at: new Date() },
  });

  test('by a journal that names it; of 5 people at the same time one does it', async () => {
    listed.payments.push({ transactionId: 'txn_invented', amountFen: 9, at: new Date().toISOString() });
    await compareChannel();
    const { id } = await store.db.reconciliationDifference.findFirstOrThrow();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => resolveDifference(store.db, change(id), { reason: 'the callback was lost' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const journal = await store.db.journal.findUniqueOrThrow({ where: { resolvesId: id }, include: { entries: true } });
    expect(journal.entries.map(({ accountId, debitFen, creditFen }) => [accountId, debitFen, creditFen])).toEqual([
      ['channel:wechat', 9n, 0n],
      ['suspense', 0n, 9n],
    ]);
    expect(await store.db.reconciliationDifference.findUnique({ where: { id } })).toMatchObject({
      state: 'resolved',
      resolvedBy: 'usr_ops',
      journalId: journal.id,
    });
    await compareChannel();
    expect(await differences()).toHaveLength(1);
  });

  test('without a journal where it is explained; with what people say otherwise, which must balance', () => {
    const difference = { kind: 'clearing', key: 'k', channel: null, ledgerFen: 5, otherFen: 0 } as const;
    expect(resolutionOf('rcd_1', difference)).toBeNull();
    const line = { accountId: 'suspense', side: 'debit', amountFen: 5, clearingKey: null } as const;
    expect(() => resolutionOf('rcd_1', difference, [line])).toThrow(RangeError);
    const channelRefund = { ...difference, kind: 'channel_refund', channel: 'wechat' } as const;
    expect(resolutionOf('rcd_1', channelRefund)?.entries.map(({ side, accountId }) => [side, accountId])).toEqual([
      ['debit', 'channel:wechat'],
      ['credit', 'suspense'],
    ]);
  });
});

test('what both sides say the same is no difference, what one of them does not know is', () => {
  const what = { kind: 'channel_payment', channel: 'wechat' } as const;
  const [ledger, other] = [
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    new Map([
      ['a', 1],
      ['c', 3],
    ]),
  ];
  expect(compareAmounts(what, ['a', 'b', 'c', 'b'], ledger, other)).toEqual([
    { ...what, key: 'b', ledgerFen: 2, otherFen: 0 },
    { ...what, key: 'c', ledgerFen: 0, otherFen: 3 },
  ]);
});

describe('WDR-9: days are closed one after the other', () => {
  test('from the first that has a journal on, each once it is over, with its snapshot', async () => {
    const { nextDayToReconcile, closeBooks, finishDay } = activities();
    expect(await run(nextDayToReconcile, Date.now() + DAY_MS)).toBeNull();
    await store.paid();
    expect(await run(nextDayToReconcile, dayBounds(today).toMs - 1)).toBeNull();
    expect(await run(nextDayToReconcile, dayBounds(today).toMs)).toBe(today);
    await expect(run(closeBooks, today)).rejects.toThrow(/is not over/);
    await run(finishDay, { day: today, differences: 0 });
    expect(await run(nextDayToReconcile, dayBounds(today).toMs)).toBeNull();
    expect(await run(nextDayToReconcile, dayBounds(dayAfter(today)).toMs)).toBe(dayAfter(today));
    const yesterday = shanghaiDay(Date.now() - DAY_MS);
    await run(closeBooks, yesterday);
    await run(closeBooks, yesterday);
  });
});
