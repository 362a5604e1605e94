import { AppError, ERRORS } from '../../domain/shared/errors';
import { dropProposal } from '../../prisma/store/reviews/proposals';
import type { Database } from '../../prisma/store/shared/database';

/**
 * For `catch` after a submission: what was refused for good is not kept; what may have been submitted all the same is
 * left to its workflow. It throws the error again.
 */
export const dropRefused =
  (db: Database, reviewId: string) =>
  async (error: unknown): Promise<never> => {
    if (error instanceof AppError && !ERRORS[error.code].retryable) await dropProposal(db, reviewId);
    throw error;
  };
