import { Client } from 'pg';
import { ledgerActivities } from '../../activities/ledger';
import type { ChannelStatement } from '../../activities/ports/channel-statement';
import { dayAfter, dayBounds } from '../../domain/calendar/shanghai';
import { shanghaiDay } from '../../domain/calendar/working-days';
import { paymentReceived } from '../../domain/ledger/events';
import { compareAmounts, resolutionOf } from '../../domain/ledger/reconciliation';
import { returnOf } from '../../domain/refunds/refund';
import { differencesWithin } from '../../prisma/store/ledger/comparison';
import { resolveDifference } from '../../prisma/store/ledger/differences';
import { postJournal } from '../../prisma/store/ledger/post';
import type { Change } from '../../prisma/store/shared/audited-transaction';
import { unique } from '../factories/commands';
import { newTerms, paymentFor } from '../factories/orders';
import { POLICY } from '../factories/states';
import { closeBooks } from '../support/books';
import { RUN, run, type Store, startStore, stepOf } from '../support/store';

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
  run(activities().compareRecords, { day: today, clearingOpenForMs });
const compareChannel = () => run(activities().compareChannel, { day: today, channel: 'wechat' });
const verifyLedger = () => run(activities().verifyLedger, { day: today });
const differences = async () =>
  (await store.db.reconciliationDifference.findMany({ orderBy: { id: 'asc' } })).map(
    ({ kind, key, ledgerFen, otherFen }) => [kind, key, Number(ledgerFen), Number(otherFen)],
  );

const change = (objectId: string): Change => ({
  ...{ objectId, providerId: null, commandId: `cmd_${unique()}`, action: 'ops.reconciliation.resolve' },
  actorRole: 'ops',
  ...{ actorId: 'usr_ops', requestId: 'req_test', sourceIp: '127.0.0.1', at: new Date() },
});

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
    expect([await compareRecords(), await compareChannel(), await verifyLedger()]).toEqual([0, 0, 0]);
    expect(await differences()).toEqual([]);
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

  test('a clearing key is open too long a millisecond beyond the limit, not at it, nor a millisecond before', async () => {
    const ended = await store.paid();
    // One whose order runs, which is never open too long, and one that is no order's.
    await store.paid();
    const surplus = paymentFor(newTerms());
    const { paymentId: id, receivedAtMs, ...row } = surplus;
    const receivedAt = new Date(receivedAtMs);
    await store.db.payment.create({ data: { ...row, id, status: 'surplus', receivedAt } });
    const by = { commandId: `cmd_${unique()}`, actor: 'system', runId: null, effectiveAt: receivedAt };
    await postJournal(store.db, paymentReceived(surplus), by);
    const limitMs = dayBounds(today).toMs - 3 * DAY_MS;
    /** Everything was opened, and the one order ended, so many milliseconds later than the limit. */
    const openSince = async (openedMs: number, endedMs: number) => {
      await owner.query('UPDATE clearing_balances SET opened_at = $1', [new Date(limitMs + openedMs)]);
      const end = { state: 'cancelled', endedAt: new Date(limitMs + endedMs) };
      await store.db.order.update({ where: { id: ended.terms.orderId }, data: end });
      const found = await differencesWithin(store.db, { from: new Date(0), to: new Date(0) }, new Date(limitMs));
      return found.map(({ kind, key }) => [kind, key]).sort();
    };
    const [ofEnded, ofNone] = [ended.payment, surplus].map(({ transactionId }) => [
      ...['clearing', `buyer_funds:wechat/${transactionId}`],
    ]);
    expect(await openSince(1, 1)).toEqual([]);
    expect(await openSince(0, 0)).toEqual([]);
    expect(await openSince(-1, -1)).toEqual([ofEnded, ofNone].sort());
    // Both count: how long it is open, and how long its order has ended.
    expect(await openSince(-1, 0)).toEqual([ofNone]);
    expect(await openSince(0, -1)).toEqual([]);
    // The limit is counted from the end of the day.
    await openSince(-1, -1);
    expect(await compareRecords(3 * DAY_MS + 1)).toBe(0);
    expect(await compareRecords(3 * DAY_MS)).toBe(2);
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

/** Closes the books at this moment, as the end of a day does. */
const closeNow = () => closeBooks(store.db, new Date());

/** Does as the schema's owner what the triggers of tables refuse. */
async function forge(tables: string[], sql: string) {
  const switched = (how: string) => tables.map((table) => `ALTER TABLE ${table} ${how} TRIGGER USER;`).join('');
  await owner.query(`BEGIN; ${switched('DISABLE')} ${sql}; ${switched('ENABLE')} COMMIT`);
}

describe('WDR-9: whatever is forged in the ledger is found, however old it is, and nothing else is reported', () => {
  const journal = (kind: string, orderId: string) =>
    store.db.journal.findFirstOrThrow({ where: { kind, objectId: orderId } });

  /** Two closed days and one that is not closed; the first completed order, and an open one that is closed with it. */
  async function closedBooks() {
    const { completed } = await business();
    const open = await store.paid();
    await closeNow();
    await business();
    await closeNow();
    await business();
    expect(await verifyLedger()).toBe(0);
    const { id } = await journal('order_completed', completed.terms.orderId);
    const account = `provider:${completed.terms.providerId}:wechat:pending`;
    return { id, account, paid: completed.payment, open };
  }

  test('a line more, a line less, an amount or an account that is another one, in a closed day or the last one', async () => {
    const { id, account } = await closedBooks();
    const last = await store.db.journal.findFirstOrThrow({
      where: { kind: 'payment_received' },
      orderBy: { id: 'desc' },
    });
    const balance = Number(
      (await store.db.accountBalance.findUniqueOrThrow({ where: { accountId: account } })).balanceFen,
    );
    const changes: [string, string, number, number, ...[string, string, number, number][]][] = [
      [
        id,
        `INSERT INTO entries (journal_id, line, account_id, credit_fen) VALUES ('${id}', 9, 'platform_fee', 1)`,
        200_000,
        200_001,
      ],
      [id, `DELETE FROM entries WHERE journal_id = '${id}' AND account_id = 'platform_fee'`, 200_000, 180_000],
      [
        id,
        `UPDATE entries SET account_id = 'suspense' WHERE journal_id = '${id}' AND account_id = '${account}'`,
        200_000,
        200_000,
        // Which account it was is told by its balance.
        ['balance', account, balance, balance - 180_000],
      ],
      [
        last.id,
        `UPDATE entries SET debit_fen = debit_fen * 2, credit_fen = credit_fen * 2 WHERE journal_id = '${last.id}'`,
        1_554,
        1_554,
      ],
    ];
    for (const [journalId, change, debits, credits, ...more] of changes) {
      const before = await store.db.entry.findMany({ where: { journalId } });
      await forge(['entries'], change);
      await verifyLedger();
      const open = await store.db.reconciliationDifference.findMany({ where: { state: 'open' } });
      const found = open.map((row) => [row.kind, row.key, Number(row.ledgerFen), Number(row.otherFen)]);
      expect(found.sort()).toEqual([...more, ['journal', journalId, debits, credits]]);
      const rows = JSON.stringify(before.map(snakeCase));
      await forge(
        ['entries'],
        `DELETE FROM entries WHERE journal_id = '${journalId}';
         INSERT INTO entries SELECT * FROM jsonb_populate_recordset(NULL::entries, '${rows}')`,
      );
      expect(await verifyLedger()).toBe(0);
    }
    // Each settled by itself when it was put right.
    expect(await store.db.reconciliationDifference.count({ where: { state: 'settled', settledRun: RUN } })).toBe(5);
  });

  test('who posted what and when, with hashes that fit or not: the day is not what was closed', async () => {
    const { id } = await closedBooks();
    await forge(['journals'], `UPDATE journals SET actor = 'usr_somebody' WHERE id = '${id}'`);
    await verifyLedger();
    expect((await differences()).map(([kind, key]) => [kind, key])).toEqual([['day', today]]);
  });

  test('a whole journal more in a closed day, with everything that belongs to it', async () => {
    const { id } = await closedBooks();
    const forged = `${id.slice(0, 16)}00000000000000`;
    await owner.query(
      `INSERT INTO postings (journal) VALUES ('${JSON.stringify({
        ...paymentReceived(paymentFor(newTerms())),
        ...{ commandId: 'cmd_forged', actor: 'system', runId: null, effectiveAt: new Date() },
      })}')`,
    );
    const { id: posted } = await store.db.journal.findFirstOrThrow({ where: { commandId: 'cmd_forged' } });
    expect(await verifyLedger()).toBe(0);
    await forge(
      ['journals', 'entries'],
      `CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM entries WHERE journal_id = '${posted}';
       CREATE TEMP TABLE head ON COMMIT DROP AS SELECT * FROM journals WHERE id = '${posted}';
       DELETE FROM entries WHERE journal_id = '${posted}'; DELETE FROM journals WHERE id = '${posted}';
       UPDATE head SET id = '${forged}'; UPDATE moved SET journal_id = '${forged}';
       INSERT INTO journals SELECT * FROM head; INSERT INTO entries SELECT * FROM moved; SET CONSTRAINTS ALL IMMEDIATE`,
    );
    await verifyLedger();
    expect((await differences()).map(([kind, key]) => [kind, key])).toEqual([['day', today]]);
  });

  test('a whole journal less in a closed day: the day, and the balances that it had moved', async () => {
    const { id, account, paid } = await closedBooks();
    await forge(
      ['journals', 'entries'],
      `DELETE FROM entries WHERE journal_id = '${id}'; DELETE FROM journals WHERE id = '${id}'`,
    );
    await verifyLedger();
    const found = (await differences()).map(([kind, key]) => [kind, key]);
    expect(found.sort()).toEqual([
      ['balance', `buyer_funds:${paid.channel}`],
      ['balance', account],
      ['day', today],
    ]);
  });

  test('a balance of an account or a clearing key that is another one, or gone; a snapshot', async () => {
    const { account, open } = await closedBooks();
    const key = `buyer_funds:wechat/${open.payment.transactionId}`;
    const balance = Number(
      (await store.db.accountBalance.findUniqueOrThrow({ where: { accountId: account } })).balanceFen,
    );
    const held = Number((await store.db.clearingBalance.aggregate({ _sum: { balanceFen: true } }))._sum.balanceFen);
    const one = `clearing_key = '${open.payment.transactionId}'`;
    const changes: [string, string, [string, string, number, number]][] = [
      [
        `UPDATE account_balances SET balance_fen = balance_fen + 5 WHERE account_id = '${account}'`,
        `UPDATE account_balances SET balance_fen = balance_fen - 5 WHERE account_id = '${account}'`,
        ['balance', account, balance + 5, balance],
      ],
      [
        `DELETE FROM account_balances WHERE account_id = '${account}'`,
        `INSERT INTO account_balances VALUES ('${account}', ${balance}, 9)`,
        ['balance', account, 0, balance],
      ],
      [
        `UPDATE clearing_balances SET balance_fen = balance_fen - 7 WHERE ${one}`,
        `UPDATE clearing_balances SET balance_fen = balance_fen + 7 WHERE ${one}`,
        ['balance', key, open.payment.amountFen - 7, open.payment.amountFen],
      ],
      [
        `DELETE FROM clearing_balances WHERE ${one}`,
        `INSERT INTO clearing_balances VALUES ('buyer_funds:wechat', '${open.payment.transactionId}', ${open.payment.amountFen}, now())`,
        ['balance', 'buyer_funds:wechat', held - open.payment.amountFen, held],
      ],
    ];
    for (const [change, back, expected] of changes) {
      await owner.query(change);
      await verifyLedger();
      const found = await store.db.reconciliationDifference.findMany({ where: { state: 'open' } });
      expect(found.map((row) => [row.kind, row.key, Number(row.ledgerFen), Number(row.otherFen)])).toEqual([expected]);
      await owner.query(back);
      expect(await verifyLedger()).toBe(0);
    }
    await forge(
      ['balance_snapshots'],
      "UPDATE balance_snapshots SET credit_fen = credit_fen + 1 WHERE kind = 'platform_fee'",
    );
    // Two days were closed on this one.
    expect(await verifyLedger()).toBeGreaterThan(0);
    expect(await store.db.reconciliationDifference.findMany({ where: { state: 'open' } })).toMatchObject([
      { kind: 'day', key: today },
    ]);
  });
});

const snakeCase = (row: object) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      typeof value === 'bigint' ? Number(value) : value,
    ]),
  );

describe('WDR-9: a difference that is gone by itself', () => {
  const states = async () =>
    (await store.db.reconciliationDifference.findMany({ orderBy: [{ foundAt: 'asc' }] })).map(
      ({ kind, state, settledRun }) => [kind, state, settledRun],
    );

  test('is settled by the run that sees it no more; when it comes back it is another one, and operations hear of both', async () => {
    const { completed } = await business();
    const missing = completed.payment.transactionId;
    const full = listed.payments;
    for (const expected of [
      [['channel_payment', 'settled', RUN]],
      [
        ['channel_payment', 'settled', RUN],
        ['channel_payment', 'settled', RUN],
      ],
    ]) {
      listed = { ...listed, payments: full.filter(({ transactionId }) => transactionId !== missing) };
      expect([await compareChannel(), await compareChannel()]).toEqual([1, 1]);
      expect((await states()).at(-1)).toEqual(['channel_payment', 'open', null]);
      expect(await run(activities().openDays, { seenBeforeMs: Date.now() + 1 })).toEqual([today]);
      listed = { ...listed, payments: full };
      expect(await compareChannel()).toBe(0);
      expect(await states()).toEqual(expected);
    }
    expect(await run(activities().openDays, { seenBeforeMs: Date.now() + 1 })).toEqual([]);
    const events = await store.db.message.groupBy({ by: ['sequence'], where: { event: 'operations.books_differ' } });
    expect(events).toHaveLength(2);
  });

  test('is settled when the payment is counted that only its callback had told of', async () => {
    const { terms, payment } = { terms: newTerms(), payment: paymentFor(newTerms()) };
    const callback = { ...payment, id: `pay_${unique()}`, status: 'succeeded', receivedAt: new Date() };
    await store.db.paymentCallback.create({
      data: {
        ...{ id: callback.id, orderId: terms.orderId, channel: payment.channel, transactionId: payment.transactionId },
        ...{ amountFen: BigInt(payment.amountFen), status: 'succeeded', receivedAt: new Date() },
      },
    });
    expect(await compareRecords()).toBe(1);
    await run(store.activities.sendRefund, returnOf(payment, 'already_paid'));
    expect(await compareRecords()).toBe(0);
    expect(await states()).toEqual([['callback', 'settled', RUN]]);
  });

  test('is no other comparison’s to settle: neither another channel’s, nor another day’s, nor that of our own records', async () => {
    listed.payments.push({ transactionId: 'txn_invented', amountFen: 9, at: new Date().toISOString() });
    await compareChannel();
    listed.payments = [];
    const yesterday = shanghaiDay(Date.now() - DAY_MS);
    await run(activities().compareChannel, { day: today, channel: 'tenpay' });
    await run(activities().compareChannel, { day: yesterday, channel: 'wechat' });
    await compareRecords();
    await verifyLedger();
    expect(await states()).toEqual([['channel_payment', 'open', null]]);
  });

  test('is not reopened where it was resolved; a payment that comes after all is one too many', async () => {
    const payment = paymentFor(newTerms());
    const line = { transactionId: payment.transactionId, amountFen: payment.amountFen, at: new Date().toISOString() };
    listed.payments.push(line);
    await compareChannel();
    const { id } = await store.db.reconciliationDifference.findFirstOrThrow();
    await resolveDifference(store.db, change(id), { reason: 'the callback was lost' });
    expect(await compareChannel()).toBe(0);
    expect(await states()).toEqual([['channel_payment', 'resolved', null]]);
    await run(store.activities.sendRefund, returnOf(payment, 'already_paid'));
    expect(await compareChannel()).toBeGreaterThan(0);
    expect(await differences()).toContainEqual([
      'channel_payment',
      payment.transactionId,
      2 * payment.amountFen,
      payment.amountFen,
    ]);
  });

  test('what the ledger hears of days later, the channel is asked for by the day on which it did it', async () => {
    const { payment } = await store.paid();
    const at = new Date(Date.now() - 9 * DAY_MS);
    const asked: Date[] = [];
    const statement = async (_channel: string, { from, to }: { from: Date; to: Date }) => {
      asked.push(from);
      const line = { transactionId: payment.transactionId, amountFen: payment.amountFen, at: at.toISOString() };
      return { payments: at >= from && at < to ? [line] : [], refunds: [] };
    };
    const { compareChannel: compare } = ledgerActivities({ db: store.db, statements: { statement } });
    expect(await run(compare, { day: today, channel: 'wechat' })).toBe(0);
    expect(await run(compare, { day: shanghaiDay(at.getTime()), channel: 'wechat' })).toBe(0);
    expect(asked).toHaveLength(3);
  });
});

describe('WDR-9: a difference is resolved once', () => {
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
