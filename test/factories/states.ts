import type { DeliveryAction } from '../../domain/deliveries/commands';
import { deadlines } from '../../domain/deliveries/deadlines';
import { type DeliveryState, newDelivery, type OpenAppeal, type Stage } from '../../domain/deliveries/state';
import { applyCommand } from '../../domain/deliveries/transitions';
import { deliveryPolicy, parsePolicy } from '../../domain/policies/catalogue';
import { DAY_MS } from '../../domain/policies/duration';
import { pauseClock, startClock } from '../../domain/shared/clock';
import { command, type Extras } from './commands';

/** The policies with their defaults (GEN-3). */
export const POLICY = deliveryPolicy(parsePolicy());
export const PAID_FEN = 200_000;
/** When the deliveries of domain tests enter their stage: any instant does. */
export const T0 = Date.UTC(2026, 2, 2, 9);
export const days = (n: number): number => n * DAY_MS;

const SELF_OPERATED_ONLY: readonly Stage[] = ['awaiting_dispatch', 'awaiting_platform_check'];

/** A delivery that entered the stage at T0; `facts` are what the test is about. */
export function inStage(stage: Stage, facts: Partial<DeliveryState> = {}): DeliveryState {
  const flow = SELF_OPERATED_ONLY.includes(stage) ? 'self_operated' : 'standard';
  const state = { ...newDelivery(flow, T0), stage };
  return stage === 'awaiting_requirement_confirmation'
    ? { ...state, startClock: startClock(T0), ...facts }
    : { ...state, ...facts };
}

/** The delivery frozen by an open appeal since `atMs`. */
export function frozen(state: DeliveryState, appeal: Partial<OpenAppeal> = {}, atMs = T0): DeliveryState {
  const due = { atMs: atMs + days(3), calendarVersion: 'test', provisional: false };
  return {
    ...state,
    stageClock: pauseClock(state.stageClock, atMs),
    startClock: pauseClock(state.startClock, atMs),
    appeal: {
      id: 'apl_1',
      openedBy: 'buyer',
      grounds: ['stall'],
      openedAtMs: atMs,
      due,
      escalated: false,
      ...appeal,
    },
  };
}

/** The delivery after one command, sent so many days after T0; appeals are `apl_1`. */
export function acted(state: DeliveryState, action: DeliveryAction, day: number, extras: Extras = {}): DeliveryState {
  return applyCommand(state, command(action, { appealId: 'apl_1', ...extras }), POLICY, T0 + days(day)).state;
}

/** How many days after T0 a deadline falls due; null when it does not run. */
export function dueOnDay(state: DeliveryState, name: string): number | null {
  const due = deadlines(state, POLICY).find((deadline) => deadline.name === name);
  return due === undefined ? null : (due.atMs - T0) / DAY_MS;
}
