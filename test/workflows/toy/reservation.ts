import {
  defineQuery,
  defineSignal,
  defineUpdate,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import { type Command, type Step, type StoredStep, systemCause, type Transition } from '../../../domain/shared/step';
import { STAGE } from '../../../workflows/shared/search-attributes';
import type { Position } from '../../../workflows/shared/subject';
import { supervise } from '../../../workflows/shared/supervision';

/** A subject as small as one can be: a buyer extends a reservation by days, operations confirm it, it expires or is lost. */
export type State = { stage: 'open' | 'confirmed' | 'expired' | 'lost'; extensions: number; dueAtMs: number };
export type Reservation = { id: string; position: Position<State> };
type Sent = Omit<Command, 'commandId'>;
export type ReservationActivities = {
  recordStep(id: string, step: Step<State>): Promise<StoredStep<State>>;
  storedStep(id: string, sequence: number): Promise<StoredStep<State> | null>;
};

const DAY_MS = 86_400_000;
const { recordStep, storedStep } = proxyLocalActivities<ReservationActivities>({ startToCloseTimeout: '10 seconds' });

export const reservationState = defineQuery<Position<State>>('state');
export const reservationUpdate = (action: 'buyer.extend' | 'ops.confirm') => defineUpdate<void, [Sent]>(action);
/** The place is gone: a fact, which nobody can refuse. */
export const placeLost = defineSignal('placeLost');

/** Supervises one reservation to its end; answers what became of it. */
export async function reservation({ id, position: start }: Reservation): Promise<State['stage']> {
  const supervised = supervise(
    {
      id,
      commands: {
        updates: [reservationUpdate('buyer.extend'), reservationUpdate('ops.confirm')],
        received: (sent: Sent, commandId: string): Command => ({ ...sent, commandId }),
        judge: ({ stage, extensions }, { action }) => {
          if (stage !== 'open') return { code: 'ORDER.NOT_ALLOWED', detail: `It is ${stage}.`, allowedActions: [] };
          if (action === 'buyer.extend' || extensions > 0) return null;
          return { code: 'ORDER.NOT_ALLOWED', detail: 'Extend it first.', allowedActions: ['buyer.extend'] };
        },
        apply: ({ extensions, dueAtMs, ...state }, { action }): Transition<State> => {
          if (action === 'ops.confirm') return { state: { extensions, dueAtMs, stage: 'confirmed' }, notices: [] };
          return { state: { ...state, extensions: extensions + 1, dueAtMs: dueAtMs + DAY_MS }, notices: [] };
        },
      },
      nextDeadline: ({ stage, dueAtMs }) =>
        stage === 'open' ? { name: 'expiry', atMs: dueAtMs, outcome: 'expired' } : null,
      passDeadline: (state): Transition<State> => ({ state: { ...state, stage: 'expired' }, notices: [] }),
      isClosed: ({ stage }) => stage !== 'open',
      record: (step) => recordStep(id, step),
      stored: (sequence) => storedStep(id, sequence),
      describe: ({ stage }) => stage,
      changedAttributes: (before, after) => (after.stage === before?.stage ? [] : [{ key: STAGE, value: after.stage }]),
      continueAsNew: (position) => makeContinueAsNewFunc<typeof reservation>()({ id, position }),
    },
    start,
  );
  setHandler(reservationState, supervised.position);
  setHandler(placeLost, async () => {
    await supervised.learn({
      cause: systemCause(`${id}/lost`, 'place.lost'),
      change: (state) => (state.stage === 'open' ? { state: { ...state, stage: 'lost' }, notices: [] } : null),
    });
  });
  const { stage } = await supervised.untilClosed();
  return stage;
}
