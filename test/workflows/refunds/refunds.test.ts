import { DAY_MS } from '../../../domain/policies/duration';
import { invoiceSettled } from '../../../workflows/refunds/messages';
import { eventually } from '../../support/eventually';
import { misbehave, notified, sentBack, stepsOf } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { startWorld, type World } from '../../support/world';

let world: World;
/** The orders with a live invoice. */
const invoiced = new Set<string>();
let refunds: ReturnType<typeof refundsOf>;
beforeAll(async () => {
  world = await startWorld(undefined, {
    liveInvoiceOf: async (_, orderId) => (invoiced.has(orderId) ? 'inv_1' : null),
  });
  refunds = refundsOf(world);
});
afterAll(() => world.stop());

const STATED = ['buyer.requirement', 'provider.requirement.confirm'] as const;
const SUBMITTED = [...STATED, 'provider.implementation.submit'] as const;
const LIST = 200_000;

/** An order whose no-reason condition is over: it was accepted. */
async function completed() {
  const delivery = await world.paid();
  await delivery.acts(...SUBMITTED, 'buyer.acceptance.accept');
  return delivery;
}

describe('RFD-1, RFD-6: a full refund within the condition', () => {
  test('the provider agrees: the money goes back once, the delivery is cancelled, the books are even', async () => {
    const delivery = await world.paid();
    await delivery.acts(...STATED);
    const refund = await refunds.request(delivery);
    expect(await refund.view()).toMatchObject({ stage: 'requested', noReason: true });
    expect(await refund.order()).toMatchObject({ state: 'refunding', refundReservedFen: 200_000n });
    expect(await delivery.view()).toMatchObject({
      frozen: true,
      refundId: refund.id,
      allowedActions: [],
      deadlines: [],
    });
    await refund.act('provider.agree');
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: LIST });
    expect(await refund.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n, refundReservedFen: 0n });
    await expect(delivery.outcome()).resolves.toEqual({ outcome: 'cancelled_and_refunded', refundFen: 0 });
    await delivery.outcome();
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([LIST]);
    expect((await stepsOf(world.db, refund.id)).map(({ action }) => action)).toEqual([
      'buyer.refunds',
      'provider.agree',
      'refund.refunded',
    ]);
    expect(await notified(world.db, refund.id)).toEqual([
      'refund.requested → buyer',
      'refund.requested → provider',
      'refund.approved → buyer',
      'refund.approved → provider',
      'refund.refunded → buyer',
      'refund.refunded → provider',
    ]);
    const journals = await world.db.journal.findMany({ where: { businessKey: `refund/${refund.id}` } });
    expect(journals).toMatchObject([{ kind: 'refund_executed' }]);
  });
});

describe('RFD-2: the time of the provider', () => {
  test('a moment before 3 days nothing has happened; then the system executes it', async () => {
    const delivery = await world.paid();
    const refund = await refunds.request(delivery);
    expect(await refund.letPass(3 * DAY_MS - 60_000)).toMatchObject({ stage: 'requested' });
    await world.env.sleep(61_000);
    expect(await refund.until('refunded')).toMatchObject({ refundedFen: LIST });
    expect((await stepsOf(world.db, refund.id)).map(({ action }) => action)).toContain('deadline.auto_execute');
  });

  test('withdrawn within that time, the delivery goes on exactly where it was', async () => {
    const delivery = await world.paid();
    await delivery.acts(...STATED);
    await world.env.sleep(DAY_MS);
    const before = await delivery.view();
    const refund = await refunds.request(delivery);
    await world.env.sleep(2 * DAY_MS);
    await refund.act('buyer.withdraw');
    await expect(refund.ended()).resolves.toMatchObject({ outcome: 'withdrawn', refundedFen: 0 });
    const after = await delivery.view();
    expect(after).toMatchObject({
      stage: before.stage,
      frozen: false,
      refundId: null,
      allowedActions: before.allowedActions,
    });
    expect(after.deadlines.map(({ name }) => name)).toEqual(before.deadlines.map(({ name }) => name));
    const later = after.deadlines.map(
      ({ at }, index) => Date.parse(at) - Date.parse(before.deadlines[index]?.at ?? ''),
    );
    for (const ms of later) expect(Math.abs(ms - 2 * DAY_MS)).toBeLessThan(60_000);
    expect(await refund.order()).toMatchObject({ state: 'implementing', refundReservedFen: 0n });
    expect(await delivery.act('provider.implementation.submit')).toMatchObject({ stage: 'awaiting_acceptance' });
    expect(await refund.order()).toMatchObject({ state: 'awaiting_confirmation' });
  });
});

describe('RFD-4: an invoice is in the way', () => {
  test('an automatic execution waits visibly, reminds, and goes on once the invoice is settled', async () => {
    const delivery = await world.paid();
    const { orderId } = delivery.terms;
    invoiced.add(orderId);
    const refund = await refunds.request(delivery);
    await world.env.sleep(3 * DAY_MS + 60_000);
    expect(await refund.until('executing')).toMatchObject({ waitsFor: ['invoice'], refundedFen: 0 });
    await world.env.sleep(3 * DAY_MS + 60_000);
    await eventually(async () => expect((await refund.view()).passed).toEqual(['invoice_reminder_1']));
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([]);
    expect(await world.db.refund.count({ where: { orderId } })).toBe(0);
    invoiced.delete(orderId);
    await refund.workflow.signal(invoiceSettled);
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: LIST });
  });

  test('nobody says so: it is found out within hours; taken back meanwhile, nothing is sent', async () => {
    const [first, second] = [await world.paid(), await world.paid()];
    for (const { terms } of [first, second]) invoiced.add(terms.orderId);
    const [found, withdrawn] = [await refunds.request(first), await refunds.request(second)];
    for (const refund of [found, withdrawn]) {
      expect(await refund.act('provider.agree')).toMatchObject({ stage: 'executing', waitsFor: ['invoice'] });
    }
    await withdrawn.act('buyer.withdraw');
    await expect(withdrawn.ended()).resolves.toMatchObject({ outcome: 'withdrawn', refundedFen: 0 });
    for (const { terms } of [first, second]) invoiced.delete(terms.orderId);
    await world.env.sleep('7 hours');
    await found.until('refunded');
    expect(await sentBack(world.channel.url, second.payment.transactionId)).toEqual([]);
  });
});

describe('RFD-5, RFD-5a: outside the condition', () => {
  test('a part is offered and accepted: the order stays completed, and the rest can be asked for', async () => {
    const delivery = await completed();
    const refund = await refunds.request(delivery);
    expect(await refund.view()).toMatchObject({ noReason: false });
    expect(await refund.order()).toMatchObject({ state: 'refunding' });
    expect(await refund.act('provider.offer', 50_000)).toMatchObject({ stage: 'offered', offeredFen: 50_000 });
    await refund.act('buyer.accept');
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 50_000 });
    expect(await refund.order()).toMatchObject({ state: 'completed', refundedFen: 50_000n, refundReservedFen: 0n });
    await expect(refunds.request(delivery, { amountFen: 150_001 })).rejects.toThrow();
    const rest = await refunds.request(delivery, { amountFen: 150_000 });
    await rest.act('provider.agree');
    await rest.ended();
    expect(await rest.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n });
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([50_000, 150_000]);
  });

  test('nobody answers for 3 days: operations are asked, reminded, and decide', async () => {
    const refund = await refunds.request(await completed());
    expect(await refund.letPass(3 * DAY_MS - 60_000)).toMatchObject({ stage: 'requested' });
    await world.env.sleep(61_000);
    expect(await refund.until('escalated')).toMatchObject({ stage: 'escalated' });
    await world.env.sleep(DAY_MS + 60_000);
    await eventually(async () => expect((await refund.view()).passed).toEqual(['operations_reminder_1']));
    await refund.act('ops.reject');
    await expect(refund.ended()).resolves.toMatchObject({ outcome: 'rejected' });
    expect(await refund.order()).toMatchObject({ state: 'completed', refundReservedFen: 0n });
  });

  test('declined: the order goes on; the buyer may ask operations for 3 days, and then no more', async () => {
    const delivery = await completed();
    const refund = await refunds.request(delivery);
    expect(await refund.act('provider.decline')).toMatchObject({ stage: 'declined', final: false });
    expect(await refund.order()).toMatchObject({ state: 'completed', refundReservedFen: 0n });
    await world.env.sleep(3 * DAY_MS - 60_000);
    expect(await refund.act('buyer.escalate')).toMatchObject({ stage: 'escalated' });
    expect(await refund.order()).toMatchObject({ state: 'refunding', refundReservedFen: 200_000n });
    await refund.act('ops.approve', 80_000);
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 80_000 });

    const second = await refunds.request(delivery, { amountFen: 1_000 });
    await second.act('provider.decline');
    await world.env.sleep(3 * DAY_MS + 60_000);
    await expect(second.ended()).resolves.toMatchObject({ outcome: 'declined' });
    await expect(second.act('buyer.escalate')).rejects.toMatchObject({ code: 'REFUND.NOT_ALLOWED' });
  });

  test('an offer that the buyer does not answer goes to operations after 3 days', async () => {
    const refund = await refunds.request(await completed());
    await refund.act('provider.offer', 1);
    expect(await refund.letPass(3 * DAY_MS - 60_000)).toMatchObject({ stage: 'offered' });
    await world.env.sleep(61_000);
    await refund.until('escalated');
    await refund.act('buyer.withdraw');
    await refund.ended();
  });
});

describe('RFD-6: what excludes each other', () => {
  test('an open refund refuses another one and an appeal; an open appeal refuses a refund', async () => {
    const delivery = await world.paid();
    for (let n = 0; n < 3; n += 1) await delivery.acts('buyer.requirement', 'provider.requirement.reject');
    const refund = await refunds.request(delivery);
    await expect(refunds.request(delivery)).rejects.toMatchObject({ cause: { type: 'REFUND.OPEN' } });
    await expect(delivery.act('buyer.appeals')).rejects.toMatchObject({ code: 'DELIVERY.NOT_ALLOWED' });
    await refund.act('buyer.withdraw');
    await delivery.act('buyer.appeals');
    await expect(refunds.request(delivery)).rejects.toMatchObject({ cause: { type: 'REFUND.APPEAL_OPEN' } });
    await delivery.act('ops.resolve', { ruling: 'resume' });
    await (await refunds.request(delivery)).act('buyer.withdraw');
  });

  test('after a part was refunded, a cancelled delivery gives back the rest and no more', async () => {
    const delivery = await world.paid();
    const refund = await refunds.request(delivery, { amountFen: 60_000 });
    await refund.act('provider.agree');
    await refund.ended();
    expect(await refund.order()).toMatchObject({ state: 'awaiting_start', refundedFen: 60_000n });
    for (let n = 0; n < 3; n += 1) await delivery.acts('buyer.requirement', 'provider.requirement.reject');
    await delivery.act('buyer.appeals');
    await delivery.act('ops.resolve', { ruling: 'cancel_and_refund' });
    await delivery.outcome();
    await eventually(async () =>
      expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([60_000, 140_000]),
    );
    await eventually(async () => expect((await refund.order()).refundedFen).toBe(200_000n));
  });

  test('an unpaid order has nothing to give back', async () => {
    const placed = await world.place();
    await expect(refunds.request(placed)).rejects.toMatchObject({ cause: { type: 'REFUND.NOT_ALLOWED' } });
  });
});

describe('RFD-8: the provider refunds by itself', () => {
  test('not before the order is completed; then at once', async () => {
    const delivery = await world.paid();
    const own = { initiatedBy: 'provider', amountFen: 30_000 } as const;
    await expect(refunds.request(delivery, own)).rejects.toMatchObject({ cause: { type: 'REFUND.NOT_ALLOWED' } });
    await delivery.acts(...SUBMITTED, 'buyer.acceptance.accept');
    const refund = await refunds.request(delivery, own);
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 30_000 });
    expect(await refund.order()).toMatchObject({ state: 'completed', refundedFen: 30_000n });
  });
});

describe('RFD-6: the channel misbehaves', () => {
  const settle = (id: string, status: string) =>
    fetch(`${world.channel.url}/refunds/${id}/outcome`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status }),
    });
  const isKnown = async (id: string) => (await fetch(`${world.channel.url}/refunds/${id}`)).ok;

  test.each([
    { faults: { failNextRefunds: 2 } },
    { faults: { loseNextAnswers: 1 } },
    { faults: { failNextQueries: 2, loseNextAnswers: 1 } },
  ])('%o: it is sent once, and counted once', async ({ faults }) => {
    const delivery = await world.paid();
    const refund = await refunds.request(delivery);
    await misbehave(world.channel.url, faults);
    await refund.act('provider.agree');
    await refund.ended();
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([LIST]);
    expect(await refund.order()).toMatchObject({ state: 'refunded', refundedFen: 200_000n });
  });

  test.each(['refunded', 'failed'] as const)(
    'an unknown outcome is asked for, for days, and is then %s',
    async (status) => {
      const delivery = await world.paid();
      const refund = await refunds.request(delivery);
      await misbehave(world.channel.url, { holdNextRefunds: 1 });
      await refund.act('provider.agree');
      await eventually(async () => expect(await isKnown(refund.id)).toBe(true));
      await world.env.sleep(4 * DAY_MS);
      expect(await refund.view()).toMatchObject({ stage: 'executing', refundedFen: 0 });
      expect(await refund.order()).toMatchObject({ state: 'refunding', refundedFen: 0n, refundReservedFen: 200_000n });
      // The clock skips the days faster than the worker asks and writes.
      await eventually(async () =>
        expect(await notified(world.db, refund.id, 'order.refund_stuck')).toContain('order.refund_stuck → ops'),
      );
      await settle(refund.id, status);
      await world.env.sleep('1 hour');
      await refund.until(status === 'refunded' ? 'refunded' : 'escalated');
      if (status === 'refunded') return;
      expect(await refund.order()).toMatchObject({ state: 'refunding', refundedFen: 0n, refundReservedFen: 0n });
      await refund.act('buyer.withdraw');
      await refund.ended();
    },
  );

  test('refused for good: nothing is reserved or counted; approved again, it is the same refund under the same key', async () => {
    const delivery = await completed();
    const refund = await refunds.request(delivery, { amountFen: 70_000 });
    await misbehave(world.channel.url, { refuseNextRefunds: 1 });
    await refund.act('provider.agree');
    expect(await refund.until('escalated')).toMatchObject({ failure: 'The account is closed.', refundedFen: 0 });
    expect(await refund.order()).toMatchObject({ state: 'refunding', refundedFen: 0n, refundReservedFen: 0n });
    expect(await sentBack(world.channel.url, delivery.payment.transactionId)).toEqual([]);
    await expect(refund.act('ops.approve', 60_000)).rejects.toMatchObject({ code: 'REFUND.AMOUNT_OUT_OF_RANGE' });
    await refund.act('ops.approve', 70_000);
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: 70_000 });
    const rows = await world.db.refund.findMany({ where: { orderId: delivery.terms.orderId } });
    expect(rows).toMatchObject([{ id: refund.id, status: 'refunded', amountFen: 70_000n }]);
  });
});
