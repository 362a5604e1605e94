import { z } from 'zod';
import {
  decisionOf,
  OPEN_STAGES,
  REVIEW_KINDS,
  REVIEW_STATUSES,
  type ReviewKind,
  type ReviewStatus,
} from '../../../domain/reviews/state';
import type { ReviewSubject } from '../../../domain/reviews/step';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, type Page } from '../shared/paging';
import { queryRow, queryRows } from '../shared/query-rows';
import { within } from '../shared/scopes';
import { type WorkflowStatus, workflowStatusOf } from '../shared/workflow-status';
import { storedReviewState } from './stored-json';

/** Whose reviews a reader may see. */
export type ReviewScope = { providerId: string } | 'all';

/** A review as lists show it. */
export type ReviewRow = z.output<typeof reviewRow>;
const reviewRow = z.object({
  id: z.string(),
  kind: z.enum(REVIEW_KINDS),
  operation: z.string(),
  objectId: z.string(),
  providerId: z.string(),
  status: z.enum(REVIEW_STATUSES),
  title: z.string(),
  reason: z.string().nullable(),
  dueAt: z.date().nullable(),
  dueProvisional: z.boolean(),
  calendarVersion: z.string().nullable(),
  overdue: z.boolean(),
  state: storedReviewState,
  submittedBy: z.string(),
  submittedAt: z.date(),
  decidedBy: z.string().nullable(),
  decidedAt: z.date().nullable(),
});

const jsonObject = z.record(z.string(), z.json());

/** A review with its documents. */
export type ReviewDetails = z.output<typeof reviewDetails>;
const reviewDetails = reviewRow.extend({
  base: jsonObject.nullable(),
  proposed: jsonObject.nullable(),
  timeline: z.array(z.object({ at: z.string(), actor: z.string(), action: z.string(), note: z.string().nullable() })),
});

const COLUMNS = Prisma.sql`id, kind, operation, object_id AS "objectId", provider_id AS "providerId", status,
  title, reason, due_at AS "dueAt",
  due_provisional AS "dueProvisional", calendar_version AS "calendarVersion", overdue, state,
  submitted_by AS "submittedBy", submitted_at AS "submittedAt", decided_by AS "decidedBy", decided_at AS "decidedAt"`;

/** Which reviews a list holds; what is left out does not matter. */
export type ReviewFilter = {
  kind?: ReviewKind | undefined;
  status?: ReviewStatus | undefined;
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
  page: Page,
): Promise<ReviewRow[]> {
  // Ids of different kinds sort by time only after their prefixes: the client has no words for such an order.
  const [beyond, direction] = page.newestFirst ? [Prisma.sql`<`, Prisma.sql`DESC`] : [Prisma.sql`>`, Prisma.sql`ASC`];
  const after = page.after === null ? Prisma.empty : Prisma.sql`AND substr(id, 5) ${beyond} substr(${page.after}, 5)`;
  const query = Prisma.sql`
    SELECT ${COLUMNS} FROM reviews WHERE ${within(scope)} ${equal('kind', filter.kind)} ${equal('status', filter.status)}
      ${equal('provider_id', filter.providerId)} ${equal('object_id', filter.objectId)}
      ${equal('operation', filter.operation)} ${flag(IS_OPEN, filter.open)} ${flag(IS_OVERDUE, filter.overdue)}
      ${after} ORDER BY substr(id, 5) ${direction} LIMIT ${page.limit + 1}`;
  return queryRows(db, reviewRow, query);
}

const IS_OPEN = Prisma.sql`status IN (${Prisma.join([...OPEN_STAGES])})`;
const IS_OVERDUE = Prisma.sql`overdue`;

function flag(condition: Prisma.Sql, wanted: boolean | undefined): Prisma.Sql {
  if (wanted === undefined) return Prisma.empty;
  return wanted ? Prisma.sql`AND ${condition}` : Prisma.sql`AND NOT (${condition})`;
}

/** One review in full, or null when it is not in the scope. */
export async function findReview(db: Database, id: string, scope: ReviewScope): Promise<ReviewDetails | null> {
  // With its timeline in one round trip: the answer of every command to a review is this.
  const query = Prisma.sql`
    SELECT ${COLUMNS}, base, proposed, (
      SELECT coalesce(jsonb_agg(jsonb_build_object('at', at, 'actor', actor_role, 'action', action, 'note', note)
                                ORDER BY sequence), '[]')
      FROM steps WHERE object_id = reviews.id) AS timeline
    FROM reviews WHERE id = ${id} AND ${within(scope)}`;
  return queryRow(db, reviewDetails, query);
}

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
  const rows = await db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } });
  const steps = rows.map((row) => ({ ...row, state: storedReviewState.parse(row.stateAfter) }));
  const index = steps.findIndex((step) => step.commandId === commandId);
  const step = steps[index];
  if (step === undefined || index === steps.length - 1) return now;
  const until = steps.slice(0, index + 1);
  const lastDue = until.findLast(({ state }) => state.due !== null)?.state.due ?? null;
  const decided = decisionOf(step.state) !== null;
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

/** The open review that excludes another one of the same, or null: an account has one for each kind of its data. */
export async function openReviewOf(
  db: Pick<Database, 'review'>,
  { kind, objectId, operation }: Pick<ReviewSubject, 'kind' | 'objectId' | 'operation'>,
): Promise<string | null> {
  const what = kind === 'account' ? { kind, objectId, operation } : { kind, objectId };
  const where = { ...what, status: { in: [...OPEN_STAGES] } };
  const open = await db.review.findFirst({ where, select: { id: true } });
  return open?.id ?? null;
}

const subject = z.object({ kind: z.enum(REVIEW_KINDS), operation: z.string(), objectId: z.string() });

/** What the workflow id of a review is made of, or null when there is no such review. */
export async function subjectOfReview(db: Database, id: string): Promise<z.infer<typeof subject> | null> {
  const row = await db.review.findUnique({ where: { id }, select: { kind: true, operation: true, objectId: true } });
  return row === null ? null : subject.parse(row);
}

/** What the table says of a review and of a command to it, as far as the reader may know. */
export function reviewStatus(db: Database, id: string, scope: ReviewScope, commandId: string): Promise<WorkflowStatus> {
  return workflowStatusOf(db, { table: Prisma.sql`reviews`, isOpen: IS_OPEN }, { id, scope, commandId });
}
