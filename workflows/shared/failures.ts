import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../../domain/shared/errors';

/** Why a command is not legal: a code of the taxonomy, what to do next, and what is possible instead. */
export type Refused = { code: ErrorCode; detail: string; allowedActions?: readonly string[] };

/**
 * A refusal as the API reads it: the code as failure type, the extras as its only detail.
 * @param judgedOn the number of the step on which a validator judged: the table may know better. Absent where the
 *   refusal was made on what the table holds: it is final, and Temporal keeps it under the update's id.
 */
export function refusal({ code, detail, ...extra }: Refused, judgedOn?: number): ApplicationFailure {
  const details = [judgedOn === undefined ? extra : { ...extra, judgedOn }];
  return ApplicationFailure.create({ message: detail, type: code, nonRetryable: true, details });
}

/** A step that can never be stored is refused in the activity's own words; other failures do not get here. */
export function asRefusal(error: unknown): never {
  throw error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
}

/** Whether a failure says that what is stored of an object contradicts itself: nothing can be recorded until it is repaired. */
export const isInconsistency = (error: unknown): error is ApplicationFailure =>
  error instanceof ApplicationFailure && error.type === ('OBJECT.INCONSISTENT' satisfies ErrorCode);
