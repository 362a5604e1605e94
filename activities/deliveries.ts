import { deadlineAfter, type HolidayCalendar } from '../domain/calendar/working-days';
import { isSealed } from '../domain/deliveries/commands';
import type { DeliveryStep, StoredStep } from '../domain/deliveries/step';
import type { Duration } from '../domain/policies/duration';
import { writeDeliveryStep } from '../prisma/store/deliveries/steps';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';
import { sealedNoteOf } from './shared/sealed-note';

export type DeliveryActivities = ReturnType<typeof deliveryActivities>;

/** The activities of the delivery workflow. */
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
     * Records one step; `appealTarget` gives a new appeal its due instant, which only the calendar outside the workflow
     * knows (GEN-1).
     * @returns the step that the table holds now, which wins: the workflow adopts it
     */
    async recordDeliveryStep(proposal: { step: DeliveryStep; appealTarget: Duration }): Promise<StoredStep> {
      const step = withDueInstant(proposal.step, proposal.appealTarget, calendar);
      const write = (runId: string) => writeDeliveryStep(db, step, runId, sealedNoteOf(step, isSealed(step.action)));
      return recordStep(db, step.deliveryId, step, write);
    },
  };
}

function withDueInstant(step: DeliveryStep, target: Duration, calendar: HolidayCalendar): DeliveryStep {
  const { appeal } = step.state;
  if (appeal === null || appeal.due !== null) return step;
  return {
    ...step,
    state: { ...step.state, appeal: { ...appeal, due: deadlineAfter(appeal.openedAtMs, target, calendar) } },
  };
}
