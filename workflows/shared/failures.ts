import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../../domain/errors';

/** What a refused command carries: what is allowed instead, and the number of the step on which that was judged. */
export type RefusedWith = { allowedActions: readonly string[]; judgedOn: number };

/** A refusal as the API reads it: the code as failure type, the extras as its only detail. */
export function refusal(code: ErrorCode, detail: string, extra: Partial<RefusedWith> = {}): ApplicationFailure {
  return ApplicationFailure.create({ message: detail, type: code, nonRetryable: true, details: [extra] });
}

/** A step that can never be stored is refused in the activity's own words; other failures do not get here. */
export function asRefusal(error: unknown): never {
  throw error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
}
