import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import { sealingKeyId } from '../codec/keys';
import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import { isSealed } from '../domain/delivery/commands';
import type { DeliveryStep, StoredStep } from '../domain/delivery/step';
import type { Duration } from '../domain/policy/duration';
import { type Database, isRefusedForGood } from '../prisma/store/client';
import { writeDeliveryStep } from '../prisma/store/delivery-steps';
import { findStep } from '../prisma/store/stored-steps';
import { asRefusal } from './refusal';
import { runIdOf } from './run-id';

export type DeliveryActivities = ReturnType<typeof deliveryActivities>;

/** The activities of the delivery process. */
export function deliveryActivities({ db, calendar }: { db: Database; calendar: HolidayCalendar }) {
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
      const stored = await writeDeliveryStep(db, step, runIdOf(activityInfo()), sealedNoteOf(step)).catch(
        asItsEnd(step),
      );
      const { deliveryId, sequence, commandId, action, requestId } = step;
      log.info('delivery step', { deliveryId, sequence, action, requestId, overtaken: stored !== null });
      if (stored !== null) return stored;
      return step === proposal.step ? undefined : { sequence, commandId, state: step.state };
    },
  };
}

/**
 * The words of a step that only the parties may read, as the API sealed them (ORD-2); null for other steps.
 * @throws ApplicationFailure when they come in plain: they must not be stored so
 */
function sealedNoteOf({ action, note }: DeliveryStep): Buffer | null {
  if (!isSealed(action)) return null;
  const sealed = Buffer.from(note, 'base64');
  if (sealed.toString('base64') === note && sealingKeyId(sealed) !== '') return sealed;
  throw ApplicationFailure.nonRetryable(`The words of ${action} came unsealed`);
}

/**
 * A person's command that the database can never take must not hold the delivery up for ever: it
 * fails, and nothing has changed. Every other error passes, and the step is tried again.
 */
const asItsEnd = (step: DeliveryStep) => (error: unknown) => {
  if (step.requestId === null) throw error;
  if (!isRefusedForGood(error)) asRefusal(error);
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
