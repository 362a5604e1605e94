import { z } from 'zod';
import { REVIEW_STAGES, type ReviewState } from '../../../domain/reviews/state';

/** A review's state, as its row and its steps hold it. */
export const storedReviewState: z.ZodType<ReviewState> = z.object({
  stage: z.enum(REVIEW_STAGES),
  enteredAtMs: z.number(),
  due: z.object({ atMs: z.number(), calendarVersion: z.string(), provisional: z.boolean() }).nullable(),
  overdue: z.boolean(),
});
