import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { claimUnanswered } from '../../../prisma/store/shared/idempotency';
import { startReconciliation } from '../../../worker/relays/reconciliation';
import { type TestDatabase, testDatabase } from '../../support/database';
import { eventually } from '../../support/eventually';

const RECORDS = 5_000;

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 4);
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});
beforeEach(() => db.$executeRaw`DELETE FROM idempotency_records`);

/** Records of commands that an outage left without an answer, and that stored no step. */
async function addUnanswered(count: number, hoursAgo: number): Promise<void> {
  await db.$executeRaw`
    INSERT INTO idempotency_records (id, principal, route, key, body_hash, created_at, look_at)
    SELECT 'cmd_' || n, 'buyer:usr_demo', '/v1/buyer/orders', 'key_' || n, 'test:hash', at, at
    FROM generate_series(1, ${count}::int) n, (SELECT now() - make_interval(hours => ${hoursAgo}::int) AS at) t`;
}

/** How many entries of the index of unanswered records were read so far. */
async function entriesRead(): Promise<number> {
  const rows = await db.$queryRaw<{ read: bigint }[]>`
    SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE indexrelname = 'idempotency_records_unanswered'`;
  return Number(rows[0]?.read);
}

test('after an outage each unanswered command is looked at once by all workers, and then less and less often', async () => {
  await addUnanswered(RECORDS, 3);
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const relays = [1, 2].map(() => {
    const client = new Client({ connection });
    return startReconciliation({
      db: openDatabase(database.appUrl, 1),
      client,
      logger: pino({ level: 'silent' }),
      intervalMs: 50,
    });
  });
  try {
    await eventually(async () => expect(await db.idempotencyRecord.count({ where: { looks: 0 } })).toBe(0), 30_000);
    const before = await eventually(async () => {
      const read = await entriesRead();
      // PostgreSQL counts what a connection has read some time later.
      await sleep(1_500);
      expect(await entriesRead()).toBe(read);
      return read;
    }, 30_000);
    await sleep(3_000);
    expect((await entriesRead()) - before).toBeLessThan(RECORDS);
    expect(await db.idempotencyRecord.count({ where: { looks: 1 } })).toBe(RECORDS);
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()));
    await connection.close();
  }
});

test('the pause between two looks at an unanswered command grows to an hour, after however many looks', async () => {
  await addUnanswered(1, 3);
  for (const [looks, seconds] of [
    [0, 10],
    [1, 20],
    [5, 320],
    [9, 3_600],
    [10_000, 3_600],
  ] as const) {
    await db.$executeRaw`UPDATE idempotency_records SET looks = ${looks}, look_at = now() - interval '1 second'`;
    expect(await claimUnanswered(db, 10)).toEqual([{ commandId: 'cmd_1', objectId: null, sequence: null }]);
    expect(await claimUnanswered(db, 10)).toEqual([]);
    const { lookAt } = await db.idempotencyRecord.findUniqueOrThrow({ where: { id: 'cmd_1' } });
    expect(Math.abs(lookAt.getTime() - Date.now() - seconds * 1_000)).toBeLessThan(5_000);
  }
});

test('I-4: whose command was stored and never answered is asked to catch up: every object that people send commands to', async () => {
  const objects = { ord: 'order', dlv: 'delivery', rfd: 'refund', inv: 'invoice' };
  await addUnanswered(4, 0);
  const asked: string[] = [];
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const interceptor = {
    signal: async ({ workflowExecution }: { workflowExecution: { workflowId?: string } }) => {
      asked.push(workflowExecution.workflowId ?? '');
    },
  };
  for (const [index, prefix] of Object.keys(objects).entries()) {
    const step = {
      objectId: `${prefix}_1`,
      sequence: 2,
      commandId: `cmd_${index + 1}`,
      actorRole: 'buyer',
      actorId: 'x',
    };
    await db.step.create({ data: { ...step, action: 'a', note: '', stateAfter: {}, at: new Date() } });
  }
  const client = new Client({ connection, interceptors: { workflow: [interceptor] } });
  const relay = startReconciliation({ db, client, logger: pino({ level: 'silent' }), intervalMs: 50 });
  try {
    await eventually(async () =>
      expect(await db.idempotencyRecord.count({ where: { reconciledAt: { not: null } } })).toBe(4),
    );
    expect(asked.sort()).toEqual(
      Object.entries(objects)
        .map(([prefix, name]) => `${name}/${prefix}_1`)
        .sort(),
    );
  } finally {
    await relay.stop();
    await connection.close();
  }
});
