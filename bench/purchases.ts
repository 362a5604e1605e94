import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import type { OrderTerms } from '../domain/orders/order';
import { newOrder, pay } from '../domain/orders/state';
import { type OrderStep, PLACED } from '../domain/orders/step';
import { orderPolicy, parsePolicy } from '../domain/policies/catalogue';
import { systemCause } from '../domain/shared/step';
import { seed } from '../prisma/seed/index';
import { writeOrderStep } from '../prisma/store/orders/steps';
import { type Database, openDatabase } from '../prisma/store/shared/database';
import { migrate } from '../scripts/migrate';
import type { Postgres } from '../scripts/parts/postgres';
import { measured, medianThroughput, type Throughput } from './cpu';
import { barePurchase, floorTablesOf, rowsOf } from './floors/purchase';
import { median } from './load';
import { SIZES } from './sizes';
import { say } from './system';

/** Ways to write the rows of a purchase, in two transactions. */
export const WAYS = ['ledger', 'unposted', 'sameRows', 'withoutLedger'] as const;
export type Purchases = { [way in (typeof WAYS)[number]]: Throughput };

const POLICY = orderPolicy(parsePolicy());
const HOUR_MS = 3_600_000;
/** As long as what differs in ids. */
const newToken = () => randomBytes(13).toString('hex');

/** An order of the demonstration's buyer. @param token what all of its ids have in common */
const termsOf = (token: string): OrderTerms => ({
  orderId: `ord_${token}`,
  deliveryId: `dlv_${token}`,
  buyerId: 'usr_demo',
  providerId: 'prv_demo',
  productId: 'prd_service',
  productName: '小程序定制开发',
  specId: 'spc_service_basic',
  specName: '基础版',
  paymentChannel: 'wechat',
  payableFen: 200_000,
  originalFen: 200_000,
  productType: 'human_service',
  supervised: true,
  productVersion: 1,
  agreementSha256: null,
  feeBasisPoints: 1_000,
  flow: 'standard',
});

function placedStep(token: string): OrderStep {
  const [terms, atMs] = [termsOf(token), Date.now()];
  return {
    commandId: `cmd_${token}`,
    action: 'order.placed',
    actorRole: 'buyer',
    actorId: terms.buyerId,
    requestId: `req_${token}`,
    sourceIp: '127.0.0.1',
    note: '',
    state: newOrder(terms, atMs + HOUR_MS),
    notices: [],
    sequence: PLACED,
    atMs,
    terms,
    policy: POLICY,
    knownPaymentIds: [],
  };
}

function paidStep(placed: OrderStep, token: string): OrderStep {
  const { terms, state } = placed;
  const { orderId, paymentChannel: channel, payableFen: amountFen } = terms;
  const [atMs, transactionId] = [Date.now(), `txn_${token}`];
  const payment = { paymentId: `pay_${token}`, orderId, channel, transactionId, amountFen, receivedAtMs: atMs };
  const paid = pay(terms, state, payment, atMs);
  if (paid === null) throw new Error(`${orderId} did not take its payment`);
  const cause = systemCause(`${orderId}/${channel}/${transactionId}`, 'order.paid');
  return { ...placed, ...cause, ...paid, sequence: PLACED + 1, atMs };
}

/** A purchase as the system stores it; `between` is done when it is placed. */
async function purchase(db: Database, token = newToken(), between = async () => {}): Promise<void> {
  const placed = placedStep(token);
  await store(db, placed, token);
  await between();
  await store(db, paidStep(placed, token), token);
}

async function store(db: Database, step: OrderStep, token: string): Promise<void> {
  const stored = await writeOrderStep(db, step, `run_${token}`);
  if (typeof stored === 'string' || stored.commandId !== step.commandId) {
    throw new Error(`${step.action} of ${token} was not stored`);
  }
}

/** Measures the transactions of purchases in every way, in turn, several times; answers the medians. */
export async function purchases(server: Postgres): Promise<Purchases> {
  await migrate(server);
  await seed(server.appUrl);
  const unposted = await server.createDatabase('unposted', 'marketplace');
  await asOwner(unposted.ownerUrl, [
    'CREATE OR REPLACE FUNCTION post_inserted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
  ]);
  const pool = new Pool({ connectionString: server.appUrl, max: SIZES.concurrency });
  // Of a server that was stopped.
  pool.on('error', () => undefined);
  const db = openDatabase(server.appUrl, SIZES.concurrency);
  const unpostedDb = openDatabase(unposted.appUrl, SIZES.concurrency);
  try {
    const sample = await sampleOf(db, pool);
    const appRole = `"${new URL(server.appUrl).username}"`;
    await asOwner(server.ownerUrl, floorTablesOf(sample, appRole));
    const ways: { [way in keyof Purchases]: () => Promise<void> } = {
      ledger: () => purchase(db),
      unposted: () => purchase(unpostedDb),
      sameRows: barePurchase(pool, sample, true),
      withoutLedger: barePurchase(pool, sample, false),
    };
    const parts = { api: process.pid, worker: null, temporal: null, postgres: server.pid };
    const found = new Map<string, Throughput[]>(WAYS.map((way) => [way, []]));
    // The first round warms up.
    for (let number = 0; number <= SIZES.rounds; number += 1) {
      say(number === 0 ? 'transactions of purchases: warming up' : `round ${number} of ${SIZES.rounds}`);
      for (const way of WAYS) {
        const figures = await measured(parts, ways[way], SIZES.purchases);
        if (number > 0) found.get(way)?.push(figures);
      }
    }
    const medianOf = (way: keyof Purchases) => medianThroughput(found.get(way) ?? [], median);
    return {
      ...{ ledger: medianOf('ledger'), unposted: medianOf('unposted') },
      ...{ sameRows: medianOf('sameRows'), withoutLedger: medianOf('withoutLedger') },
    };
  } finally {
    await Promise.all([pool.end(), db.$disconnect(), unpostedDb.$disconnect()]);
  }
}

/** What the system stores of a purchase. */
async function sampleOf(db: Database, pool: Pool) {
  // The first one opens the accounts.
  await purchase(db);
  const token = newToken();
  const client = await pool.connect();
  try {
    let placed = new Map() as Awaited<ReturnType<typeof rowsOf>>;
    await purchase(db, token, async () => {
      placed = await rowsOf(client, token);
    });
    return { token, placed, paid: await rowsOf(client, token) };
  } finally {
    client.release();
  }
}

async function asOwner(ownerUrl: string, statements: string[]): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    for (const statement of statements) await owner.query(statement);
  } finally {
    await owner.end();
  }
}
