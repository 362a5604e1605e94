import { nextOrderDeadline } from '../../../domain/orders/deadlines';
import { isSettled, newOrder, pay, whyReturned } from '../../../domain/orders/state';
import { close } from '../../../domain/orders/transitions';
import { orderPolicy, parsePolicy } from '../../../domain/policies/catalogue';
import { newTerms, paymentFor } from '../../factories/orders';

const terms = newTerms();
const T0 = Date.UTC(2026, 2, 2);
const unpaid = newOrder(terms, T0);
const payment = paymentFor(terms);
const paid = pay(terms, unpaid, payment, T0)?.state;
const states = { unpaid, paid: paid ?? unpaid, closed: close(unpaid).state };

describe('ORD-6: an order is paid once, in full, through its channel, before it closes', () => {
  test.each([
    { when: 'unpaid', channel: 'wechat', amountFen: 200_000, why: null },
    { when: 'unpaid', channel: 'wechat', amountFen: 199_999, why: 'wrong_amount' },
    { when: 'unpaid', channel: 'wechat', amountFen: 200_001, why: 'wrong_amount' },
    { when: 'unpaid', channel: 'wechat', amountFen: 0, why: 'wrong_amount' },
    { when: 'unpaid', channel: 'tenpay', amountFen: 200_000, why: 'wrong_channel' },
    { when: 'unpaid', channel: 'tencent_cloud', amountFen: 200_000, why: 'wrong_channel' },
    { when: 'unpaid', channel: 'tenpay', amountFen: 1, why: 'wrong_channel' },
    { when: 'paid', channel: 'wechat', amountFen: 200_000, why: 'already_paid' },
    { when: 'paid', channel: 'tenpay', amountFen: 1, why: 'already_paid' },
    { when: 'closed', channel: 'wechat', amountFen: 200_000, why: 'order_closed' },
    { when: 'closed', channel: 'tenpay', amountFen: 1, why: 'order_closed' },
  ] as const)(
    'an order that is $when answers $why to $amountFen fen through $channel',
    ({ when, channel, amountFen, why }) => {
      const another = paymentFor(terms, { channel, amountFen });
      expect(whyReturned(terms, states[when], another)).toBe(why);
      expect(pay(terms, states[when], another, T0) === null).toBe(why !== null);
    },
  );

  test('a payment that is reported again is still the one that the order counts', () => {
    expect(whyReturned(terms, states.paid, paymentFor(terms, { transactionId: payment.transactionId }))).toBeNull();
    expect(pay(terms, states.paid, payment, T0)).toBeNull();
  });

  test('an unpaid order closes when its time to pay is over; a settled one has no deadline', () => {
    const policy = orderPolicy(parsePolicy());
    expect(nextOrderDeadline(unpaid, policy)).toMatchObject({ name: 'pay_within', atMs: T0, outcome: 'closed' });
    expect(nextOrderDeadline(states.paid, policy)).toBeUndefined();
    expect(nextOrderDeadline(states.closed, policy)).toBeUndefined();
    expect([unpaid, states.paid, states.closed].map(isSettled)).toEqual([false, true, true]);
  });

  test('DLV-1: a paid order begins its delivery', () => {
    expect(states.paid).toMatchObject({
      state: 'awaiting_start',
      payment,
      delivery: { stage: 'awaiting_requirement' },
    });
  });
});
