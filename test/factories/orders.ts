import type { Flow } from '../../domain/deliveries/state';
import type { OrderTerms, PaymentFact } from '../../domain/orders/order';
import { close, newOrder, pay } from '../../domain/orders/state';
import { type OrderStep, PLACED } from '../../domain/orders/step';
import { systemCause } from '../../domain/shared/step';
import { BUYER, PROVIDER, unique } from './commands';
import { POLICY } from './states';

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
    originalFen: payableFen,
    productType: 'human_service',
    supervised: true,
    productVersion: 1,
    agreementSha256: null,
    feeBasisPoints: 1_000,
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

const HOUR_MS = 3_600_000;
const unpaid = (terms: OrderTerms, atMs: number) => newOrder(terms, atMs + HOUR_MS);

/** The step that places an order, which can be paid for an hour. */
export function placedStep(terms: OrderTerms, other: Partial<OrderStep> = {}): OrderStep {
  const atMs = Date.now();
  return {
    commandId: `cmd_${unique()}`,
    action: 'order.placed',
    actorRole: 'buyer',
    actorId: terms.buyerId,
    requestId: 'req_test',
    sourceIp: '127.0.0.1',
    note: '',
    state: unpaid(terms, atMs),
    notices: [],
    sequence: PLACED,
    atMs,
    terms,
    policy: POLICY,
    knownPaymentIds: [],
    ...other,
  };
}

/** The step by which a payment that fits pays an order and begins its delivery. */
export function paidStep(terms: OrderTerms, payment: PaymentFact, atMs = Date.now()): OrderStep {
  const paid = pay(terms, unpaid(terms, atMs), payment, atMs);
  if (paid === null) throw new Error(`${payment.paymentId} does not fit ${terms.orderId}`);
  const cause = systemCause(`${terms.orderId}/${payment.channel}/${payment.transactionId}`, 'order.paid');
  return { ...placedStep(terms), ...cause, ...paid, sequence: PLACED + 1, atMs };
}

/** The step by which an order closes that has looked at these payments. */
export function closedStep(terms: OrderTerms, knownPaymentIds: string[] = []): OrderStep {
  const atMs = Date.now();
  const cause = systemCause(`${terms.orderId}/2/pay_within`, 'deadline.pay_within');
  return { ...placedStep(terms), ...cause, ...close(unpaid(terms, atMs)), sequence: PLACED + 1, atMs, knownPaymentIds };
}
