import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { orderCompleted, paymentReceived } from '../domain/ledger/events';
import type { Journal } from '../domain/ledger/journal';
import type { Postgres } from '../scripts/parts/postgres';
import { type Latencies, latenciesOf, throughput } from './load';
import { SIZES } from './sizes';
import { say } from './system';

/** What journals were posted how fast, each in a transaction of its own. */
export type Posting = {
  connections: number;
  providers: number;
  perSecond: number;
  latencies: Latencies;
  /** How many of the connections waited for a lock, on the average. */
  waiting: number;
  /** As many rows inserted a second, each in a transaction of its own: what the disk lets through. */
  bareInserts: number;
};

const CONNECTIONS = [1, 4, 16, 64];
const PROVIDERS = [1, 1_000];
const SAMPLE_MS = 10;

/**
 * Posts completions of orders, whose income goes to accounts that have a balance: of one provider, and of a thousand.
 * @param server with a database that is migrated
 */
export async function postings(server: Postgres): Promise<Posting[]> {
  const owner = new Client({ connectionString: server.ownerUrl });
  await owner.connect();
  try {
    await owner.query('CREATE TABLE floor_inserts (id text PRIMARY KEY, journal jsonb)');
    const found: Posting[] = [];
    for (const providers of PROVIDERS) {
      // Opens the accounts.
      await posted(owner, { server, connections: 4, providers, times: providers });
      for (const connections of CONNECTIONS) {
        say(`completions into the accounts of ${providers}, by ${connections} connections`);
        found.push(await posted(owner, { server, connections, providers, times: SIZES.postings }));
      }
    }
    return found;
  } finally {
    await owner.end();
  }
}

type Load = { server: Postgres; connections: number; providers: number; times: number };

async function posted(owner: Client, { server, connections, providers, times }: Load): Promise<Posting> {
  const journals = await heldPayments(owner, providers, times);
  const pool = new Pool({ connectionString: server.ownerUrl, max: connections });
  // Of a server that was stopped.
  pool.on('error', () => undefined);
  try {
    const each = (text: string) => (index: number) => {
      const { businessKey } = journals[index] ?? { businessKey: '' };
      const payload = JSON.stringify({ ...journals[index], ...by(businessKey) });
      return pool.query({ name: text, text, values: text.includes('$2') ? [businessKey, payload] : [payload] });
    };
    const bareInserts = await throughput(times, connections, each('INSERT INTO floor_inserts VALUES ($1, $2)'));
    const taken: number[] = [];
    const post = each('SELECT post_journal($1::jsonb)');
    const locks = watchLocks(owner);
    const perSecond = await throughput(times, connections, async (index) => {
      const startedAt = performance.now();
      await post(index);
      taken.push(performance.now() - startedAt);
    });
    const waiting = await locks.stop();
    return { connections, providers, perSecond, latencies: latenciesOf(taken), waiting, bareInserts };
  } finally {
    await pool.end();
  }
}

const by = (key: string) => ({ commandId: `cmd/${key}`, actor: 'system', runId: null, effectiveAt: new Date() });

/** Journals by which orders are completed whose payments are held; those are posted here. */
async function heldPayments(owner: Client, providers: number, times: number): Promise<Journal[]> {
  const round = randomBytes(4).toString('hex');
  const paid = Array.from({ length: times }, (_, n) => ({
    orderId: `ord_${round}${n}`,
    channel: 'wechat' as const,
    transactionId: `txn_${round}${n}`,
    amountFen: 200_000,
  }));
  const received = paid.flatMap((payment) => paymentReceived(payment) ?? []);
  await owner.query('SELECT post_journal(j) FROM jsonb_array_elements($1::jsonb) AS j', [
    JSON.stringify(received.map((journal) => ({ ...journal, ...by(journal.businessKey) }))),
  ]);
  return paid.flatMap(({ amountFen: heldFen, ...payment }, n) => {
    const money = { ...payment, providerId: `prv_${providers}_${n % providers}`, feeBasisPoints: 1_000 };
    return orderCompleted({ ...money, heldFen, earnedFen: 0 }) ?? [];
  });
}

/** Looks every few milliseconds how many connections wait for a lock. */
function watchLocks(client: Client) {
  let [looks, waits, running] = [0, 0, true];
  const watching = (async () => {
    while (running) {
      const { rows } = await client.query<{ count: number }>(
        "SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
      );
      looks += 1;
      waits += rows[0]?.count ?? 0;
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
    }
  })();
  return {
    async stop(): Promise<number> {
      running = false;
      await watching;
      return waits / Math.max(1, looks);
    },
  };
}
