import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { projectRoot } from '../../scripts/parts/root';
import { eventually } from '../support/eventually';
import { expectAgreement } from './support/agreement';
import { type Client, codeOf, createClient } from './support/client';
import type { Deal } from './support/deal';
import { inParallel, range } from './support/in-parallel';
import { type FaultSystem, startSystem } from './support/system';
import { requestFor, send } from './support/walk';

const POOL = 3;
const LOCK_MS = 700;
const IDLE_IN_TRANSACTION_MS = 4_000;
/** More than the connections that there are: they all want what is locked. */
const BLOCKED = 2 * POOL;
const HOLDER = 'lock-holder';
/** Whose profile is locked. */
const PROVIDER = 'usr_provider_demo';

describe('a process is frozen while it holds locks', () => {
  let system: FaultSystem;
  let client: Client;
  let holder: ChildProcess | undefined;
  beforeAll(async () => {
    system = await startSystem({
      env: {
        DATABASE_POOL: String(POOL),
        DATABASE_LOCK_TIMEOUT_MS: String(LOCK_MS),
        DATABASE_IDLE_IN_TRANSACTION_TIMEOUT_MS: String(IDLE_IN_TRANSACTION_MS),
      },
    });
    client = createClient(system);
  }, 120_000);
  afterEach(() => void holder?.kill('SIGKILL'));
  afterAll(() => system.stop(), 60_000);

  /** How many transactions of the frozen process the server still has, both locks taken. */
  async function heldTransactions(): Promise<number> {
    const rows = await system.db.$queryRaw<unknown[]>`
      SELECT FROM pg_stat_activity
      WHERE application_name = ${HOLDER} AND state = 'idle in transaction' AND query LIKE 'UPDATE deliveries%'`;
    return rows.length;
  }

  /** Another process of ours takes the locks, and is frozen. */
  async function freezeHolderOf({ deliveryId }: Deal): Promise<ChildProcess> {
    const entry = path.join(projectRoot, 'dist', 'test', 'faults', 'support', 'lock-holder.js');
    const url = `${system.environment.DATABASE_URL}?application_name=${HOLDER}`;
    const env = { ...system.environment, DATABASE_URL: url, LOCK_OBJECT: PROVIDER, LOCK_DELIVERY: deliveryId };
    const child = spawn(process.execPath, [entry], { env, stdio: ['ignore', 'inherit', 'inherit'] });
    if (child.pid === undefined) throw new Error('The lock holder did not start');
    system.note(HOLDER, child.pid);
    await eventually(async () => expect(await heldTransactions()).toBe(1));
    child.kill('SIGSTOP');
    return child;
  }

  async function saveProfile(): Promise<number> {
    const response = await fetch(`${system.apiUrl}/v1/me`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${system.tokens.provider}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: '王五', email: 'wang@provider.example', phone: null, language: 'zh-CN' }),
    });
    await response.body?.cancel();
    return response.status;
  }

  test('the others go on meanwhile, its transaction is ended, and what waited for it is done once', async () => {
    const [locked, free] = [await client.buy(), await client.buy()];
    holder = await freezeHolderOf(locked);

    const blockedSaves = inParallel(range(BLOCKED), BLOCKED, saveProfile);
    const post = requestFor(locked.deliveryId, 'buyer.requirement');
    const blockedCommand = client.post(post);

    // While it holds them: reads and commands on everything else are answered.
    const startedAt = Date.now();
    await send(client, free, 'buyer.requirement');
    await client.buy();
    const reads = await inParallel(range(4 * POOL), 4 * POOL, () => client.get('buyer', '/buyer/orders'));
    expect(new Set(reads.map(({ status }) => status))).toEqual(new Set([200]));
    expect(Date.now() - startedAt).toBeLessThan(10_000);

    // Whoever waited for its lock is told to come back.
    const statuses = await blockedSaves;
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThanOrEqual(POOL);
    expect(statuses.filter((status) => status !== 503 && status !== 200)).toEqual([]);
    await eventually(async () => expect(await heldTransactions()).toBe(0), 2 * IDLE_IN_TRANSACTION_MS);
    expect(holder.exitCode).toBeNull();
    expect(await saveProfile()).toBe(200);

    expect([(await blockedCommand).status, codeOf(await blockedCommand)]).toEqual([200, '']);
    locked.done.push({ action: 'buyer.requirement', post });
    for (const deal of [locked, free]) await send(client, deal, 'provider.requirement.confirm');
    expect(await system.db.step.count({ where: { objectId: locked.deliveryId } })).toBe(locked.done.length + 1);
    await expectAgreement(system, [locked, free]);
  }, 120_000);

  test('I-3: thawed, it does not do the rest of a transaction that was ended', async () => {
    const deal = await client.buy();
    holder = await freezeHolderOf(deal);
    await eventually(async () => expect(await heldTransactions()).toBe(0), 2 * IDLE_IN_TRANSACTION_MS);
    const ended = once(holder, 'exit');
    holder.kill('SIGCONT');
    expect(await ended).toEqual([1, null]);
    const { updatedAt } = await system.db.delivery.findUniqueOrThrow({ where: { id: deal.deliveryId } });
    expect(updatedAt.getTime()).toBeGreaterThan(0);
    await send(client, deal, 'buyer.requirement');
  }, 60_000);
});
