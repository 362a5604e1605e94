import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode, ErrorExtra } from '../../domain/errors';

/** A refusal as the API reads it: the code as failure type, the extras as its only detail. */
export function refusal(code: ErrorCode, detail: string, extra: ErrorExtra = {}): ApplicationFailure {
  return ApplicationFailure.create({ message: detail, type: code, nonRetryable: true, details: [extra] });
}
