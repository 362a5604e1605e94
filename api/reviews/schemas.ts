import { z } from 'zod';
import { REVIEW_OPERATIONS } from '../../domain/reviews/commands';
import { REVIEW_KINDS, REVIEW_STATUSES } from '../../domain/reviews/state';
import { pageOf, timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });
const document = z.record(z.string(), z.unknown()).nullable();

/** A review as lists show it; `effective` are product applications that needed none (PRD-5). */
export const reviewSummarySchema = z
  .object({
    id: z.string(),
    kind: z.enum(REVIEW_KINDS),
    operation: z.string().openapi({ example: 'publish' }),
    objectId: z.string(),
    providerId: z.string(),
    title: z.string(),
    status: z.enum(REVIEW_STATUSES),
    reason: z.string().nullable(),
    overdue: z.boolean(),
    dueAt: time.nullable(),
    dueProvisional: z.boolean(),
    allowedActions: z.array(z.enum(REVIEW_OPERATIONS)),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string(), stoppableBy: z.array(z.string()) })),
    submittedBy: z.string(),
    submittedAt: time,
    decidedAt: time.nullable(),
  })
  .openapi('ReviewSummary');

/** A review in full, with the reviewer's diff. */
export const reviewSchema = reviewSummarySchema
  .extend({
    base: document.openapi({ description: 'What was in force when it was submitted' }),
    proposed: document.openapi({ description: 'What is asked for' }),
    diff: z
      .array(z.object({ field: z.string(), before: z.unknown(), after: z.unknown() }))
      .openapi({ description: 'Field by field; null stands for nothing' }),
    timeline: z.array(timelineEntry),
  })
  .openapi('Review');

/** The page of a list of reviews. */
export const reviewPage = pageOf(reviewSummarySchema, 'ReviewPage');
