import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../config/logger';
import { isMessageEvent } from '../../domain/notifications/events';
import { pauseChannel, requestChannel, resumeChannel, returnProbe } from '../../prisma/store/notifications/channels';
import {
  type ClaimedNotification,
  claimNotificationDeliveries,
  type EndedAttempt,
  type Ending,
  releaseStale,
  settleNotificationDeliveries,
} from '../../prisma/store/notifications/notification-deliveries';
import { type Database, isDatabaseLost } from '../../prisma/store/shared/database';
import type { Outcome, Sender } from '../channels/sender';
import { batched } from './batch';
import { type Relay, startRelay } from './loop';

const MAX_ATTEMPTS = 12;
const FIRST_DELAY_MS = 30_000;
const MAX_DELAY_MS = 3_600_000;
/** Others are tried meanwhile: no single message decides whether the server is back. */
const UNAVAILABLE_DELAY_MS = 30_000;
/** Longer than any attempt can take: than the sum of SMTP's timeouts. */
const STALE_AFTER_MS = 15 * 60_000;
const STALE_CHECK_MS = 60_000;
const STORE_AGAIN_MS = 1_000;
/** While some are being sent, so long is waited for more free slots before the next batch is claimed. */
const GATHER_MS = 5;

/** What the relay of a channel needs. The sender is its own: it is closed when the relay stops. */
export type NotificationRelay = {
  db: Database;
  sender: Sender;
  logger: Logger;
  intervalMs: number;
  clock?: () => number;
  /** Called with the result of every attempt, for the metrics. */
  onAttempt?: (result: Outcome['result']) => void;
};

/**
 * Sends what the outbox has for one channel (MSG-2), each message once, however many workers do so at the same time.
 * A definite failure is tried again with growing delays, 12 times; a message that may or may not have gone out is never
 * sent again but by a person's decision. One that is slow holds up no other. While the server is away the channel is
 * paused and tried with one message at a time; such attempts do not count.
 */
export function startNotificationRelay(options: NotificationRelay): Relay {
  const { db, sender, logger, intervalMs, clock = Date.now } = options;
  const { channel } = sender;
  const stopping = new AbortController();
  const attempt = attempting(options, stopping.signal);
  const underWay = new Set<Promise<void>>();
  let staleCheckAtMs = 0;

  async function releaseStaleNow(): Promise<void> {
    if (clock() < staleCheckAtMs) return;
    staleCheckAtMs = clock() + STALE_CHECK_MS;
    const count = await releaseStale(db, channel, new Date(clock() - STALE_AFTER_MS));
    if (count > 0) logger.warn({ channel, count }, 'attempts of a worker that ended: their outcome is unknown');
  }

  async function freeSlots(): Promise<number> {
    if (underWay.size >= sender.slots) await Promise.race(underWay);
    if (underWay.size > 0) await sleep(GATHER_MS);
    return sender.slots - underWay.size;
  }

  const relay = startRelay(`notifications by ${channel}`, logger, intervalMs, async () => {
    await releaseStaleNow();
    const free = await freeSlots();
    const permission = await requestChannel(db, channel, new Date(clock()));
    if (permission === 'paused') return 0;
    const isProbe = permission === 'probe';
    const limit = isProbe ? Math.min(1, free) : free;
    const claimed = await claimNotificationDeliveries(db, channel, limit, new Date(clock()));
    if (isProbe && claimed.length === 0) await returnProbe(db, channel, new Date(clock()));
    for (const one of claimed) {
      const attempted: Promise<void> = attempt(one, isProbe).finally(() => underWay.delete(attempted));
      underWay.add(attempted);
    }
    return claimed.length;
  });
  return {
    wake: () => relay.wake(),
    async stop() {
      stopping.abort();
      await relay.stop();
      await Promise.all(underWay);
      sender.close();
    },
  };
}

/** A function that sends a claimed message, stores how that ended, and pauses or resumes the channel by it. */
function attempting(
  { db, sender, logger, clock = Date.now, onAttempt = () => undefined }: NotificationRelay,
  stopping: AbortSignal,
): (claimed: ClaimedNotification, isProbe: boolean) => Promise<void> {
  const { channel } = sender;
  const settle = batched<EndedAttempt>((ended) => settleNotificationDeliveries(db, ended));

  /** Pauses the channel when its server is away; what a probe found ends the pause, or leaves it to the next one. */
  async function noteAvailability(claimed: ClaimedNotification, outcome: Outcome, isProbe: boolean): Promise<void> {
    const now = new Date(clock());
    if (outcome.result === 'unavailable') {
      await pauseChannel(db, claimed, outcome.error, now);
      logger.error({ channel, error: outcome.error }, 'channel paused: its server takes no messages');
    } else if (isProbe && isFromServer(outcome)) {
      await resumeChannel(db, claimed);
      logger.info({ channel }, 'channel resumed');
    } else if (isProbe) await returnProbe(db, channel, now);
  }

  return async (claimed, isProbe) => {
    const { messageId, event, attempts } = claimed;
    const about = { channel, messageId, event, attempts };
    try {
      const outcome = await send(sender, claimed);
      const ending = endingOf(outcome, attempts, clock());
      await untilStored(() => settle({ attempt: claimed, ending }), stopping);
      onAttempt(outcome.result);
      await noteAvailability(claimed, outcome, isProbe);
      if (outcome.result === 'sent') logger.info(about, 'message sent');
      else logger.warn({ ...about, ...outcome }, 'message not sent');
    } catch (err) {
      // The attempt becomes stale, and is released then.
      logger.error({ ...about, err }, 'the outcome of an attempt could not be stored');
    }
  };
}

/** Words a message in its reader's language and sends it. */
async function send(sender: Sender, { messageId, event, params, ...to }: ClaimedNotification): Promise<Outcome> {
  const address = to.address?.trim() ?? '';
  if (address === '') return { result: 'skipped', error: `The recipient has no address for ${sender.channel}.` };
  // A release newer than this one may know it: some other worker, or this one once it is updated.
  if (!isMessageEvent(event))
    return { result: 'refused', error: `Unknown event ${event}`, isPermanent: false, isLocal: true };
  const language = to.language === 'en' ? 'en' : 'zh-CN';
  // The sender never rejects: what does is the wording, before anything was sent.
  return sender.send({ messageId, event, language, params }, address).catch(notWorded);
}

const notWorded = (error: unknown): Outcome => ({
  result: 'refused',
  error: String(error),
  isPermanent: false,
  isLocal: true,
});

/** Whether an outcome comes from the server: it can be reached. */
const isFromServer = (outcome: Outcome): boolean =>
  outcome.result === 'sent' ||
  outcome.result === 'unknown' ||
  (outcome.result === 'refused' && outcome.isLocal !== true);

function endingOf(outcome: Outcome, attempts: number, nowMs: number): Ending {
  if (outcome.result === 'sent') return { status: 'sent', at: new Date(nowMs) };
  const { error } = outcome;
  if (outcome.result === 'unknown') return { status: 'unconfirmed', error };
  if (outcome.result === 'skipped') return { status: 'skipped', error };
  if (outcome.result === 'unavailable') {
    const nextAttemptAt = new Date(nowMs + UNAVAILABLE_DELAY_MS);
    return { status: 'pending', error, nextAttemptAt, isCounted: false };
  }
  if (outcome.isPermanent || attempts >= MAX_ATTEMPTS) return { status: 'failed', error };
  const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
  return { status: 'pending', error, nextAttemptAt: new Date(nowMs + delayMs), isCounted: true };
}

/** Nobody else knows the outcome of an attempt: while the database is away, storing it is tried again and again. */
async function untilStored(work: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      await sleep(STORE_AGAIN_MS, undefined, { signal: stopping });
    }
  }
}
