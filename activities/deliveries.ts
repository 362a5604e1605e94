import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import { type KeyRing, sealText } from '../codec/keys';
import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import type { DeliveryStep, StoredStep } from '../domain/delivery/step';
import type { Duration } from '../domain/policy/duration';
import { type Database, isRefusedForGood } from '../prisma/store/client';
import { writeDeliveryStep } from '../prisma/store/delivery-steps';
import { findStep } from '../prisma/store/stored-steps';
import { runIdOf } from './run-id';

export type DeliveryActivities = ReturnType<typeof deliveryActivities>;

/** The step whose words may hold accounts and passwords: only buyer and provider ever read them (ORD-2). */
const SEALED_ACTION = 'provider.implementation.submit';

/** The activities of the delivery process. */
export function deliveryActivities({ db, ring, calendar }: { db: Database; ring: KeyRing; calendar: HolidayCalendar }) {
  return {
    /** The instant by which operations should rule on an appeal (DLV-10, GEN-1), and how sure it is. */
    async appealTarget({ openedAtMs, target }: { openedAtMs: number; target: Duration }) {
      return deadlineAfter(openedAtMs, target, calendar);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedDeliveryStep(key: { deliveryId: string; sequence: number }): Promise<StoredStep | null> {
      return findStep(db, key.deliveryId, key.sequence);
    },

    /**
     * Records one step; `appealTarget` gives a new appeal its due instant, which only the calendar
     * outside the process can tell (GEN-1). No answer means the step is stored as proposed; otherwise the
     * answer is the step that the table holds, which wins: the process adopts it.
     */
    async recordDeliveryStep(proposal: {
      step: DeliveryStep;
      appealTarget: Duration;
    }): Promise<StoredStep | undefined> {
      const step = withDueInstant(proposal.step, proposal.appealTarget, calendar);
      const sealed = step.action === SEALED_ACTION ? sealText(ring, step.note) : null;
      const stored = await writeDeliveryStep(db, step, runIdOf(activityInfo()), sealed).catch(asItsEnd(step));
      const { deliveryId, sequence, commandId, action, requestId } = step;
      log.info('delivery step', { deliveryId, sequence, action, requestId, overtaken: stored !== null });
      if (stored !== null) return stored;
      return step === proposal.step ? undefined : { sequence, commandId, state: step.state };
    },
  };
}

/**
 * A person's command that the database can never take must not hold the delivery up for ever: it
 * fails, and nothing has changed. Every other error passes, and the step is tried again.
 */
const asItsEnd = (step: DeliveryStep) => (error: unknown) => {
  if (step.requestId === null || !isRefusedForGood(error)) throw error;
  const message = 'What was sent cannot be stored; change it and send it again.';
  throw ApplicationFailure.create({ message, type: 'REQUEST.INVALID', nonRetryable: true, details: [{}] });
};

function withDueInstant(step: DeliveryStep, target: Duration, calendar: HolidayCalendar): DeliveryStep {
  const { appeal } = step.state;
  if (appeal === null || appeal.due !== null) return step;
  return {
    ...step,
    state: { ...step.state, appeal: { ...appeal, due: deadlineAfter(appeal.openedAtMs, target, calendar) } },
  };
}
