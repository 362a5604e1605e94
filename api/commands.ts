import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationFailure,
  type Client,
  isGrpcServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { z } from 'zod';
import type { DeliveryCommand } from '../domain/delivery/commands';
import { AppError, isErrorCode } from '../domain/errors';
import type { DeliveryStatus } from '../prisma/store/deliveries';
import { deliveryUpdate, deliveryWorkflowId } from '../workflows/contracts/delivery';
import type { ApiMetrics } from './metrics';
import { turns } from './turns';

/** How long a client is kept waiting for a process that does not answer. */
export const ANSWER_WITHIN_MS = 20_000;
/** How long a full house, a process just being started or just renewed is tried again. */
const TRY_AGAIN_FOR_MS = 8_000;
/**
 * Commands to one delivery that this process has in flight at most; the others wait for their turn
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

const refusedWith = z.object({ allowedActions: z.array(z.string()) });

type StatusOf = () => Promise<DeliveryStatus>;

/** Sends commands to processes and tells their refusals in our own taxonomy. */
export type CommandSender = ReturnType<typeof createCommandSender>;

export function createCommandSender({ client, metrics }: { client: Client; metrics: ApiMetrics }) {
  const inTurn = turns(IN_FLIGHT);
  return {
    /**
     * Sends one command to a delivery and waits until it is done: then its row is there.
     * @param status what the table says of the delivery, asked only when its process is not found
     * @throws AppError the process's refusal; SERVICE.* when it could not be asked, or did not answer
     */
    async send(deliveryId: string, command: DeliveryCommand, status: StatusOf): Promise<void> {
      const startedAt = performance.now();
      const update = deliveryUpdate(command.action);
      let result = 'refused';
      try {
        const { commandId: updateId, ...sent } = command;
        const handle = client.workflow.getHandle(deliveryWorkflowId(deliveryId));
        const execute = () =>
          client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
            handle.executeUpdate(update, { args: [sent], updateId }),
          );
        await tryingAgain(status, (patienceMs) => inTurn(deliveryId, patienceMs, execute));
        result = 'done';
      } finally {
        const seconds = (performance.now() - startedAt) / 1000;
        metrics.updates.observe({ action: command.action, result }, seconds);
      }
    },
  };
}

async function tryingAgain<T>(status: StatusOf, work: (patienceMs: number) => Promise<T | 'impatient'>): Promise<T> {
  const until = Date.now() + TRY_AGAIN_FOR_MS;
  for (let pauseMs = 20; ; pauseMs = Math.min(500, pauseMs * 2)) {
    try {
      const done = await work(until - Date.now());
      if (done === 'impatient') throw busy();
      return done;
    } catch (error) {
      const verdict = await verdictOf(error, status);
      if (verdict !== 'try again') throw verdict;
      if (Date.now() + pauseMs > until) throw busy();
      await sleep(pauseMs / 2 + (Math.random() * pauseMs) / 2);
    }
  }
}

const busy = () =>
  new AppError('SERVICE.BUSY', 'Many commands are under way for this object; send yours again in a second.');

/** What an error of an update means: a refusal to pass on, or something that passes. */
async function verdictOf(error: unknown, status: StatusOf): Promise<AppError | 'try again' | unknown> {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message, details } = error.cause;
    if (CAME_TO_NOTHING.includes(type)) return 'try again';
    if (isErrorCode(type)) return new AppError(type, message, refusedWith.safeParse(details?.[0]).data ?? {});
    return error;
  }
  if (error instanceof WorkflowNotFoundError) return verdictOfStatus(await status());
  if (isGrpcServiceError(error)) {
    if (error.code === GRPC.RESOURCE_EXHAUSTED || error.code === GRPC.FAILED_PRECONDITION) return 'try again';
    if (error.code === GRPC.NOT_FOUND) return verdictOfStatus(await status());
  }
  return unanswered(error) ?? error;
}

/** The refusal that stands for a process, or a Temporal, that has not answered in time; undefined for other errors. */
export function unanswered(error: unknown): AppError | undefined {
  const isLate =
    isGrpcServiceError(error) && (error.code === GRPC.UNAVAILABLE || error.code === GRPC.DEADLINE_EXCEEDED);
  return isLate || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ? notAnswered() : undefined;
}

/** A process that is not found is being started if the table says it runs; else it has ended, or never was for this reader. */
function verdictOfStatus(status: DeliveryStatus): AppError | 'try again' {
  if (status === 'open') return 'try again';
  if (status === 'absent') return new AppError('DELIVERY.NOT_FOUND', 'There is no such delivery of yours.');
  const detail = 'The delivery has ended: nothing more can be done to it.';
  return new AppError('DELIVERY.NOT_ALLOWED', detail, { allowedActions: [] });
}

const notAnswered = () =>
  new AppError(
    'SERVICE.UNAVAILABLE',
    'The process has not answered in time. Send the request again with the same Idempotency-Key: it takes effect once.',
  );
