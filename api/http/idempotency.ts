import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeyRing, keyedHash, openText, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { Logger } from '../../config/logger';
import { AppError, ERRORS } from '../../domain/shared/errors';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import {
  beginAttempt,
  endAttempt,
  findRecord,
  type IdempotencyRecord,
  type KeyedRequest,
  type RecordedAnswer,
  recordAnswer,
  recordRequest,
} from '../../prisma/store/shared/idempotency';
import { type Principal, principalKey } from './auth';
import { problemOf } from './problems';

/** A command as the idempotency record knows it; ids of what it makes derive from it. */
export type CommandRecord = { commandId: string; atMs: number };

/** An answer as it is sent, and sent again: status and JSON body. */
export type Answer = { status: number; body: string };

/**
 * Where requests and answers are remembered. Answers are stored sealed: what only the parties may read (ORD-2) is in the
 * answers they got, too. The commits of `eager` need not wait for the disk.
 */
export type Memory = { db: Database; eager: Database; keys: KeyRing; logger: Logger; retentionMs: number };

/**
 * A POST by somebody, under a key.
 *
 * `isRebuilt`: the answer to an accepted command follows from the step that the command stored, whenever it is asked
 * for. Then neither the request nor that answer needs to wait for the disk: the step, which was committed later than the
 * request and is durable, brings the record along. A refusal, and what is done at once, is durable before it is sent.
 */
export type Keyed = {
  principal: Principal;
  route: string;
  key: string | undefined;
  body: unknown;
  isRebuilt: boolean;
  requestId: string;
};

const USABLE_KEY = /^[\x21-\x7e]{1,255}$/;
/** 96 bits; Temporal writes the id seven times into the history of every command. */
const COMMAND_ID_LENGTH = 16;
/** How often and for how long a repeated request waits for the first one before it carries out the command itself. */
const POLL_MS = 25;
const WAIT_FOR_ANSWER_MS = 3_000;

/** @throws AppError IDEMPOTENCY.KEY_INVALID when a key was sent that cannot be one */
export function requireUsableKey(key: string | undefined): void {
  if (key === undefined || USABLE_KEY.test(key)) return;
  throw new AppError('IDEMPOTENCY.KEY_INVALID', 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
}

/**
 * Carries out a POST once and gives it one answer, however often and from wherever it is sent under its key:
 * the first records itself, the others wait for its answer. Should it have died, they repeat it under
 * the same command id, which every workflow and table takes only once.
 * @param perform does the work; expected refusals are answers too, and are recorded as such
 * @throws AppError IDEMPOTENCY.KEY_INVALID, IDEMPOTENCY.KEY_REUSED for another body, IDEMPOTENCY.KEY_EXPIRED, and
 *   retryable failures of `perform`
 */
export async function once(
  memory: Memory,
  keyed: Keyed,
  perform: (record: CommandRecord) => Promise<Answer>,
): Promise<Answer> {
  requireUsableKey(keyed.key);
  // Without a key a request stands for itself alone.
  const known = { ...keyed, key: keyed.key ?? randomUUID() };
  for (;;) {
    const answer = await answerOf(memory, known, perform);
    if (answer !== null) return answer;
  }
}

/** One try at a request; null when the record has changed meanwhile and is to be looked at again. */
async function answerOf(
  memory: Memory,
  keyed: Keyed & { key: string },
  perform: (record: CommandRecord) => Promise<Answer>,
): Promise<Answer | null> {
  const { keys, retentionMs } = memory;
  const { principal, route, key, requestId } = keyed;
  const db = keyed.isRebuilt ? memory.eager : memory.db;
  const owner = principalKey(principal);
  const id = commandIdOf(owner, route, key);
  const text = JSON.stringify(keyed.body ?? null);
  const bodyHashes = keyedHash(keys, 'request-hash');
  const request = { id, principal: owner, route, key, bodyHash: bodyHashes.of(text) };
  const record = await recordRequest(db, request, retentionMs);
  if (record === 'expired') throw keyExpired();
  const { bodyHash } = record;
  if (!bodyHashes.isOf(text, bodyHash)) {
    throw new AppError('IDEMPOTENCY.KEY_REUSED', 'This Idempotency-Key stands for another body; choose a new key.');
  }
  const attempt = record.isNew ? record : await nextAttempt(db, id, record);
  if (attempt === null) return null;
  if (attempt.answer !== null) return unsealed(keys, id, attempt.answer);

  try {
    const answer = await performed(requestId, () => perform({ commandId: id, atMs: record.createdAt.getTime() }));
    return await recorded(memory, keyed, { ...request, bodyHash }, attempt, answer);
  } catch (error) {
    // Unknown outcome: the record stays, so that a retry under the key finds out what became of it, at once.
    await endAttempt(db, id, attempt.attempt).catch(() => undefined);
    throw error;
  }
}

/** What a command is called wherever it goes: it follows from who sent it, where, and under which key. */
const commandIdOf = (owner: string, route: string, key: string): string =>
  createHash('sha256').update([owner, route, key].join('\0')).digest('base64url').slice(0, COMMAND_ID_LENGTH);

/** Has the answer remembered; null when a later attempt is to give it. */
async function recorded(
  { db, eager, keys, logger }: Memory,
  { isRebuilt, requestId }: Keyed,
  request: KeyedRequest,
  attempt: IdempotencyRecord,
  answer: Answer,
): Promise<Answer | null> {
  const sealed = {
    status: answer.status,
    body: sealText(keys, answer.body, placeOf('answer', request.id)).toString('base64'),
  };
  if (isRebuilt && answer.status < 400) {
    // Not waited for: whoever repeats the request before it is recorded gets it rebuilt.
    recordAnswer(eager, request, attempt, sealed).catch((error) =>
      logger.error({ err: error, requestId, commandId: request.id }, 'the answer could not be recorded'),
    );
    return answer;
  }
  const stored = await recordAnswer(db, request, attempt, sealed);
  return stored === null ? null : unsealed(keys, request.id, stored);
}

const unsealed = (keys: KeyRing, id: string, { status, body }: RecordedAnswer): Answer => ({
  status,
  body: openText(keys, Buffer.from(body, 'base64'), placeOf('answer', id)),
});

/** The outcome as an answer; what may succeed when tried again is thrown. */
async function performed(requestId: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError) || ERRORS[error.code].retryable) throw error;
    const problem = problemOf(error, requestId);
    return { status: problem.status, body: JSON.stringify(problem) };
  }
}

/**
 * Waits for the answer of the request that came first; begins another attempt when nobody is at it any more, or when it
 * takes too long.
 * @returns the record with its answer, or with the attempt that is now the caller's; null when it has changed meanwhile
 */
async function nextAttempt(db: Database, id: string, first: IdempotencyRecord): Promise<IdempotencyRecord | null> {
  let record: IdempotencyRecord | null = first;
  for (
    let waitedMs = 0;
    record.answer === null && record.underWay && waitedMs < WAIT_FOR_ANSWER_MS;
    waitedMs += POLL_MS
  ) {
    await sleep(POLL_MS);
    record = await findRecord(db, id);
    if (record === null) return null;
  }
  if (record.answer !== null) return record;
  const attempt = record.attempt + 1;
  return (await beginAttempt(db, id, attempt)) ? { ...record, attempt } : null;
}
