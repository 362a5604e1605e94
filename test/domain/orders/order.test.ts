import { type PaymentFact, returnOf, whyReturned } from '../../../domain/orders/order';

const terms = { payableFen: 200_000, paymentChannel: 'wechat' } as const;

describe('ORD-6: an order is paid once, in full, through its channel, before it closes', () => {
  test.each([
    { phase: 'unpaid', channel: 'wechat', amountFen: 200_000, why: null },
    { phase: 'unpaid', channel: 'wechat', amountFen: 199_999, why: 'wrong_amount' },
    { phase: 'unpaid', channel: 'wechat', amountFen: 200_001, why: 'wrong_amount' },
    { phase: 'unpaid', channel: 'wechat', amountFen: 0, why: 'wrong_amount' },
    { phase: 'unpaid', channel: 'tenpay', amountFen: 200_000, why: 'wrong_channel' },
    { phase: 'unpaid', channel: 'tencent_cloud', amountFen: 200_000, why: 'wrong_channel' },
    { phase: 'unpaid', channel: 'tenpay', amountFen: 1, why: 'wrong_channel' },
    { phase: 'paid', channel: 'wechat', amountFen: 200_000, why: 'already_paid' },
    { phase: 'paid', channel: 'tenpay', amountFen: 1, why: 'already_paid' },
    { phase: 'closed', channel: 'wechat', amountFen: 200_000, why: 'order_closed' },
    { phase: 'closed', channel: 'tenpay', amountFen: 1, why: 'order_closed' },
  ] as const)(
    'an order that is $phase answers $why to $amountFen fen through $channel',
    ({ phase, channel, amountFen, why }) => {
      expect(whyReturned(terms, phase, { channel, amountFen })).toBe(why);
    },
  );

  test('a payment goes back whole, under one id however often it is asked for', () => {
    const payment: PaymentFact = {
      paymentId: 'pay_1',
      orderId: 'ord_1',
      channel: 'wechat',
      transactionId: 'txn_1',
      amountFen: 123,
      receivedAtMs: 0,
    };
    expect(returnOf(payment, 'wrong_amount')).toEqual({
      refundId: 'rfp_1',
      payment,
      amountFen: 123,
      reason: 'wrong_amount',
    });
    expect(returnOf(payment, 'order_closed').refundId).toBe(returnOf(payment, 'wrong_amount').refundId);
  });
});
