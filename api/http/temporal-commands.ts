import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationFailure,
  type Client,
  isGrpcServiceError,
  type WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { QueryDefinition, UpdateDefinition, Workflow } from '@temporalio/common';
import { z } from 'zod';
import { AppError, ERRORS, isErrorCode } from '../../domain/shared/errors';
import type { WorkflowStatus } from '../../prisma/store/shared/workflow-status';
import { catchUp } from '../../workflows/shared/messages';
import { keyedSemaphore } from './keyed-semaphore';
import type { ApiMetrics } from './metrics';

/** How long a client waits for a workflow that does not answer. */
export const ANSWER_WITHIN_MS = 20_000;
/** How long a signal or a query may take. */
const SIGNALLED_WITHIN_MS = 5_000;
/** How long a command is tried again while its workflow has too many updates, is being started, or continues as new. */
const TRY_AGAIN_FOR_MS = 8_000;
/**
 * Commands to one workflow that this process has in flight at most; the others wait
 * here. One update above the server's limit of 10 makes it forget all that are in flight (they are
 * sent again, but it takes seconds), so two API processes keep clear of it.
 */
const IN_FLIGHT = 4;

/** gRPC status codes that the server answers with. */
const GRPC = {
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  UNAVAILABLE: 14,
} as const;

/**
 * Failures by which the server says that an update came to nothing: the run ended (or continued as
 * new) between accepting and answering; the worker's task was over before it had looked at the update.
 */
const CAME_TO_NOTHING: readonly unknown[] = ['AcceptedUpdateCompletedWorkflow', 'UnprocessedUpdate'];

const refusedWith = z.object({ allowedActions: z.array(z.string()).optional(), judgedOn: z.int().optional() });

/** What the table says of a workflow and the command, as far as who sends it may know. */
export type StatusOf = () => Promise<WorkflowStatus>;

/** A workflow that commands are sent to, and how a command is refused where it is not there, or not any more. */
export type WorkflowTarget = {
  workflowId: string;
  /** Asks it for the number of the last step that it knows. */
  known: QueryDefinition<{ sequence: number }>;
  absent: () => AppError;
  ended: () => AppError;
  /**
   * How a run begins that takes the command, where none runs though the object can still change; null where one runs.
   * Absent for objects that nothing changes once their workflow has ended.
   */
  begin?: () => Promise<WithStartWorkflowOperation<Workflow> | null>;
};

/**
 * What an error means for a command: it is sent again; it is done all the same; the error is its end; or it was refused
 * by a workflow that has missed a step, or by one that has made more steps since.
 */
type Verdict = 'try again' | 'done' | { end: unknown } | Outdated;

/** A refusal that was judged on an earlier step than the table holds. */
type Outdated = { judgedOn: number; refusal: AppError };

/** Sends commands to workflows and passes their refusals on in our own taxonomy. */
export type CommandSender = ReturnType<typeof createCommandSender>;

export function createCommandSender({ client, metrics }: { client: Client; metrics: ApiMetrics }) {
  const withPermit = keyedSemaphore(IN_FLIGHT);
  return { sendTo, requestCatchUp };

  /**
   * Sends one command to a workflow and waits until it is done: then its row is there.
   * @param sent the update's only argument
   * @param status what the table says of the object, asked when its workflow refuses, is not found or does not answer
   * @throws AppError the workflow's refusal; SERVICE.* when it could not be asked, or did not answer
   */
  async function sendTo<S>(
    target: WorkflowTarget,
    update: UpdateDefinition<void, [S]>,
    { updateId, sent }: { updateId: string; sent: S },
    status: StatusOf,
  ): Promise<void> {
    const { workflowId } = target;
    const startedAt = performance.now();
    let result = 'refused';
    try {
      const handle = client.workflow.getHandle(workflowId);
      const options: { args: [S]; updateId: string } = { args: [sent], updateId };
      const execute = async () => {
        const startWorkflowOperation = (await target.begin?.()) ?? null;
        await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
          startWorkflowOperation === null
            ? handle.executeUpdate<void, [S]>(update, options)
            : client.workflow.executeUpdateWithStart(update, { ...options, startWorkflowOperation }),
        );
      };
      const known = () => client.withDeadline(Date.now() + SIGNALLED_WITHIN_MS, () => handle.query(target.known));
      const table = { target, status, adopt: () => requestCatchUp(workflowId), known };
      await tryingAgain(table, (timeoutMs) => withPermit(workflowId, timeoutMs, execute));
      result = 'done';
    } finally {
      metrics.updates.observe({ action: update.name, result }, (performance.now() - startedAt) / 1000);
    }
  }

  /**
   * Asks a workflow to adopt what the table holds beyond what it knows. The signal is durable: it will, whoever dies meanwhile.
   * @throws AppError SERVICE.UNAVAILABLE when it cannot be reached
   */
  async function requestCatchUp(workflowId: string): Promise<void> {
    const handle = client.workflow.getHandle(workflowId);
    try {
      await client.withDeadline(Date.now() + SIGNALLED_WITHIN_MS, () => handle.signal(catchUp));
    } catch (error) {
      // A workflow that has ended knows all of its steps.
      if (!(error instanceof WorkflowNotFoundError)) throw unanswered(error) ?? error;
    }
  }
}

/** What the table says of a workflow and the command, how to have the workflow adopt that, and what it knows by then. */
type Table = {
  target: WorkflowTarget;
  status: StatusOf;
  adopt: () => Promise<void>;
  known: () => Promise<{ sequence: number }>;
};

async function tryingAgain(table: Table, work: (timeoutMs: number) => Promise<unknown>): Promise<void> {
  const until = Date.now() + TRY_AGAIN_FOR_MS;
  let known = 0;
  for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 2)) {
    const verdict = await work(until - Date.now()).then(
      (done): Verdict => (done === 'timed out' ? { end: busy() } : 'done'),
      (error) => verdictOf(error, table),
    );
    if (verdict === 'done') return;
    const isFinal = typeof verdict === 'object' && 'end' in verdict;
    if (isFinal || Date.now() + pauseMs > until) return concluded(table, isFinal ? verdict.end : busy());
    if (typeof verdict === 'object' && 'refusal' in verdict) {
      // From a workflow that knew of later steps, this can only be the answer that Temporal keeps under the update's id.
      if (verdict.judgedOn < known) throw verdict.refusal;
      await table.adopt();
      known = await knownTo(table);
    }
    await sleep(pauseMs / 2 + (Math.random() * pauseMs) / 2);
  }
}

/** The last step that the workflow knows; 0 when it does not say: then it is asked again after the next refusal. */
const knownTo = ({ known }: Table): Promise<number> =>
  known().then(
    ({ sequence }) => sequence,
    () => 0,
  );

/** A command of which nothing is known is done when the table holds it; its workflow is asked to catch up first. */
async function concluded({ status, adopt }: Table, error: unknown): Promise<void> {
  const isUnknown = error instanceof AppError && ERRORS[error.code].retryable;
  if (!isUnknown || !(await status()).hasCommand) throw error;
  // Once it is answered, nobody looks any more whether the workflow knows.
  await adopt();
}

const busy = () =>
  new AppError('SERVICE.BUSY', 'Many commands are under way for this object; send yours again in a second.');

/** What an error of an update means: a refusal to pass on, or something that passes. */
async function verdictOf(error: unknown, { target, status }: Table): Promise<Verdict> {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    return verdictOfRefusal(error.cause, status);
  }
  const code = grpcCodeOf(error);
  if (error instanceof WorkflowNotFoundError || code === GRPC.NOT_FOUND) return verdictOfStatus(target, await status());
  if (code === GRPC.RESOURCE_EXHAUSTED || code === GRPC.FAILED_PRECONDITION) return 'try again';
  return { end: unanswered(error) ?? error };
}

/** The gRPC status of a failed call, which the SDK wraps in an error of its own. */
function grpcCodeOf(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}

/** The refusal that stands for a workflow, or a Temporal, that has not answered in time; undefined for other errors. */
export function unanswered(error: unknown): AppError | undefined {
  const code = grpcCodeOf(error);
  const isLate = code === GRPC.UNAVAILABLE || code === GRPC.DEADLINE_EXCEEDED;
  return isLate || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ? notAnswered() : undefined;
}

async function verdictOfRefusal(failure: ApplicationFailure, statusOf: StatusOf): Promise<Verdict> {
  const { type, message, details } = failure;
  if (CAME_TO_NOTHING.includes(type)) return 'try again';
  if (!isErrorCode(type)) return { end: failure };
  const { judgedOn, ...extra } = refusedWith.safeParse(details?.[0]).data ?? {};
  const { sequence, hasCommand } = await statusOf();
  const { allowedActions } = extra;
  const refusal = new AppError(type, message, allowedActions === undefined ? {} : { allowedActions });
  // Either a worker died when it had stored a step and no history knew: the workflow judged without that step. Or the
  // refusal is right, and a later command was quicker than this look at the table.
  if (judgedOn !== undefined && judgedOn < sequence) return { judgedOn, refusal };
  // A repetition is refused by the object that it has changed already.
  return hasCommand ? 'done' : { end: refusal };
}

/** A workflow that is not found is being started if the table says it runs; else it has ended, or never was for this reader. */
function verdictOfStatus(target: WorkflowTarget, { is, hasCommand }: WorkflowStatus): Verdict {
  if (hasCommand) return 'done';
  if (is === 'open') return 'try again';
  return { end: is === 'absent' ? target.absent() : target.ended() };
}

const notAnswered = () =>
  new AppError(
    'SERVICE.UNAVAILABLE',
    'The workflow has not answered in time. Send the request again with the same Idempotency-Key: it is carried out once.',
  );
