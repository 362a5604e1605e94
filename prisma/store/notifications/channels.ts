import { z } from 'zod';
import type { OutboundChannel } from '../../../domain/notifications/groups';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRow } from '../shared/query-rows';
import { storable } from './notification-deliveries';

/** A channel whose server could not be reached, until it can. */
export type ChannelPause = {
  channel: string;
  pausedSince: Date;
  /** When one message is sent as a probe. */
  pausedUntil: Date;
  failures: number;
  lastError: string;
};

/** Longer than an attempt can take: a worker that dies with the probe only delays the next one. */
const PROBE_LEASE_MS = 180_000;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 60_000;

const permission = z.object({ isPaused: z.boolean(), isProbe: z.boolean() });

/**
 * Whether messages may be sent by a channel now: as many as there are (`open`), none (`paused`), or one alone, by which
 * it is tried whether the server is back (`probe`): one worker gets that.
 */
export async function requestChannel(
  db: Database,
  channel: OutboundChannel,
  now: Date,
): Promise<'open' | 'paused' | 'probe'> {
  // One statement: whoever updates the row that is due takes the probe, with a lease; all others find it not due.
  const query = Prisma.sql`
    WITH probe AS (
      UPDATE notification_channels SET paused_until = ${new Date(now.getTime() + PROBE_LEASE_MS)}
      WHERE channel = ${channel} AND paused_until <= ${now} RETURNING channel
    )
    SELECT EXISTS (SELECT FROM notification_channels WHERE channel = ${channel}) AS "isPaused",
           EXISTS (SELECT FROM probe) AS "isProbe"`;
  const found = await queryRow(db, permission, query);
  if (found?.isProbe === true) return 'probe';
  return found?.isPaused === true ? 'paused' : 'open';
}

/** Gives back a probe that showed nothing of the server: the next message is one. */
export async function returnProbe(db: Database, channel: OutboundChannel, now: Date): Promise<void> {
  await db.notificationChannel.updateMany({ where: { channel }, data: { pausedUntil: now } });
}

/**
 * Pauses a channel because its server was away, by 5 s and twice as long each time, a minute at most. Attempts that
 * were under way when it was paused show nothing new.
 * @param claimedAt when the attempt was begun
 */
export async function pauseChannel(
  db: Database,
  { channel, claimedAt }: { channel: OutboundChannel; claimedAt: Date },
  error: string,
  now: Date,
): Promise<void> {
  const firstUntil = new Date(now.getTime() + FIRST_PAUSE_MS);
  // One statement, since two attempts may fail at once: the second finds the first's pause, younger than its own claim.
  await db.$executeRaw`
    INSERT INTO notification_channels AS c (channel, paused_since, paused_until, failures, last_error)
    VALUES (${channel}, ${now}, ${firstUntil}, 1, ${storable(error)})
    ON CONFLICT (channel) DO UPDATE SET failures = c.failures + 1, last_error = excluded.last_error,
      paused_until = ${now}::timestamptz + interval '1 millisecond'
        * least(${MAX_PAUSE_MS}::int, ${FIRST_PAUSE_MS}::int * power(2, least(c.failures, 10)))
    WHERE c.paused_since < ${claimedAt}`;
}

/** Ends a pause: the server has answered an attempt that was begun since. */
export async function resumeChannel(
  db: Database,
  { channel, claimedAt }: { channel: OutboundChannel; claimedAt: Date },
): Promise<void> {
  await db.notificationChannel.deleteMany({ where: { channel, pausedSince: { lt: claimedAt } } });
}

/** The channels that are paused. */
export async function pausedChannels(db: Database): Promise<ChannelPause[]> {
  return db.notificationChannel.findMany({ orderBy: { channel: 'asc' } });
}

/** How many messages wait to be sent by each channel; channels without any are left out. */
export async function countWaiting(db: Database): Promise<Map<string, number>> {
  const rows = await db.notificationDelivery.groupBy({
    by: ['channel'],
    where: { status: 'pending' },
    _count: { _all: true },
  });
  return new Map(rows.map(({ channel, _count }) => [channel, _count._all]));
}
