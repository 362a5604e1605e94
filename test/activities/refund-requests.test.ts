import fc from 'fast-check';
import { z } from 'zod';
import { httpPaymentChannel } from '../../activities/ports/payment-channel';
import { refundActivities } from '../../activities/refunds';
import { callbackSecrets } from '../../config/callback-secrets';
import { REFUND_OPERATIONS } from '../../domain/refunds/commands';
import { judgeRefund } from '../../domain/refunds/rules';
import { isOpen, isSending, type RefundState, reservedFen } from '../../domain/refunds/state';
import type { RefundStep } from '../../domain/refunds/step';
import { answered, applyRefundCommand, begun } from '../../domain/refunds/transitions';
import { systemCause } from '../../domain/shared/step';
import { startPaymentChannel } from '../../sandbox/payment-channel';
import type { RunningServer } from '../../sandbox/server';
import { BUYER, PROVIDER, unique } from '../factories/commands';
import { orderRow } from '../factories/order-rows';
import { REFUND_POLICY, refundCommand } from '../factories/refunds';
import { CALLBACK_SECRETS } from '../support/callbacks';
import { misbehave } from '../support/observe';
import { run, type Store, startStore } from '../support/store';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

type Paid = Awaited<ReturnType<Store['paid']>>;
const LIST = 200_000;

/** A refund of an order, whose steps are recorded as its workflow would. */
function refundOf({ terms: { orderId, deliveryId } }: Paid, amountFen: number) {
  const refundId = `rfd_${unique()}`;
  const parties = { buyerId: BUYER, providerId: PROVIDER, initiatedBy: 'buyer', reasonCode: 'other' } as const;
  const terms = { refundId, orderId, deliveryId, ...parties, amountFen };
  let sequence = 0;
  const record = async (transition: Pick<RefundStep, 'state' | 'notices'>, name: string) => {
    const cause = systemCause(`${refundId}/${sequence + 1}/${name}`, name);
    const step = { ...cause, ...transition, terms, policy: REFUND_POLICY, sequence: sequence + 1, atMs: Date.now() };
    const stored = await run(store.activities.recordRefundStep, step);
    sequence = stored.sequence;
    return stored.state;
  };
  return { refundId, record, open: () => record(begun(terms, 'late', Date.now()), 'buyer.refunds') };
}

const orderOf = ({ terms }: Paid) => store.db.order.findUniqueOrThrow({ where: { id: terms.orderId } });
const action = fc.record({
  what: fc.constantFrom(...REFUND_OPERATIONS, 'refunded', 'failed'),
  amountFen: fc.integer({ min: -1, max: LIST + 1 }),
});

describe('RFD-6: whatever happens, in whatever order', () => {
  test('what went back and what is reserved never exceed what was paid, and the books balance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 14 }), async (history) => {
        const paid = await store.paid();
        let refund = refundOf(paid, LIST);
        let state: RefundState | null = null;
        let goneFen = 0;
        for (const { what, amountFen } of history) {
          if (state === null || !isOpen(state)) {
            refund = refundOf(paid, amountFen);
            state = await refund.open().catch(() => null);
            expect(state !== null).toBe(amountFen >= 1 && amountFen <= LIST - goneFen);
          } else if (isSending(state)) {
            const isSent = what !== 'failed';
            const answer = isSent
              ? ({ status: 'refunded', channelRefundId: 'chr_1' } as const)
              : ({ status: 'failed', reason: 'closed' } as const);
            const next = answered(state, answer, Date.now());
            if (next === null) throw new Error('a refund that is being sent is answered');
            if (isSent) goneFen += state.approvedFen ?? Number.NaN;
            state = await refund.record(next, `refund.${answer.status}`);
          } else if (what !== 'refunded' && what !== 'failed') {
            const command = refundCommand(what, amountFen);
            if (judgeRefund(state, command) !== null) continue;
            state = await refund.record(applyRefundCommand(state, command, Date.now()), what);
          }
          const order = await orderOf(paid);
          const reserved = state === null ? 0 : reservedFen(state);
          expect([order.refundedFen, order.refundReservedFen]).toEqual([BigInt(goneFen), BigInt(reserved)]);
          expect(goneFen + reserved).toBeLessThanOrEqual(LIST);
          expect(order.state === 'refunding').toBe(state !== null && isOpen(state));
        }
        const [sums] = await store.db.$queryRaw<{ debit: bigint; credit: bigint }[]>`
          SELECT coalesce(sum(debit_fen), 0)::bigint AS debit, coalesce(sum(credit_fen), 0)::bigint AS credit FROM entries`;
        expect(sums?.debit).toBe(sums?.credit);
      }),
      { numRuns: 25 },
    );
  });

  test('a step that is recorded again, or overtaken by another, changes nothing more', async () => {
    const paid = await store.paid();
    const refund = refundOf(paid, 150_000);
    const opening = begun({ initiatedBy: 'buyer', reasonCode: 'other', amountFen: 150_000 }, '', Date.now());
    const [first, second] = await Promise.all([refund.open(), refund.record(opening, 'buyer.refunds')]);
    expect([first.stage, second.stage]).toEqual(['requested', 'requested']);
    expect(await orderOf(paid)).toMatchObject({ state: 'refunding', refundReservedFen: 150_000n });
    expect(await store.db.step.count({ where: { objectId: refund.refundId } })).toBe(1);
  });
});

describe('RFD-6: the channel is asked under one key, wherever the worker dies', () => {
  /** The activity, in a process that dies before or after the channel was asked. */
  function dying(moment: 'before' | 'after') {
    const { port } = store.channel;
    return refundActivities({
      ...store.outside,
      channel: {
        find: port.find,
        async refund(refund) {
          if (moment === 'before') throw new Error('died');
          await port.refund(refund);
          throw new Error('died');
        },
      },
    }).executeRefund;
  }

  test.each(['before', 'after'] as const)('one that dies %s it was asked sends nothing twice', async (moment) => {
    const paid = await store.paid();
    const refund = refundOf(paid, LIST);
    const requested = await refund.open();
    await refund.record(applyRefundCommand(requested, refundCommand('provider.agree'), Date.now()), 'provider.agree');
    const key = { refundId: refund.refundId, attempt: 1 };
    await expect(run(dying(moment), key)).rejects.toThrow('died');
    const answer = { status: 'refunded', channelRefundId: `chr_${refund.refundId}` };
    await expect(run(store.activities.executeRefund, key)).resolves.toEqual(answer);
    await expect(run(store.activities.executeRefund, key)).resolves.toEqual(answer);
    expect(store.channel.calls.filter((id) => id === refund.refundId)).toHaveLength(1);
    expect(await orderOf(paid)).toMatchObject({ refundedFen: 0n, state: 'refunding' });
  });

  test('nothing is sent for a refund that nobody agreed to', async () => {
    const refund = refundOf(await store.paid(), LIST);
    await refund.open();
    const key = { refundId: refund.refundId, attempt: 1 };
    await expect(run(store.activities.executeRefund, key)).rejects.toThrow('No money is to be sent');
    expect(store.channel.sent.has(refund.refundId)).toBe(false);
  });
});

describe('RFD-3: the no-reason condition is decided at the instant of the request, whenever that is recorded', () => {
  /** A request at an instant, of SaaS that was bought in the last millisecond of 1 July in Shanghai. */
  async function askedAt(atMs: number): Promise<RefundState> {
    const paidAt = new Date('2026-07-01T23:59:59.999+08:00');
    const bought = { productType: 'saas', fulfilment: 'instance', state: 'completed', paidFen: 200_000n, paidAt };
    const { id: orderId, paymentChannel: channel } = await store.db.order.create({ data: orderRow(bought) });
    const payment = { id: `pay_${unique()}`, orderId, channel, transactionId: `txn_${unique()}`, amountFen: 200_000n };
    await store.db.payment.create({ data: { ...payment, status: 'accepted', receivedAt: paidAt } });
    const refundId = `rfd_${unique()}`;
    const request = { initiatedBy: 'buyer', reasonCode: 'other', amountFen: LIST } as const;
    const terms = { refundId, orderId, deliveryId: null, buyerId: BUYER, providerId: PROVIDER, ...request };
    const cause = systemCause(`${refundId}/1`, 'buyer.refunds');
    const step = { ...cause, ...begun(request, '', atMs), terms, policy: REFUND_POLICY, sequence: 1, atMs };
    return (await run(store.activities.recordRefundStep, step)).state;
  }

  test('until the last millisecond of 5 July no reason is needed; from 6 July on one is', async () => {
    const end = Date.parse('2026-07-06T00:00:00+08:00');
    expect(await askedAt(end - 1)).toMatchObject({ stage: 'requested', noReason: true });
    expect(await askedAt(end)).toMatchObject({ stage: 'requested', noReason: false });
  });
});

describe('RFD-6: a channel that answers late or not at all', () => {
  let channel: RunningServer;
  beforeAll(async () => {
    channel = await startPaymentChannel({ port: 0, secrets: callbackSecrets.parse(CALLBACK_SECRETS) });
  });
  afterAll(() => channel.stop());

  test.each([
    ['never, and has sent nothing', { hangNextRefunds: 1 }, 0],
    ['never, and has sent the money', { hangNextAnswers: 1 }, 1],
    ['after nobody waits any more', { answerAfterMs: 600 }, 1],
    ['with an error, twice', { failNextRefunds: 1, loseNextAnswers: 1 }, 0],
  ])(
    '%s: it is asked again under the same key, and the money goes back once, to the fen',
    async (_, faults, sentFirst) => {
      const paid = await store.paid();
      const refund = refundOf(paid, LIST);
      const requested = await refund.open();
      const executing = await refund.record(
        applyRefundCommand(requested, refundCommand('provider.agree'), Date.now()),
        'provider.agree',
      );
      const { executeRefund } = refundActivities({ ...store.outside, channel: httpPaymentChannel(channel.url, 200) });
      const sent = async () => {
        const { items } = z
          .object({ items: z.array(z.object({ refundId: z.string(), amountFen: z.int() })) })
          .parse(await (await fetch(`${channel.url}/refunds`)).json());
        return items.filter(({ refundId }) => refundId === refund.refundId).map(({ amountFen }) => amountFen);
      };
      await misbehave(channel.url, faults);
      const key = { refundId: refund.refundId, attempt: 1 };
      await expect(run(executeRefund, key)).rejects.toThrow();
      expect(await sent()).toHaveLength(sentFirst);
      await run(executeRefund, key).catch(() => undefined);
      const answer = await run(executeRefund, key);
      expect(answer.status).toBe('refunded');
      const done = answered(executing, answer, Date.now());
      if (done === null) throw new Error('it is being executed');
      await refund.record(done, 'refund.refunded');
      expect(await sent()).toEqual([LIST]);
      expect(await orderOf(paid)).toMatchObject({
        refundedFen: BigInt(LIST),
        refundReservedFen: 0n,
        state: 'refunded',
      });
      const { transactionId } = paid.payment;
      expect(await store.db.clearingBalance.count({ where: { clearingKey: transactionId } })).toBe(0);
      const journals = await store.db.journal.findMany({ where: { objectId: refund.refundId } });
      expect(journals.map(({ kind }) => kind)).toEqual(['refund_executed']);
    },
  );
});
