import { ApplicationFailure } from '@temporalio/activity';
import { AppError } from '../../domain/shared/errors';

/**
 * Passes an error of an activity on; an expected refusal as a failure that trying again does not change, with its code as
 * type and its extras as only detail.
 */
export function asRefusal(error: unknown): never {
  if (!(error instanceof AppError)) throw error;
  const { code, detail, extra } = error;
  throw ApplicationFailure.create({ message: detail, type: code, nonRetryable: true, details: [extra] });
}
