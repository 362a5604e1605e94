import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../../domain/errors';
import type { RefusedWith } from '../contracts/delivery';

/** A refusal as the API reads it: the code as failure type, the extras as its only detail. */
export function refusal(code: ErrorCode, detail: string, extra: Partial<RefusedWith> = {}): ApplicationFailure {
  return ApplicationFailure.create({ message: detail, type: code, nonRetryable: true, details: [extra] });
}
