import { z } from 'zod';
import { DAY_MS } from '../../domain/policies/duration';
import type { Database } from '../../prisma/store/shared/database';

/** What happened to an object, from its first step to its last. */
export async function stepsOf(db: Database, objectId: string) {
  const rows = await db.step.findMany({ where: { objectId }, orderBy: { sequence: 'asc' } });
  return rows.map(({ sequence, commandId, action, actorRole, note, at }) => ({
    sequence,
    commandId,
    action,
    actorRole,
    note,
    atMs: at.getTime(),
  }));
}

/**
 * The deadlines that passed since somebody last did something, as docs/rules.md speaks of them:
 * `3d provider_reminder_1`. Days are exact to a hundredth: workflows take milliseconds.
 */
export async function passedSince(db: Database, objectId: string, action: string): Promise<string[]> {
  const steps = await stepsOf(db, objectId);
  const from = steps.findLast((step) => step.action === action);
  if (from === undefined) throw new Error(`${objectId} has no step ${action}`);
  const days = (atMs: number) => Math.round(((atMs - from.atMs) / DAY_MS) * 100) / 100;
  return steps
    .filter((step) => step.sequence > from.sequence && step.action.startsWith('deadline.'))
    .map((step) => `${days(step.atMs)}d ${step.action.replace('deadline.', '')}`);
}

/** Who was notified of what about an object, in the order of its steps: `delivery.reminder → buyer`. */
export async function notified(db: Database, objectId: string, event?: string): Promise<string[]> {
  const where = event === undefined ? { objectId } : { objectId, event };
  const messages = await db.message.findMany({ where, orderBy: [{ sequence: 'asc' }, { event: 'asc' }] });
  const users = await db.user.findMany();
  const roleOf = new Map(users.map(({ id, role }) => [id, role]));
  const lines = messages.map(({ sequence, event, recipientId }) => ({
    sequence,
    line: `${event} → ${roleOf.get(recipientId)}`,
  }));
  return lines.sort((a, b) => a.sequence - b.sequence || a.line.localeCompare(b.line)).map(({ line }) => line);
}

const texts = z.record(z.string(), z.string().nullable());

/** The words of the latest message of an event about an object. */
export async function wordsOf(db: Database, objectId: string, event: string) {
  const message = await db.message.findFirstOrThrow({ where: { objectId, event }, orderBy: { sequence: 'desc' } });
  return texts.parse(message.params);
}

const refunds = z.object({
  items: z.array(
    z.object({ refundId: z.string(), transactionId: z.string(), amountFen: z.number(), status: z.string() }),
  ),
});

/** What the payment channel has sent back of a transaction. */
export async function sentBack(channelUrl: string, transactionId: string) {
  const response = await fetch(new URL('/refunds', channelUrl));
  const { items } = refunds.parse(await response.json());
  return items
    .filter((item) => item.transactionId === transactionId && item.status === 'refunded')
    .map(({ amountFen }) => amountFen);
}

/** Has the payment channel misbehave from now on; no fault named, it is well again. */
export async function misbehave(channelUrl: string, faults: Record<string, number> = {}): Promise<void> {
  const body = JSON.stringify(faults);
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(new URL('/faults', channelUrl), { method: 'PUT', headers, body });
  if (!response.ok) throw new Error(`The payment channel does not know these faults: ${await response.text()}`);
}
