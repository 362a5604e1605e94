import { ApplicationFailure, type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import { z } from 'zod';
import { AppError, isErrorCode } from '../../domain/shared/errors';
import { ANSWER_WITHIN_MS, unanswered } from './temporal-commands';

/** What a refusal says beyond its code. */
const refusedWith = z.object({
  allowedActions: z.array(z.string()).optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/**
 * Starts a workflow with its first update in one call, and waits until that is answered.
 * @param start the update-with-start
 * @param busy the answer where the run that was found ended before it had looked at the update
 * @throws AppError the workflow's refusal; SERVICE.BUSY; SERVICE.UNAVAILABLE when it has not answered in time
 */
export async function startAndWait(
  { client, answerWithinMs = ANSWER_WITHIN_MS }: { client: Client; answerWithinMs?: number | undefined },
  start: () => Promise<unknown>,
  busy: string,
): Promise<void> {
  try {
    await client.withDeadline(Date.now() + answerWithinMs, start);
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw unanswered(error) ?? error;
    if (!isErrorCode(cause.type)) throw new AppError('SERVICE.BUSY', busy);
    const { allowedActions, errors } = refusedWith.safeParse(cause.details?.[0]).data ?? {};
    throw new AppError(cause.type, cause.message, {
      ...(allowedActions === undefined ? {} : { allowedActions }),
      ...(errors === undefined ? {} : { errors }),
    });
  }
}
