import { type KeyRing, openText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { type InstanceAccess, storedAccess } from '../../domain/instances/answers';
import { nextDeadline } from '../../domain/instances/transitions';
import type { InstanceDetails, InstanceRow } from '../../prisma/store/instances/instances';

/** An instance as lists show it. */
export function instanceSummary(row: InstanceRow) {
  const { id, orderId, productId, productName, specName, isTrial, stage, state, policy } = row;
  // That operations look at a call nobody answers is no deadline of the parties.
  const due = nextDeadline({ ...state, isLate: true }, policy);
  return {
    ...{ id, orderId, productId, productName, specName, isTrial, stage },
    expiresAt: row.expiresAt?.toISOString() ?? null,
    deadlines: due === null ? [] : [{ name: due.name, at: new Date(due.atMs).toISOString(), outcome: due.outcome }],
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** An instance for its buyer or its provider, with how it is got at while it is there (INS-3). */
export function instanceView(row: InstanceDetails, keys: KeyRing) {
  const isThere = row.stage === 'active' || row.stage === 'expired';
  return {
    ...instanceSummary(row),
    signId: row.signId,
    access: isThere && row.accessSealed !== null ? opened(keys, row.id, row.accessSealed) : null,
    timeline: row.timeline.map((step) => ({ ...step, at: new Date(step.at).toISOString() })),
  };
}

const opened = (keys: KeyRing, id: string, sealed: Uint8Array): InstanceAccess =>
  storedAccess.parse(JSON.parse(openText(keys, sealed, placeOf('instanceAccess', id))));
