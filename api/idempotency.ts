import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeyRing, openText, sealText } from '../codec/keys';
import { placeOf } from '../codec/places';
import type { Logger } from '../config/logger';
import { AppError, ERRORS } from '../domain/errors';
import type { Database } from '../prisma/store/client';
import {
  findRecord,
  forgetRequest,
  type RecordedAnswer,
  recordAnswer,
  recordRequest,
} from '../prisma/store/idempotency';
import { type Principal, principalKey } from './auth';
import { problemOf } from './problems';

/** A command as the idempotency record knows it; ids of what it makes derive from it. */
export type CommandRecord = { commandId: string; atMs: number };

/** An answer as it is sent, and sent again: status and JSON body. */
export type Answer = { status: number; body: string };

/**
 * Where requests and answers are remembered. The commits of `db` need not wait for the disk: a step
 * that is stored makes the record of its request durable, which was committed before. A crash between
 * the two loses the record of a command that may still be done; it is recorded again with its answer,
 * and the command's id, which follows from the key, is taken only once in any case. Answers are stored
 * sealed: what only the parties may read (ORD-2) is in the answers they got, too.
 */
export type Memory = { db: Database; ring: KeyRing; logger: Logger };

/** A POST by somebody, under a key. */
export type Keyed = {
  principal: Principal;
  route: string;
  key: string | undefined;
  bodyHash: string;
  requestId: string;
};

const USABLE_KEY = /^[\x21-\x7e]{1,255}$/;
/** 96 bits; Temporal writes the id seven times into the history of every command. */
const COMMAND_ID_LENGTH = 16;
/** How often and for how long a repeated request waits for the first one before it helps itself. */
const POLL_MS = 25;
const PATIENCE_MS = 3_000;

const sha256 = (...parts: string[]) => createHash('sha256').update(parts.join('\0'));

/** The hash by which two bodies are the same body. */
export const hashBody = (body: unknown): string => sha256(JSON.stringify(body ?? null)).digest('hex');

/** @throws AppError IDEMPOTENCY.KEY_INVALID when a key was sent that cannot be one */
export function requireUsableKey(key: string | undefined): void {
  if (key === undefined || USABLE_KEY.test(key)) return;
  throw new AppError('IDEMPOTENCY.KEY_INVALID', 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
}

/**
 * Gives a POST one effect and one answer, however often and from wherever it is sent under its key:
 * the first records itself, the others wait for its answer. Should it have died, they repeat it under
 * the same command id, which every process and table takes only once.
 * @param perform does the work; expected refusals are answers too, and are recorded as such
 * @throws AppError IDEMPOTENCY.KEY_INVALID, IDEMPOTENCY.KEY_REUSED for another body, and retryable failures of `perform`
 */
export async function once(
  memory: Memory,
  keyed: Keyed,
  perform: (record: CommandRecord) => Promise<Answer>,
): Promise<Answer> {
  const { db, ring, logger } = memory;
  const { principal, route, key, bodyHash, requestId } = keyed;
  requireUsableKey(key);
  const owner = principalKey(principal);
  const usedKey = key ?? randomUUID();
  const id = sha256(owner, route, usedKey).digest('base64url').slice(0, COMMAND_ID_LENGTH);
  const keyedRequest = { id, principal: owner, route, key: usedKey, bodyHash };
  const record = await recordRequest(db, keyedRequest);
  if (record.bodyHash !== bodyHash) {
    throw new AppError('IDEMPOTENCY.KEY_REUSED', 'This Idempotency-Key stands for another body; choose a new key.');
  }
  const answered = record.isNew ? null : (record.answer ?? (await answerOfAnother(db, id)));
  if (answered === 'given up') return once(memory, keyed, perform);
  if (answered !== null) return unsealed(ring, id, answered);

  const answer = await performed(db, id, requestId, () => perform({ commandId: id, atMs: record.createdAt.getTime() }));
  const sealed = { status: answer.status, body: sealText(ring, answer.body, placeOf('answer', id)).toString('base64') };
  const recording = recordAnswer(db, keyedRequest, sealed);
  if (!record.isNew) return unsealed(ring, id, await recording);
  // Not waited for: a repetition that comes before it waits, and one whose answer was never recorded finds out itself.
  recording.catch((error) =>
    logger.error({ err: error, requestId, commandId: id }, 'the answer could not be recorded'),
  );
  return answer;
}

const unsealed = (ring: KeyRing, id: string, { status, body }: RecordedAnswer): Answer => ({
  status,
  body: openText(ring, Buffer.from(body, 'base64'), placeOf('answer', id)),
});

/** The outcome as an answer; what may succeed when tried again is not recorded but thrown. */
async function performed(db: Database, id: string, requestId: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError && !ERRORS[error.code].retryable) {
      const problem = problemOf(error, requestId);
      return { status: problem.status, body: JSON.stringify(problem) };
    }
    // Unknown outcome: the record stays, so that a retry under the key finds out what became of it.
    if (error instanceof AppError && error.code === 'SERVICE.BUSY') await forgetRequest(db, id);
    throw error;
  }
}

/** The answer of the request that came first; null when it owes one for too long. */
async function answerOfAnother(db: Database, id: string): Promise<RecordedAnswer | 'given up' | null> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += POLL_MS) {
    const record = await findRecord(db, id);
    if (record === null) return 'given up';
    if (record.answer !== null) return record.answer;
    await sleep(POLL_MS);
  }
  return null;
}
