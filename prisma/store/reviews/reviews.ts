import { z } from 'zod';
import type { ReviewKind, ReviewState } from '../../../domain/reviews/state';
import { isDecided } from '../../../domain/reviews/state';
import type { ReviewStep, ReviewSubject, StoredReviewStep } from '../../../domain/reviews/step';
import { AppError } from '../../../domain/shared/errors';
import { Prisma } from '../../generated/client';
import { InconsistentObject, insertStep, storedInstead } from '../shared/audit-log';
import { lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { enqueueNotifications } from '../shared/outbox';
import type { WorkflowStatus } from '../shared/workflow-status';
import { addAppliedStep, type Decided, type ReviewHandlers } from './review-handler';

/**
 * Writes one step of a review in one transaction: the audit row, the review, what it means for its object, and the
 * outbox (MSG-2). A step whose sequence or command is there already changes nothing.
 * @returns null when the step was written; otherwise the step that stands in its place
 * @throws AppError when what was submitted cannot be submitted now; nothing has changed then
 * @throws InconsistentObject when the review's row is missing, or the step is not its next one; nothing has changed
 */
export async function writeReviewStep(
  db: Database,
  step: ReviewStep,
  runId: string,
  handlers: ReviewHandlers,
): Promise<StoredReviewStep | null> {
  const written = await db.$transaction(async (tx) => {
    // Whatever is done to the object meanwhile waits: it comes before this step, or after it.
    await lockObject(tx, step.subject.objectId);
    if (!(await addStep(tx, step, runId))) return false;
    if (step.sequence === 1) await open(tx, step, handlers);
    else await advance(tx, step, runId, handlers);
    await enqueueNotifications(tx, {
      objectId: step.subject.reviewId,
      about: step.subject.objectId,
      providerId: step.subject.providerId,
      sequence: step.sequence,
      notices: step.notices,
      at: new Date(step.atMs),
    });
    return true;
  });
  return written ? null : storedInstead(db, { ...step, objectId: step.subject.reviewId });
}

async function addStep(tx: Transaction, step: ReviewStep, runId: string): Promise<boolean> {
  const { reviewId: objectId, providerId } = step.subject;
  const at = new Date(step.atMs);
  const audited = { ...step, objectId, providerId, stateAfter: step.state, runId, at };
  return (await tx.$executeRaw(insertStep(audited, step.sequence))) === 1;
}

/** The first step: the object goes into review, unless it is there already (SHOP-5, PRD-4). */
async function open(tx: Transaction, step: ReviewStep, handlers: ReviewHandlers): Promise<void> {
  const { subject, state } = step;
  const { reviewId, kind, operation, objectId, providerId, title } = subject;
  const at = new Date(step.atMs);
  await requireNoneOpen(tx, subject);
  const { base, proposed, sealed = null } = await handlers[kind].onSubmitted(tx, subject, at);
  const json = (document: Prisma.InputJsonObject | null) => (document === null ? null : JSON.stringify(document));
  await tx.$executeRaw`
    INSERT INTO reviews (id, kind, operation, object_id, provider_id, title, status, base, proposed, sealed, due_at,
                         due_provisional, calendar_version, state, sequence, submitted_by, submitted_at, updated_at)
    VALUES (${reviewId}, ${kind}, ${operation}, ${objectId}, ${providerId}, ${title}, ${state.stage}, ${json(base)}::jsonb,
            ${json(proposed)}::jsonb, ${sealed}, ${dueOf(state)}, ${state.due?.provisional ?? false},
            ${state.due?.calendarVersion ?? null}, ${JSON.stringify(state)}::jsonb, ${step.sequence}, ${step.actorId},
            ${at}, ${at})`;
  await tx.$executeRaw`DELETE FROM proposals WHERE id = ${reviewId}`;
}

/**
 * What is under way excludes everything else that could be asked of the object.
 * @throws AppError REVIEW.IN_REVIEW
 */
export async function requireNoneOpen(
  tx: Transaction,
  subject: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>,
): Promise<void> {
  const open = await openReviewOf(tx, subject);
  if (open === null) return;
  throw new AppError('REVIEW.IN_REVIEW', `${open} is being reviewed: wait for the decision, or withdraw it first.`);
}

async function advance(tx: Transaction, step: ReviewStep, runId: string, handlers: ReviewHandlers): Promise<void> {
  const { subject, state, note, actorId } = step;
  const at = new Date(step.atMs);
  const decided = isDecided(state);
  const reason = state.stage === 'rejected' ? note : null;
  const rows = await tx.$queryRaw<{ proposed: Prisma.JsonObject | null; sealed: Uint8Array | null }[]>`
    UPDATE reviews SET status = ${state.stage}, due_at = coalesce(${dueOf(state)}, due_at),
      due_provisional = ${state.due?.provisional ?? false},
      calendar_version = coalesce(${state.due?.calendarVersion ?? null}, calendar_version),
      overdue = overdue OR ${state.overdue}, state = ${JSON.stringify(state)}::jsonb, sequence = ${step.sequence},
      reason = ${reason}, decided_by = ${decided ? actorId : null}, decided_at = ${decided ? at : null}, updated_at = ${at}
    WHERE id = ${subject.reviewId} AND sequence = ${step.sequence - 1} RETURNING proposed, sealed`;
  const [row] = rows;
  if (row === undefined) throw new InconsistentObject(subject.reviewId, `no row that step ${step.sequence} follows`);
  if (!decided) return;
  const sealed = row.sealed === null ? null : Buffer.from(row.sealed);
  const review: Decided = { ...subject, proposed: row.proposed, sealed, reason: note, at };
  const { approve, reject, withdraw } = handlers[subject.kind];
  const stage = decidedStage(state);
  if (stage === 'approved') await addAppliedStep(tx, subject, { ...step, runId, at }, await approve(tx, review));
  else await (stage === 'rejected' ? reject : withdraw)(tx, review);
}

type DecidedStage = 'approved' | 'rejected' | 'withdrawn';
function decidedStage({ stage }: ReviewState): DecidedStage {
  if (stage === 'security_check' || stage === 'in_review') throw new Error(`${stage} is no decision`);
  return stage;
}

const dueOf = ({ due }: ReviewState): Date | null => (due === null ? null : new Date(due.atMs));

/** Whose reviews a reader may see. */
export type ReviewScope = { providerId: string } | 'all';

const within = (scope: ReviewScope) =>
  scope === 'all' ? Prisma.sql`true` : Prisma.sql`provider_id = ${scope.providerId}`;

/** A review as lists show it. */
export type ReviewRow = {
  id: string;
  kind: ReviewKind;
  operation: string;
  objectId: string;
  providerId: string;
  status: string;
  title: string;
  reason: string | null;
  dueAt: Date | null;
  dueProvisional: boolean;
  calendarVersion: string | null;
  overdue: boolean;
  state: ReviewState;
  submittedBy: string;
  submittedAt: Date;
  decidedBy: string | null;
  decidedAt: Date | null;
};

/** A review with its documents. */
export type ReviewDetails = ReviewRow & {
  base: Prisma.JsonObject | null;
  proposed: Prisma.JsonObject | null;
  timeline: { at: string; actor: string; action: string; note: string | null }[];
};

const COLUMNS = Prisma.sql`id, kind, operation, object_id AS "objectId", provider_id AS "providerId", status,
  title, reason, due_at AS "dueAt",
  due_provisional AS "dueProvisional", calendar_version AS "calendarVersion", overdue, state,
  submitted_by AS "submittedBy", submitted_at AS "submittedAt", decided_by AS "decidedBy", decided_at AS "decidedAt"`;

/** Which reviews a list holds; what is left out does not matter. */
export type ReviewFilter = {
  kind?: ReviewKind | undefined;
  status?: string | undefined;
  open?: boolean | undefined;
  overdue?: boolean | undefined;
  providerId?: string | undefined;
  objectId?: string | undefined;
  operation?: string | undefined;
};

/** A page of reviews of all kinds by the time they were submitted, one more than asked for when there are more. */
export async function listReviews(
  db: Database,
  scope: ReviewScope,
  filter: ReviewFilter,
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<ReviewRow[]> {
  const equal = (column: string, value: string | undefined) =>
    value === undefined ? Prisma.empty : Prisma.sql`AND ${Prisma.raw(column)} = ${value}`;
  // Ids of different kinds sort by time only after their prefixes.
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND substr(id, 5) ${beyond} substr(${page.after}, 5)`;
  return db.$queryRaw<ReviewRow[]>`
    SELECT ${COLUMNS} FROM reviews WHERE ${within(scope)} ${equal('kind', filter.kind)} ${equal('status', filter.status)}
      ${equal('provider_id', filter.providerId)} ${equal('object_id', filter.objectId)}
      ${equal('operation', filter.operation)} ${flag(OPEN, filter.open)} ${flag(OVERDUE, filter.overdue)}
      ${after} ORDER BY substr(id, 5) ${direction} LIMIT ${page.limit + 1}`;
}

/** Said in the words of the partial indexes. */
const OPEN = Prisma.sql`status IN ('security_check', 'in_review')`;
const OVERDUE = Prisma.sql`overdue`;

function flag(condition: Prisma.Sql, wanted: boolean | undefined): Prisma.Sql {
  if (wanted === undefined) return Prisma.empty;
  return wanted ? Prisma.sql`AND ${condition}` : Prisma.sql`AND NOT (${condition})`;
}

/** One review in full, or null when it is not in the scope. */
export async function findReview(db: Database, id: string, scope: ReviewScope): Promise<ReviewDetails | null> {
  const rows = await db.$queryRaw<ReviewDetails[]>`
    SELECT ${COLUMNS}, base, proposed, (
      SELECT coalesce(jsonb_agg(jsonb_build_object('at', at, 'actor', actor_role, 'action', action, 'note', note)
                                ORDER BY sequence), '[]')
      FROM steps WHERE object_id = reviews.id) AS timeline
    FROM reviews WHERE id = ${id} AND ${within(scope)}`;
  return rows[0] ?? null;
}

type StepOfReview = {
  sequence: number;
  commandId: string;
  state: ReviewState;
  note: string;
  actorId: string;
  at: Date;
};

/**
 * One review in full as the step of a command left it, or null when it is not in the scope; as it is now when the
 * command has no step here.
 */
export async function findReviewAsOf(
  db: Database,
  id: string,
  scope: ReviewScope,
  commandId: string,
): Promise<ReviewDetails | null> {
  const now = await findReview(db, id, scope);
  // What took effect at once has one step.
  if (now === null || now.status === 'effective') return now;
  const steps = await db.$queryRaw<StepOfReview[]>`
    SELECT sequence, command_id AS "commandId", state_after AS state, note, actor_id AS "actorId", at
    FROM steps WHERE object_id = ${id} ORDER BY sequence`;
  const index = steps.findIndex((step) => step.commandId === commandId);
  const step = steps[index];
  if (step === undefined || index === steps.length - 1) return now;
  const until = steps.slice(0, index + 1);
  const lastDue = until.findLast(({ state }) => state.due !== null)?.state.due ?? null;
  const decided = isDecided(step.state);
  return {
    ...now,
    status: step.state.stage,
    state: step.state,
    reason: step.state.stage === 'rejected' ? step.note : null,
    dueAt: lastDue === null ? null : new Date(lastDue.atMs),
    dueProvisional: step.state.due?.provisional ?? false,
    calendarVersion: lastDue?.calendarVersion ?? null,
    overdue: until.some(({ state }) => state.overdue),
    decidedBy: decided ? step.actorId : null,
    decidedAt: decided ? step.at : null,
    timeline: now.timeline.slice(0, index + 1),
  };
}

/** The open review that excludes another one of the same, or null. */
export async function openReviewOf(
  db: Pick<Database, '$queryRaw'>,
  { kind, objectId, operation }: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>,
): Promise<string | null> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM reviews WHERE object_id = ${objectId} AND status IN ('security_check', 'in_review')
      AND kind = ${kind} AND (kind <> 'account' OR operation = ${operation})`;
  return rows[0]?.id ?? null;
}

const subject = z.object({ kind: z.enum(['shop', 'product', 'account']), operation: z.string(), objectId: z.string() });

/** What tells the workflow id of a review, or null when there is no such review. */
export async function subjectOfReview(db: Database, id: string): Promise<z.infer<typeof subject> | null> {
  const row = await db.review.findUnique({ where: { id }, select: { kind: true, operation: true, objectId: true } });
  return row === null ? null : subject.parse(row);
}

/** What the table says of a review and of a command to it, as far as the reader may know. */
export async function reviewStatus(
  db: Database,
  id: string,
  scope: ReviewScope,
  commandId: string,
): Promise<WorkflowStatus> {
  const rows = await db.$queryRaw<{ open: boolean; sequence: number; hasCommand: boolean }[]>`
    SELECT status IN ('security_check', 'in_review') AS open, sequence,
           EXISTS (SELECT FROM steps WHERE command_id = ${commandId}) AS "hasCommand"
    FROM reviews WHERE id = ${id} AND ${within(scope)}`;
  const [row] = rows;
  if (row === undefined) return { is: 'absent', sequence: 0, hasCommand: false };
  return { is: row.open ? 'open' : 'ended', sequence: row.sequence, hasCommand: row.hasCommand };
}
