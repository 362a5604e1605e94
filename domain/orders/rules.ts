import type { ErrorCode } from '../shared/errors';
import { ORDER_OPERATIONS, type OrderCommand, type OrderOperation } from './commands';
import type { OrderTerms } from './order';
import { isPaused } from './refunds';
import { isSettled, type OrderState, type OwnOrderState, priceVersionOf } from './state';

/** Where each operation is legal, as data; the guards below add what the product and the price say. A test walks it. */
export const LEGAL_IN: Record<OrderOperation, readonly OwnOrderState[]> = {
  'provider.price': ['pending_payment'],
  'buyer.take': ['pending_payment'],
  'buyer.requirement': ['awaiting_start'],
  'provider.start': ['awaiting_start'],
  'provider.done': ['implementing'],
  'buyer.confirm': ['awaiting_confirmation'],
};

/** Prices that an order can have had: its steps stay few. */
export const PRICES_MAX = 50;

/** Steps after which a requirement is not stated anew: an order has one run for life, which must have room for its end. */
export const STEPS_MAX = 200;

/** What the rules look at beside the state; `steps`: how many of them the order has, where they may be many. */
export type OrderRules = Pick<OrderTerms, 'originalFen' | 'productType'> & { steps?: number };

/** A refusal: a code of the taxonomy and a sentence that says what to do next. */
export type Refusal = { code: ErrorCode; detail: string };

type LegalityRules = Omit<OrderRules, 'originalFen'>;

function isAllowed(order: OrderState, operation: OrderOperation, { productType, steps = 0 }: LegalityRules): boolean {
  if (!LEGAL_IN[operation].includes(order.state)) return false;
  if (operation === 'provider.price') return productType !== 'image' && priceVersionOf(order) < PRICES_MAX;
  if (operation === 'buyer.take') return order.payableFen === 0;
  if (operation === 'buyer.requirement' && steps >= STEPS_MAX) return false;
  // Once it is paid, the order is here only where it is fulfilled directly: others have a workflow of their own.
  return order.turn !== undefined && !isPaused(order);
}

/** What anybody may do to the order now, in the order of its life. */
export const allowedOrderActions = (order: OrderState, rules: LegalityRules): OrderOperation[] =>
  ORDER_OPERATIONS.filter((operation) => isAllowed(order, operation, rules));

/** Whether a command is legal now; null when it is (ORD-2, ORD-5). */
export function judgeOrder(order: OrderState, command: OrderCommand, rules: OrderRules): Refusal | null {
  if (command.action === 'provider.price' && order.state === 'pending_payment') {
    return judgePrice(order, command.payableFen, rules);
  }
  if (isAllowed(order, command.action, rules)) return null;
  return { code: 'ORDER.NOT_ALLOWED', detail: describe(order, command.action, rules) };
}

function judgePrice(order: OrderState, payableFen: number, { originalFen, productType }: OrderRules): Refusal | null {
  const refused = (detail: string): Refusal => ({ code: 'ORDER.PRICE_NOT_ALLOWED', detail });
  if (productType === 'image') return refused('The price of an image product is not changed.');
  if (payableFen > originalFen) return refused(`A price lies between 0 and the original one, ${originalFen} fen.`);
  if (priceVersionOf(order) >= PRICES_MAX)
    return refused(`The order has had ${PRICES_MAX} prices: leave it at this one.`);
  return null;
}

const words = (action: OrderOperation) => action.replaceAll('.', ' ');

function describe(order: OrderState, action: OrderOperation, rules: OrderRules): string {
  const state = order.state.replaceAll('_', ' ');
  if (action === 'buyer.take' && order.state === 'pending_payment') {
    return `There are ${order.payableFen} fen to pay: only an order that costs nothing is taken without a payment.`;
  }
  if (isPaused(order)) return 'The order waits for its refund: it goes on when that is declined or withdrawn.';
  if (isSettled(order)) return `The order is ${state}: "${words(action)}" is not possible any more.`;
  const now = allowedOrderActions(order, rules).map(words).join(', ') || 'nothing but the payment';
  return `"${words(action)}" is not possible while the order is ${state}; possible now: ${now}.`;
}
