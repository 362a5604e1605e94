import { KeyNotHeld, type KeyRing, openText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { deadlines } from '../../domain/deliveries/deadlines';
import { allowedActions } from '../../domain/deliveries/rules';
import { isFrozen } from '../../domain/deliveries/state';
import type { AppealRow, DeliveryDetails, DeliveryRow, TimelineRow } from '../../prisma/store/deliveries/deliveries';
import type { PrincipalRole } from '../http/auth';

/** Instants read the same everywhere, whatever the database's time zone wrote. */
const iso = (instant: number | string) => new Date(instant).toISOString();

/** A delivery as lists show it: everything derives from the stored state, no clock is read (GEN-4). */
export function deliverySummary(row: DeliveryRow) {
  const { state, policy } = row;
  return {
    id: row.id,
    orderId: row.orderId,
    flow: state.flow,
    stage: state.stage,
    frozen: isFrozen(state),
    refundId: state.refund?.id ?? null,
    requirementRejections: state.requirementRejections,
    acceptanceRejections: state.acceptanceRejections,
    outcome: state.outcome,
    allowedActions: allowedActions(state, policy),
    deadlines: deadlines(state, policy).map(({ name, atMs, outcome, stoppableBy }) => ({
      name,
      at: iso(atMs),
      outcome,
      stoppableBy,
    })),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** A delivery in full, for one of its parties or operations. Sealed words are for the parties only (ORD-2). */
export function deliveryView(details: DeliveryDetails, role: PrincipalRole, keys: KeyRing) {
  const note = (step: TimelineRow): string | null => {
    if (step.sealedNote === null) return step.note;
    return role === 'ops' ? null : openedNote(keys, step.commandId, step.sealedNote);
  };
  const timeline = details.timeline.map((step) => ({
    at: iso(step.at),
    actor: step.actor,
    action: step.action,
    note: note(step),
    attachments: step.attachments,
  }));
  const appeal = details.appeal === null ? null : appealView(details.appeal);
  return { ...deliverySummary(details), appeal, timeline };
}

/** The words of a submission; null once the key that sealed them was retired: the trail cannot be sealed anew. */
function openedNote(keys: KeyRing, commandId: string, sealedNote: string): string | null {
  try {
    return openText(keys, Buffer.from(sealedNote, 'base64'), placeOf('submission', commandId));
  } catch (error) {
    if (error instanceof KeyNotHeld) return null;
    throw error;
  }
}

const appealView = (appeal: AppealRow) => ({
  ...appeal,
  openedAt: iso(appeal.openedAt),
  dueAt: iso(appeal.dueAt),
  resolvedAt: appeal.resolvedAt === null ? null : iso(appeal.resolvedAt),
});
