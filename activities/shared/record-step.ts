import { ApplicationFailure, activityInfo, log, metricMeter } from '@temporalio/activity';
import type { ErrorCode } from '../../domain/shared/errors';
import type { Step, StoredStep } from '../../domain/shared/step';
import { InconsistentObject } from '../../prisma/store/shared/audit-log';
import { type Database, isRefusedForGood } from '../../prisma/store/shared/database';
import { reportInconsistency } from '../../prisma/store/shared/inconsistency';
import { asRefusal } from './refusal';
import { runIdOf } from './run-id';

/**
 * Records one step of a supervised object.
 * @param write stores it, in one transaction; answers null, the step that stands in its place, or in a word why it
 *   cannot be stored yet
 * @returns the step that the table holds now (the history of the workflow carries it, and the workflow adopts it), or
 *   that word
 * @throws ApplicationFailure non-retryable where a person's command is refused or can never be stored (it fails for its
 *   sender only), and where the stored records contradict the step (OBJECT.INCONSISTENT, reported to operations)
 */
export async function recordStep<S, Written extends StoredStep<S> | string>(
  db: Database,
  objectId: string,
  step: Step<S>,
  write: (runId: string) => Promise<Written | null>,
): Promise<StoredStep<S> | Written> {
  const { sequence, commandId, action, requestId, state } = step;
  const stored = await write(runIdOf(activityInfo())).catch((error) => failed(db, step, error));
  if (typeof stored === 'string') log.warn('step postponed', { objectId, sequence, action, reason: stored });
  else
    log.info('step recorded', {
      objectId,
      sequence,
      action,
      requestId,
      overtaken: stored !== null && stored.commandId !== commandId,
    });
  return stored ?? { sequence, commandId, state };
}

async function failed<S>(db: Database, step: Step<S>, error: unknown): Promise<never> {
  if (error instanceof InconsistentObject) throw await reported(db, step, error);
  // A step that nobody sent is tried again.
  if (step.requestId === null) throw error;
  if (!isRefusedForGood(error)) asRefusal(error);
  throw failure('REQUEST.INVALID', 'What was sent cannot be stored; change it and send it again.');
}

/** Raises the alert: a line in the log, a metric, and a notification to operations once a day. */
async function reported<S>(db: Database, { sequence, action, atMs }: Step<S>, error: InconsistentObject) {
  const { objectId, message } = error;
  log.error('stored records contradict a step', { objectId, sequence, action, reason: message });
  metricMeter.createCounter('inconsistent_steps', 'steps', 'Steps that contradict what is stored').add(1);
  await reportInconsistency(db, objectId, new Date(atMs));
  return failure('OBJECT.INCONSISTENT', `What is stored of ${message}. Operations have been notified.`);
}

const failure = (code: ErrorCode, message: string) =>
  ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [{}] });
