import { pauseClock, resumeClock, stoppedClock } from '../shared/clock';
import type { DeliveryState } from './state';

/** The delivery while a refund of its order is open: both clocks stop, nothing else changes (RFD-6). */
export const pausedFor = (state: DeliveryState, refundId: string, nowMs: number): DeliveryState => ({
  ...state,
  refund: { id: refundId },
  stageClock: pauseClock(state.stageClock, nowMs),
  startClock: pauseClock(state.startClock, nowMs),
});

/**
 * The delivery after a refund that left it to go on: exactly where it was, its clocks with what they had counted (RFD-5a).
 * @param refundedFen what refunds have given back of the payment so far
 */
export const goneOn = (state: DeliveryState, refundedFen: number, nowMs: number): DeliveryState => ({
  ...state,
  refund: null,
  ...(refundedFen > 0 && { refundedFen }),
  stageClock: resumeClock(state.stageClock, nowMs),
  // The start clock runs only while the provider must confirm (ORD-3).
  startClock:
    state.stage === 'awaiting_requirement_confirmation' ? resumeClock(state.startClock, nowMs) : state.startClock,
});

/** The delivery after all that was paid has been given back: cancelled, with nothing more to send (RFD-6). */
export const givenBack = (state: DeliveryState, refundedFen: number): DeliveryState => ({
  ...state,
  refund: null,
  refundedFen,
  stage: 'cancelled',
  stalled: false,
  passed: [],
  stageClock: stoppedClock(),
  outcome: 'cancelled_and_refunded',
  refundFen: 0,
});
