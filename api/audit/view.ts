import { z } from 'zod';
import { diffOf, type Json } from '../../domain/shared/diff';
import { LOOK_SEQUENCE, type TrailRow } from '../../prisma/store/audit/entries';

/** An object's document, as a step found or left it. */
type Document = { [field: string]: Json | undefined } | null;

/** A state as the trail shows it: that of the delivery an order keeps is shown in the delivery’s own trail. */
function shown(objectId: string, state: Document): Document {
  if (state === null || !objectId.startsWith('ord_')) return state;
  const { delivery, payByMs, ...order } = state;
  return order;
}

/** What a step of a refund shows of the money: it goes back, went back, or was refused (AUD-1). */
const refund = z.object({ amountFen: z.int(), channel: z.string(), reason: z.string() });

/** Of a refund that somebody asked for, its state says the rest. */
function moneyOf(after: Document): { refund?: z.output<typeof refund> } {
  const money = refund.safeParse(after);
  return money.success ? { refund: money.data } : {};
}

/** A line of a timeline: who did what to which object, in which words; of a refund the money that it is about. */
export function timelineEntry({ at, actorRole, actorId, action, note, objectId, after }: TrailRow) {
  return {
    at: at.toISOString(),
    actor: { role: actorRole, id: actorId },
    action,
    note: note || null,
    objectId,
    ...(action.startsWith('refund.') && moneyOf(after)),
  };
}

/** A line of the audit trail: the same, by which request and run, and what it changed, field by field (AUD-1). */
export function auditEntry(row: TrailRow) {
  const { objectId, sequence, lookId, requestId, runId } = row;
  const isLook = sequence === LOOK_SEQUENCE;
  const [before, after]: Document[] = [shown(objectId, row.before), shown(objectId, row.after)];
  return {
    id: isLook ? lookId : `${objectId}/${sequence}`,
    ...timelineEntry(row),
    sequence: isLook ? null : sequence,
    requestId,
    runId,
    before,
    after,
    changes: isLook ? [] : diffOf(before, after),
  };
}

/** The same for operations, who also see from where it was done. */
export const auditEntryForOps = (row: TrailRow) => ({ ...auditEntry(row), sourceIp: row.sourceIp });
