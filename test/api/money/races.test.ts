import type { z } from 'zod';
import type { refundSchema } from '../../../api/refunds/schemas';
import { createLogger } from '../../../config/logger';
import type { PaymentChannel } from '../../../domain/orders/order';
import { startPaymentRelay } from '../../../worker/relays/payments';
import { type Api, startApi } from '../../support/api';
import { answersFromOneBarrier } from '../../support/barrier';
import { signedBy } from '../../support/callbacks';
import { eventually } from '../../support/eventually';
import type { Answer } from '../../support/http';
import { bodyOf, type Order, storyOf } from '../../support/story';

type Refund = z.infer<typeof refundSchema>;

const AUTO_EXECUTE_MS = 3_000;
let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi({ policy: { 'refund.autoExecuteAfter': `${AUTO_EXECUTE_MS / 1_000} seconds` } });
  story = storyOf(api);
});
afterAll(() => api.stop());

const times = <T>(count: number, one: () => Promise<T>) => Array<() => Promise<T>>(count).fill(one);
const knock = () => api.buyer.get('/v1/buyer/orders?limit=1');
const race = (racers: (() => Promise<Answer>)[]) => answersFromOneBarrier(racers, knock);
const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
const codes = (answers: Answer[]) =>
  answers
    .map(({ status, body }) => (status < 300 ? `${status}` : `${status} ${(body as { code: string }).code}`))
    .sort();

type Fact = { orderId: string; amountFen: number; transactionId: string; priceVersion?: number };
const factOf = ({ id, payableFen, priceVersion }: Order, transactionId: string): Fact => ({
  ...{ orderId: id, amountFen: payableFen, transactionId, priceVersion },
});

/** A signed report of a channel. */
function report(fact: Fact, channel: PaymentChannel = 'wechat'): Promise<Answer> {
  const body = JSON.stringify({ ...fact, status: 'succeeded' });
  const headers = { 'content-type': 'application/json', 'x-channel-signature': signedBy(channel, body) };
  return api.anonymous.send('POST', `/v1/gateway/payments/${channel}/callbacks`, { body, headers });
}
const sentBack = async (transactionId: string) =>
  (await story.refunds()).filter((one) => one.transactionId === transactionId).map(({ amountFen }) => amountFen);
const becomes = (id: string, state: string) =>
  eventually(async () => {
    const order = await story.orderNow(id);
    expect(order.state).toBe(state);
    return order;
  });

afterEach(async () => {
  // Whoever won: the books balance, and nothing is held for an order that has given all back.
  const balance = await api.ops.get('/v1/ops/ledger/trial-balance');
  expect(balance).toMatchObject({ status: 200, body: { balanced: true } });
});

describe('ORD-6: payments of one order at the same moment', () => {
  test('callbacks and those who poll for the same payment: it counts once', async () => {
    const { db, config, temporal } = api;
    const logger = createLogger({ LOG_LEVEL: 'silent' }, 'test');
    const order = await story.order();
    const fact = factOf(order, `txn_polled_${order.id}`);
    const polling = { db, client: temporal.client, taskQueue: config.TASK_QUEUE, logger, intervalMs: 1 };
    const relays = Array.from({ length: 3 }, () => startPaymentRelay(polling));
    const look = () => api.buyer.get(`/v1/buyer/orders/${order.id}`);
    const answers = await race([...times(20, () => report(fact)), ...times(10, look)]);
    expect(statuses(answers)).toEqual([...Array(20).fill(202), ...Array(10).fill(200)]);
    await becomes(order.id, 'awaiting_start');
    await eventually(async () => expect(await db.paymentCallback.count({ where: { handledAt: null } })).toBe(0));
    await Promise.all(relays.map((relay) => relay.stop()));
    // Each layer does its part, or the one behind it would only hide that: one report, one step, one payment, one journal.
    expect(await db.paymentCallback.findMany({ where: { orderId: order.id } })).toMatchObject([
      { handling: 'signalled' },
    ]);
    const steps = await db.step.findMany({ where: { objectId: order.id }, orderBy: { sequence: 'asc' } });
    expect(steps.map(({ action }) => action)).toEqual(['order.placed', 'order.paid']);
    expect(await db.payment.findMany({ where: { orderId: order.id } })).toMatchObject([{ status: 'accepted' }]);
    const journals = await db.journal.findMany({ where: { objectId: order.id } });
    expect(journals.map(({ businessKey }) => businessKey)).toEqual([`payment/wechat/${fact.transactionId}`]);
    expect(await sentBack(fact.transactionId)).toEqual([]);
  });

  test('one on each of two channels, and a second one on its own: one counts, the others go back', async () => {
    const order = await story.order();
    const [own, second, other] = ['own', 'second', 'other'].map((name) => factOf(order, `txn_${name}_${order.id}`));
    if (own === undefined || second === undefined || other === undefined) throw new Error('three payments');
    const reports = [() => report(other, 'tenpay'), () => report(own), () => report(second)];
    expect(statuses(await race([...reports, ...reports]))).toEqual(Array(6).fill(202));
    expect(await becomes(order.id, 'awaiting_start')).toMatchObject({ paidFen: order.payableFen, refundedFen: 0 });
    await eventually(async () => {
      const payments = await api.db.payment.findMany({ where: { orderId: order.id } });
      expect(payments.map(({ status }) => status).sort()).toEqual(['accepted', 'surplus', 'surplus']);
      const refunds = await api.db.refund.findMany({ where: { orderId: order.id } });
      expect(refunds.map(({ status }) => status)).toEqual(['refunded', 'refunded']);
    });
    expect(await sentBack(other.transactionId)).toEqual([order.payableFen]);
    const ofOwn = [...(await sentBack(own.transactionId)), ...(await sentBack(second.transactionId))];
    expect(ofOwn).toEqual([order.payableFen]);
    const held = await api.db.clearingBalance.findMany({
      where: { clearingKey: { in: [own, second, other].map(({ transactionId }) => transactionId) } },
    });
    expect(held.map(({ balanceFen }) => Number(balanceFen))).toEqual([order.payableFen]);
  });

  test('ORD-5: payments at the old price and the change of it: it is paid at the one, or they go back and it has the other', async () => {
    const seen = new Set<number>();
    for (let looks = 0; looks < 12 && seen.size < 2; looks += 1) {
      const order = await story.order();
      const fact = factOf(order, `txn_old_${order.id}`);
      const price = { payableFen: 150_000, reason: '优惠' };
      const paying = async () => {
        // The buyer looks so often before paying: no clock decides who is first.
        for (let n = 0; n < looks * 2; n += 1) await knock();
        return report(fact);
      };
      const [, changed] = await race([paying, () => api.provider.post(`/v1/provider/orders/${order.id}/price`, price)]);
      seen.add(changed?.status ?? 0);
      if (changed?.status === 200) {
        await eventually(async () => expect(await sentBack(fact.transactionId)).toEqual([order.payableFen]));
        const unpaid = { state: 'pending_payment', payableFen: 150_000, paidFen: 0, priceVersion: 2 };
        expect(await story.orderNow(order.id)).toMatchObject(unpaid);
        // The price does not change under a payment that was received: this one came after the change began.
        const { receivedAt } = await api.db.paymentCallback.findFirstOrThrow({ where: { orderId: order.id } });
        const step = await api.db.step.findFirstOrThrow({ where: { objectId: order.id, action: 'provider.price' } });
        expect(receivedAt.getTime()).toBeGreaterThanOrEqual(step.at.getTime());
      } else {
        expect(changed).toMatchObject({ status: 409, body: { code: 'ORDER.NOT_ALLOWED' } });
        expect(await becomes(order.id, 'awaiting_start')).toMatchObject({ paidFen: order.payableFen, priceVersion: 1 });
        expect(await sentBack(fact.transactionId)).toEqual([]);
      }
    }
    expect([...seen].sort()).toEqual([200, 409]);
  });
});

describe('RFD-6: refunds of one order at the same moment', () => {
  const WISH = { reasonCode: 'service_late', reason: '一直没有开始' };
  const ask = (orderId: string) => () => api.buyer.post(`/v1/buyer/orders/${orderId}/refunds`, WISH);
  const accept = (deliveryId: string) => () => story.act(deliveryId, 'buyer.acceptance.accept');

  test('ten requests against two acceptances, then the automatic execution against all who would stop it', async () => {
    const deliveries = await Promise.all(Array.from({ length: 4 }, () => story.deliveryAt('awaiting_acceptance')));
    await Promise.all(deliveries.map(raced));
  });

  async function raced(deliveryId: string) {
    const { orderId } = await story.delivery(deliveryId);
    const first = await race([...times(2, accept(deliveryId)), ...times(10, ask(orderId))]);
    const opened = first.slice(2).filter(({ status }) => status === 201);
    expect(opened).toHaveLength(1);
    // The others are refused because one is open, not because that one has left nothing, or for no reason at all.
    expect(codes(first.slice(2))).toEqual(['201', ...Array(9).fill('409 REFUND.OPEN')]);
    const refund = bodyOf<Refund>(opened[0] ?? { status: 0, headers: new Headers(), body: null }, 201);
    // Accepted before, nothing of it is executed by itself; else the acceptances were refused.
    const accepted = first.slice(0, 2).filter(({ status }) => status === 200).length;
    expect(accepted).toBe(refund.noReason ? 0 : 1);
    const act = (by: 'buyer' | 'provider', what: string) => () =>
      api[by].post(`/v1/${by}/refunds/${refund.id}/${what}`, {});
    const due = Date.parse(refund.deadlines.find(({ name }) => name === 'auto_execute')?.at ?? '');
    if (refund.noReason) await new Promise((resolve) => setTimeout(resolve, due - Date.now() - 20));
    await race([
      ...times(3, act('buyer', 'withdraw')),
      ...times(3, act('provider', 'agree')),
      ...times(2, accept(deliveryId)),
    ]);
    const ended = await eventually(async () => {
      const now = bodyOf<Refund>(await api.buyer.get(`/v1/buyer/refunds/${refund.id}`), 200);
      expect(['refunded', 'withdrawn']).toContain(now.state);
      return now;
    });
    const order = await api.db.order.findUniqueOrThrow({ where: { id: orderId } });
    const isBack = ended.state === 'refunded';
    expect([order.refundedFen, order.refundReservedFen]).toEqual([isBack ? order.paidFen : 0n, 0n]);
    const sent = (await story.refunds()).filter(({ refundId }) => refundId === refund.id);
    expect(sent.map(({ amountFen }) => BigInt(amountFen))).toEqual(isBack ? [order.paidFen] : []);
    const steps = await api.db.step.findMany({ where: { objectId: refund.id } });
    const decided = steps.filter(({ action }) => /agree|auto_execute|withdraw/.test(action));
    expect(decided).toHaveLength(1);
    // What a refund held could not be accepted meanwhile: it is cancelled with it, or goes on where it was.
    const { stage } = await story.delivery(deliveryId);
    if (accepted === 1) expect(stage).toBe('completed');
    else if (isBack) expect(stage).toBe('cancelled');
    else expect(['awaiting_acceptance', 'completed']).toContain(stage);
  }
});
