import type { Flow } from '../../domain/deliveries/state';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { BUYER, PROVIDER, unique } from './commands';

/** The terms of an order of usr_demo with prv_demo. */
export function newTerms({
  flow = 'standard',
  payableFen = 200_000,
}: {
  flow?: Flow;
  payableFen?: number;
} = {}): OrderTerms {
  const n = unique();
  return {
    orderId: `ord_${n}`,
    deliveryId: `dlv_${n}`,
    buyerId: BUYER,
    providerId: PROVIDER,
    productId: 'prd_demo',
    productName: '网站建设',
    specId: 'spc_demo',
    specName: '标准版',
    paymentChannel: 'wechat',
    payableFen,
    flow,
  };
}

/** A payment that fits the order, but for what `fact` says. */
export function paymentFor(terms: OrderTerms, fact: Partial<PaymentFact> = {}): PaymentFact {
  return {
    paymentId: `pay_${unique()}`,
    orderId: terms.orderId,
    channel: terms.paymentChannel,
    transactionId: `txn_${unique()}`,
    amountFen: terms.payableFen,
    receivedAtMs: Date.now(),
    ...fact,
  };
}
