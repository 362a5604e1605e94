import { pauseClock, resumeClock } from '../shared/clock';
import type { OrderState } from './state';

/** Whether an order that is fulfilled directly waits for a refund: its clock stands still only then (RFD-6). */
export const isPaused = ({ turn }: Pick<OrderState, 'turn'>): boolean =>
  turn !== undefined && turn.clock.runningSinceMs === null;

/** An order that is fulfilled directly, while a refund of it is open: its clock stops, nothing else changes. */
export const pausedOrder = (order: OrderState, nowMs: number): OrderState => ({
  ...order,
  ...(order.turn && { turn: { ...order.turn, clock: pauseClock(order.turn.clock, nowMs) } }),
});

/** The same after a refund that left it to go on: exactly where it was (RFD-5a). */
export const resumedOrder = (order: OrderState, nowMs: number): OrderState => ({
  ...order,
  ...(order.turn && { turn: { ...order.turn, clock: resumeClock(order.turn.clock, nowMs) } }),
});

/** The same after all that was paid has been given back: at its end, with nothing more to send. */
export function givenBackOrder({ turn: _, ...order }: OrderState): OrderState {
  return { ...order, state: 'cancelled', payment: null };
}
