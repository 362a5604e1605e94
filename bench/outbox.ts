import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { z } from 'zod';
import { projectRoot } from '../scripts/parts/root';
import type { System } from '../scripts/parts/system';
import { processCpuMs } from './cpu';
import { SIZES } from './sizes';

/** What the outbox took to send its messages, and what each cost. */
export type OutboxFindings = {
  channel: string;
  messages: number;
  perSecond: number;
  /** Processor time of the worker, milliseconds a message. */
  workerCpuMs: number;
  transactions: number;
  walBytes: number;
};
export type Floor = { perSecond: number; cpuMs: number };

const MESSAGES = SIZES.messages;
const CONNECTIONS = 5;
const GIVE_UP_AFTER_MS = 300_000;
const floorAnswer = z.object({ perSecond: z.number(), cpuMs: z.number() });

/** Sends the messages through the outbox of a running system, channel by channel. */
export async function outbox(system: System, say: (line: string) => void): Promise<OutboxFindings[]> {
  const client = new Client({ connectionString: system.ownerUrl });
  await client.connect();
  try {
    const findings: OutboxFindings[] = [];
    for (const channel of ['email', 'sms']) {
      say(`${MESSAGES} messages through the outbox, by ${channel}`);
      findings.push(await drained(client, system, channel));
    }
    return findings;
  } finally {
    await client.end();
  }
}

/** The bare library, with as many e-mails to the same inbox. */
export async function mailFloor(smtpUrl: string): Promise<Floor> {
  const entry = path.join(projectRoot, 'dist', 'bench', 'floors', 'mailer.js');
  const args = [entry, smtpUrl, String(MESSAGES), String(CONNECTIONS)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return floorAnswer.parse(JSON.parse(stdout));
}

async function drained(client: Client, system: System, channel: string): Promise<OutboxFindings> {
  const workerPid = system.parts.get('worker')?.pid() ?? 0;
  await fill(client, channel);
  const before = { ...(await databaseCounters(client)), cpuMs: processCpuMs(workerPid) };
  const startedAt = performance.now();
  await client.query("UPDATE notification_deliveries SET status = 'pending' WHERE message_id LIKE $1", [
    `msg_bench_${channel}_%`,
  ]);
  const seconds = await untilSent(client, channel, startedAt);
  const after = { ...(await databaseCounters(client)), cpuMs: processCpuMs(workerPid) };
  return {
    channel,
    messages: MESSAGES,
    perSecond: MESSAGES / seconds,
    workerCpuMs: (after.cpuMs - before.cpuMs) / MESSAGES,
    transactions: (after.transactions - before.transactions) / MESSAGES,
    walBytes: (after.walBytes - before.walBytes) / MESSAGES,
  };
}

/** Puts the messages into the outbox, held back for the moment. */
async function fill(client: Client, channel: string): Promise<void> {
  const params = { productName: '小程序定制开发', orderId: 'ord_bench', deliveryId: 'dlv_bench' };
  await client.query(
    `WITH sent AS (
       INSERT INTO messages (id, recipient_id, event, event_group, object_id, sequence, params, created_at)
       SELECT 'msg_bench_' || $1 || '_' || n, 'usr_demo', 'delivery.submitted', 'deliveries', 'dlv_bench_' || $1, n,
              $2::jsonb, now() FROM generate_series(1, $3::int) AS n
       RETURNING id)
     INSERT INTO notification_deliveries (message_id, channel, status) SELECT id, $1, 'skipped' FROM sent`,
    [channel, JSON.stringify(params), MESSAGES],
  );
}

/** Waits until every message has left; answers how long that took, in seconds. */
async function untilSent(client: Client, channel: string, startedAt: number): Promise<number> {
  for (;;) {
    const { rows } = await client.query<{ status: string; count: number }>(
      'SELECT status, count(*)::int AS count FROM notification_deliveries WHERE message_id LIKE $1 GROUP BY status',
      [`msg_bench_${channel}_%`],
    );
    const elapsedMs = performance.now() - startedAt;
    if (rows.length === 1 && rows[0]?.status === 'sent') return elapsedMs / 1000;
    const lost = rows.filter(({ status }) => !['pending', 'in_progress', 'sent'].includes(status));
    if (lost.length > 0 || elapsedMs > GIVE_UP_AFTER_MS) throw new Error(`not all were sent: ${JSON.stringify(rows)}`);
    await sleep(100);
  }
}

async function databaseCounters(client: Client): Promise<{ transactions: number; walBytes: number }> {
  // What other sessions have done is counted within a second.
  await sleep(1_500);
  const { rows } = await client.query<{ transactions: string; wal: string }>(
    `SELECT (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = current_database()) AS transactions,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal`,
  );
  return { transactions: Number(rows[0]?.transactions), walBytes: Number(rows[0]?.wal) };
}
