import type { EventGroup } from '../../../domain/notifications/groups';
import { AppError } from '../../../domain/shared/errors';
import { TEST_EVENT } from '../../../domain/webhooks/event';
import { auditedTransaction, type Change, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import { type Attempt, recordAttempt } from './events';

/** What a provider decides of an endpoint. */
export type EndpointTerms = { url: string; description: string; eventGroups: EventGroup[] };

/** A URL of a provider to which events are posted (MSG-3). */
export type Endpoint = {
  id: string;
  providerId: string;
  url: string;
  description: string;
  eventGroups: string[];
  version: number;
  createdAt: Date;
  updatedAt: Date;
  disabledAt: Date | null;
};

const FIELDS = {
  id: true,
  providerId: true,
  url: true,
  description: true,
  eventGroups: true,
  version: true,
  createdAt: true,
  updatedAt: true,
  disabledAt: true,
};

/** Whose endpoint is changed, and by what. */
export type EndpointChange = Change & { providerId: string };

const notFound = () => new AppError('WEBHOOK.NOT_FOUND', 'There is no such webhook.');

/** A provider's endpoint. @throws AppError WEBHOOK.NOT_FOUND */
export async function findEndpoint(
  db: Database | Transaction,
  { objectId: id, providerId }: Pick<EndpointChange, 'objectId' | 'providerId'>,
): Promise<Endpoint> {
  const found = await db.webhookEndpoint.findFirst({ where: { id, providerId }, select: FIELDS });
  if (found === null) throw notFound();
  return found;
}

/** A page of a provider's endpoints, one more than asked for when there are more. */
export async function listEndpoints(db: Database, providerId: string, page: Page): Promise<Endpoint[]> {
  const where = { providerId, ...beyond(page) };
  return db.webhookEndpoint.findMany({ where, select: FIELDS, ...inOrder(page) });
}

/** The sealed secrets of a provider's endpoint. @throws AppError WEBHOOK.NOT_FOUND */
export async function sealedSecrets(db: Database, id: string, providerId: string): Promise<Uint8Array> {
  const found = await db.webhookEndpoint.findFirst({ where: { id, providerId }, select: { sealed: true } });
  if (found === null) throw notFound();
  return found.sealed;
}

/**
 * Makes an endpoint.
 * @param sealed its secret
 * @param max how many a provider may have in use
 * @throws AppError WEBHOOK.TOO_MANY
 */
export async function createEndpoint(
  db: Database,
  change: EndpointChange,
  terms: EndpointTerms,
  sealed: Buffer,
  max: number,
): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await requireRoom(tx, providerId, max);
    await tx.webhookEndpoint.create({
      data: { id, providerId, ...terms, sealed: new Uint8Array(sealed), createdAt: at, updatedAt: at },
    });
    return trailOf(tx, change);
  });
}

/**
 * Changes the URL of an endpoint, its description and its groups of events.
 * @param expectedVersion the version that was read; null: whatever it is now
 * @throws AppError WEBHOOK.NOT_FOUND, PRECONDITION.FAILED when it has changed since
 */
export async function saveEndpoint(
  db: Database,
  change: EndpointChange,
  terms: EndpointTerms,
  expectedVersion: number | null,
): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    const { version } = await findEndpoint(tx, change);
    if (expectedVersion !== null && expectedVersion !== version) {
      throw new AppError('PRECONDITION.FAILED', 'Read the webhook again and repeat your change on that.');
    }
    await update(tx, change, terms);
    return trailOf(tx, change);
  });
}

/** Sends nothing more to an endpoint: its pending events wait (MSG-3). @throws AppError WEBHOOK.NOT_FOUND */
export async function disableEndpoint(db: Database, change: EndpointChange): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    const { disabledAt } = await findEndpoint(tx, change);
    await update(tx, change, { disabledAt: disabledAt ?? change.at });
    return trailOf(tx, change);
  });
}

/**
 * Uses an endpoint again; what has been waiting is sent at once, in its order.
 * @throws AppError WEBHOOK.NOT_FOUND, WEBHOOK.TOO_MANY
 */
export async function enableEndpoint(db: Database, change: EndpointChange, max: number): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    const { disabledAt } = await findEndpoint(tx, change);
    if (disabledAt !== null) await requireRoom(tx, change.providerId, max);
    await update(tx, change, { disabledAt: null });
    await requeueEvents(tx, { endpointId: change.objectId, replayed: [] });
    return trailOf(tx, change);
  });
}

/** Gives an endpoint new secrets, made from those that it has. @throws AppError WEBHOOK.NOT_FOUND */
export async function changeSecrets(
  db: Database,
  change: EndpointChange,
  renew: (sealed: Uint8Array) => Buffer,
): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    const where = { id: change.objectId, providerId: change.providerId };
    const found = await tx.webhookEndpoint.findFirst({ where, select: { sealed: true } });
    if (found === null) throw notFound();
    await update(tx, change, { sealed: new Uint8Array(renew(found.sealed)) });
    return trailOf(tx, change);
  });
}

/** Adds an event by which an endpoint can be tried. @throws AppError WEBHOOK.NOT_FOUND, WEBHOOK.DISABLED */
export async function addTestEvent(db: Database, change: EndpointChange, eventId: string): Promise<void> {
  const { objectId: endpointId, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await requireInUse(tx, change);
    // The change has locked the endpoint: no other step of it is added meanwhile.
    const { _max: last } = await tx.step.aggregate({ where: { objectId: endpointId }, _max: { sequence: true } });
    await tx.webhookDelivery.create({
      data: {
        id: eventId,
        endpointId,
        providerId,
        event: TEST_EVENT.event,
        eventGroup: TEST_EVENT.group,
        objectId: endpointId,
        stepObjectId: endpointId,
        stepSequence: (last.sequence ?? 0) + 1,
        params: {},
        createdAt: at,
      },
    });
    return trailOf(tx, change);
  });
}

/**
 * Has an event sent again, under its id. Whatever else of its object waits for another attempt is sent now, too: in
 * its order, nothing overtakes it.
 * @throws AppError WEBHOOK.NOT_FOUND, WEBHOOK.DISABLED
 */
export async function replayEvent(
  db: Database,
  change: EndpointChange,
  event: { id: string; objectId: string },
): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    await requireInUse(tx, change);
    await requeueEvents(tx, { endpointId: change.objectId, objectId: event.objectId, replayed: [event.id] });
    return trailOf(tx, change);
  });
}

/**
 * Has everything sent again that was given up, and everything sent now that waits for another attempt.
 * @throws AppError WEBHOOK.NOT_FOUND, WEBHOOK.DISABLED
 */
export async function replayFailed(db: Database, change: EndpointChange): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    await requireInUse(tx, change);
    const { objectId: endpointId } = change;
    const where = { endpointId, status: 'failed' };
    const failed = await tx.webhookDelivery.findMany({ where, select: { id: true } });
    await requeueEvents(tx, { endpointId, replayed: failed.map(({ id }) => id) });
    return trailOf(tx, change);
  });
}

/** Records an attempt by which a receiver said that it is gone for good: its endpoint is disabled (MSG-3). */
export async function recordGone(db: Database, change: EndpointChange, attempt: Attempt): Promise<void> {
  await auditedTransaction(db, change, async (tx) => {
    await recordAttempt(tx, attempt);
    const { disabledAt } = await findEndpoint(tx, change);
    await update(tx, change, { disabledAt: disabledAt ?? change.at });
    return trailOf(tx, change);
  });
}

/** Queues events again: those of the ids from their beginning, those that wait (of one object, or of all) at once. */
async function requeueEvents(
  tx: Transaction,
  { endpointId, objectId = null, replayed }: { endpointId: string; objectId?: string | null; replayed: string[] },
): Promise<void> {
  // One statement for both kinds: CASE keeps the instant of the first attempt where the event still waits.
  await tx.$executeRaw`
    UPDATE webhook_deliveries SET
      status = 'pending', first_tried_at = CASE WHEN status = 'pending' THEN first_tried_at END,
      next_attempt_at = NULL, settled_at = NULL, dispatched_at = NULL, dispatch_failures = 0, next_dispatch_at = now(),
      requeues = requeues + 1
    WHERE endpoint_id = ${endpointId} AND (id = ANY(${replayed}::text[]) OR
      status = 'pending' AND (${objectId}::text IS NULL OR object_id = ${objectId}::text))`;
}

type Changes = Partial<EndpointTerms> & { disabledAt?: Date | null; sealed?: Uint8Array<ArrayBuffer> };

async function update(tx: Transaction, { objectId: id, at }: EndpointChange, changes: Changes): Promise<void> {
  await tx.webhookEndpoint.update({ where: { id }, data: { ...changes, updatedAt: at, version: { increment: 1 } } });
}

async function requireInUse(tx: Transaction, change: EndpointChange): Promise<void> {
  const { disabledAt } = await findEndpoint(tx, change);
  if (disabledAt !== null) throw new AppError('WEBHOOK.DISABLED', 'Enable the webhook first.');
}

/** Every event of a provider is stored once for each endpoint in use: their number is limited. */
async function requireRoom(tx: Transaction, providerId: string, max: number): Promise<void> {
  await lockObject(tx, `webhooks of ${providerId}`);
  const inUse = await tx.webhookEndpoint.count({ where: { providerId, disabledAt: null } });
  if (inUse < max) return;
  throw new AppError('WEBHOOK.TOO_MANY', `A provider may have ${max} webhooks in use: disable one of them first.`);
}

/** The endpoint as the audit trail shows it. */
async function trailOf(tx: Transaction, change: EndpointChange) {
  const { url, description, eventGroups, version, disabledAt } = await findEndpoint(tx, change);
  return { url, description, eventGroups, version, disabled: disabledAt !== null };
}
