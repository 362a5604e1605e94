import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { refundActivities } from '../../activities/refunds';
import type { DeliveryState } from '../../domain/deliveries/state';
import { feeOf } from '../../domain/orders/fee';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { returnOf } from '../../domain/refunds/refund';
import { projectRoot } from '../../scripts/parts/root';
import { paymentFor } from '../factories/orders';
import { POLICY } from '../factories/states';
import { dyingAt, run, type Store, startStore, stepOf } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

type Paid = { terms: OrderTerms; payment: PaymentFact; state: DeliveryState };

const record = (step: ReturnType<typeof stepOf>) =>
  run(store.activities.recordDeliveryStep, { step, appealTarget: POLICY.appealTarget });

/** The step that ends a delivery: its buyer accepts. */
const accepting = ({ terms, state }: Paid) =>
  stepOf(
    { deliveryId: terms.deliveryId, sequence: 2, state: { ...state, stage: 'awaiting_acceptance' } },
    'buyer.acceptance.accept',
  );

/** The step by which a ruling cancels it; the buyer gets back so much, or all. */
function cancelling({ terms, state }: Paid, refundFen: number | null) {
  const step = accepting({ terms, state } as Paid);
  const cancelled = { ...step.state, stage: 'cancelled', outcome: 'cancelled_and_refunded', refundFen } as const;
  return { ...step, state: cancelled };
}

const refund = (payment: PaymentFact, amountFen = payment.amountFen) =>
  run(store.activities.sendRefund, { ...returnOf(payment, 'delivery_cancelled'), amountFen });

/** The lines of the journal with a business key, each as it is read in a book. */
async function linesOf(businessKey: string): Promise<string[]> {
  const journal = await store.db.journal.findUnique({
    where: { businessKey },
    include: { entries: { orderBy: { line: 'asc' } } },
  });
  return (journal?.entries ?? []).map(({ accountId, debitFen, creditFen }) =>
    debitFen > 0n ? `debit ${accountId} ${debitFen}` : `credit ${accountId} ${creditFen}`,
  );
}

const keyOf = ({ channel, transactionId }: PaymentFact) => `payment/${channel}/${transactionId}`;
const heldOf = async ({ transactionId }: PaymentFact) =>
  Number((await store.db.clearingBalance.findFirst({ where: { clearingKey: transactionId } }))?.balanceFen ?? 0n);
const pending = (terms: OrderTerms) => `provider:${terms.providerId}:${terms.paymentChannel}:pending`;

describe('every step that moves money posts its journal', () => {
  test('ORD-6: an order that is paid: once, with the step that paid it as its cause', async () => {
    const { payment, step } = await store.paid();
    await run(store.activities.recordOrderStep, step);
    expect(await linesOf(keyOf(payment))).toEqual(['debit channel:wechat 200000', 'credit buyer_funds:wechat 200000']);
    const journal = await store.db.journal.findUniqueOrThrow({ where: { businessKey: keyOf(payment) } });
    expect(journal).toMatchObject({ commandId: step.commandId, objectId: payment.orderId, runId: 'run_test' });
  });

  test('WDR-1: a delivery that is accepted: the provider earns what was paid less the fee', async () => {
    const paid = await store.paid();
    const step = accepting(paid);
    await record(step);
    await record(step);
    expect(await linesOf(`order-completed/${paid.terms.orderId}`)).toEqual([
      'debit buyer_funds:wechat 200000',
      'credit platform_fee 20000',
      `credit ${pending(paid.terms)} 180000`,
    ]);
    expect(await heldOf(paid.payment)).toBe(0);
  });

  test('DLV-10: a delivery that a ruling cancels: what goes back stays held until it is sent, the rest is earned', async () => {
    const paid = await store.paid();
    await record(cancelling(paid, 50_000));
    expect(await linesOf(`order-completed/${paid.terms.orderId}`)).toEqual([
      'debit buyer_funds:wechat 150000',
      'credit platform_fee 15000',
      `credit ${pending(paid.terms)} 135000`,
    ]);
    expect(await heldOf(paid.payment)).toBe(50_000);
    await refund(paid.payment, 50_000);
    expect(await heldOf(paid.payment)).toBe(0);
    expect(await linesOf(`refund/${returnOf(paid.payment, 'delivery_cancelled').refundId}`)).toEqual([
      'debit buyer_funds:wechat 50000',
      'credit channel:wechat 50000',
    ]);
  });

  test('ORD-3: a delivery that is cancelled and refunded in full earns nobody anything', async () => {
    const paid = await store.paid();
    await record(cancelling(paid, null));
    expect(await linesOf(`order-completed/${paid.terms.orderId}`)).toEqual([]);
    await refund(paid.payment);
    await refund(paid.payment);
    expect(await heldOf(paid.payment)).toBe(0);
  });

  test('RFD-6: a refund after completion takes back the income and the commission', async () => {
    const paid = await store.paid();
    await record(accepting(paid));
    await refund(paid.payment, 100_005);
    const feeFen = 20_000 - feeOf(99_995, 1_000);
    expect(await linesOf(`refund/${returnOf(paid.payment, 'delivery_cancelled').refundId}`)).toEqual([
      `debit ${pending(paid.terms)} ${100_005 - feeFen}`,
      `debit platform_fee ${feeFen}`,
      'credit buyer_funds:wechat 100005',
      'debit buyer_funds:wechat 100005',
      'credit channel:wechat 100005',
    ]);
  });

  test('ORD-6: a payment that no order takes: received, and returned, under its own transaction', async () => {
    const { terms } = await store.paid();
    const surplus = paymentFor(terms, { amountFen: 777 });
    await run(store.activities.sendRefund, returnOf(surplus, 'already_paid'));
    expect(await linesOf(keyOf(surplus))).toEqual(['debit channel:wechat 777', 'credit buyer_funds:wechat 777']);
    expect(await linesOf(`refund/${returnOf(surplus, 'already_paid').refundId}`)).toEqual([
      'debit buyer_funds:wechat 777',
      'credit channel:wechat 777',
    ]);
    expect(await heldOf(surplus)).toBe(0);
  });

  test('a worker that dies before the end of a refund is noted leaves no entry of it', async () => {
    const paid = await store.paid();
    const { refundId } = returnOf(paid.payment, 'delivery_cancelled');
    const { sendRefund } = refundActivities({
      ...store.outside,
      db: dyingAt(store.db, 3),
    });
    await expect(run(sendRefund, returnOf(paid.payment, 'delivery_cancelled'))).rejects.toThrow('died');
    expect(await linesOf(`refund/${refundId}`)).toEqual([]);
    await refund(paid.payment);
    expect(await linesOf(`refund/${refundId}`)).toHaveLength(2);
  });

  test('the last acceptance of 8 at the same time posts nothing more', async () => {
    const paid = await store.paid();
    await Promise.allSettled(Array.from({ length: 8 }, () => record(accepting(paid))));
    expect(await store.db.journal.count({ where: { objectId: paid.terms.orderId, kind: 'order_completed' } })).toBe(1);
  });
});

describe('what moved before there was a ledger', () => {
  test('is posted by the migration as the rules post it: nothing that is posted is posted twice, and all that was not is', async () => {
    const [completed, cancelled, running] = [await store.paid(), await store.paid(), await store.paid()];
    await record(accepting(completed));
    await record(cancelling(cancelled, 70_000));
    await refund(cancelled.payment, 70_000);
    const surplus = paymentFor(running.terms, { amountFen: 999 });
    await run(store.activities.sendRefund, returnOf(surplus, 'already_paid'));
    const books = () =>
      store.db.$queryRaw<unknown[]>`
        SELECT j.kind, j.business_key, j.payload_hash, e.line, e.account_id, e.debit_fen, e.credit_fen, e.clearing_key
        FROM journals j JOIN entries e ON e.journal_id = j.id ORDER BY j.business_key, e.line`;
    const before = await books();
    const sql = readFileSync(
      path.join(projectRoot, 'prisma/migrations/20261124233101_ledger_opening/migration.sql'),
      'utf8',
    );
    const owner = new Client({ connectionString: store.ownerUrl });
    await owner.connect();
    await owner.query(sql);
    expect(await books()).toEqual(before);
    await owner.query(`
      ALTER TABLE journals DISABLE TRIGGER USER; ALTER TABLE entries DISABLE TRIGGER USER;
      DELETE FROM entries; DELETE FROM journals; DELETE FROM account_balances; DELETE FROM clearing_balances;
      ALTER TABLE journals ENABLE TRIGGER USER; ALTER TABLE entries ENABLE TRIGGER USER`);
    // Refunds of completed orders were not possible then.
    await owner.query(`DELETE FROM refunds r USING orders o WHERE o.id = r.order_id AND o.state = 'completed'`);
    const refundKeys = await owner.query<{ key: string }>(`SELECT 'refund/' || id AS key FROM refunds`);
    await owner.query(sql);
    await owner.end();
    const kept = new Set(refundKeys.rows.map(({ key }) => key));
    const expected = (before as { business_key: string }[]).filter(
      ({ business_key: key }) => !key.startsWith('refund/') || kept.has(key),
    );
    expect(await books()).toEqual(expected);
  });
});
