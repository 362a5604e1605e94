import type { PaymentFact } from '../../../domain/orders/order';
import { returnOf } from '../../../domain/refunds/refund';

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
