import { setTimeout as sleep } from 'node:timers/promises';
import { deliveryActivities } from '../../activities/deliveries';
import { lockObject } from '../../prisma/store/shared/audited-transaction';
import { type Database, isDatabaseLost, isRefusedForGood, openDatabase } from '../../prisma/store/shared/database';
import { POLICY } from '../factories/states';
import { run, type Store, startStore, stepOf } from '../support/store';

const LIMITS = { connectMs: 300, lockMs: 200, statementMs: 400, idleInTransactionMs: 600, keepAliveMs: 10_000 };

let store: Store;
let limited: Database;
beforeAll(async () => {
  store = await startStore();
});
beforeEach(() => {
  limited = openDatabase(store.url, 1, 'durable', LIMITS);
});
afterEach(() => limited.$disconnect());
afterAll(() => store.stop());

/** Everybody may try again what was refused so: 503 from the API, another attempt of an activity. */
async function expectRetryable(work: Promise<unknown>, message: RegExp): Promise<void> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(String(error)).toMatch(message);
  expect([isDatabaseLost(error), isRefusedForGood(error)]).toEqual([true, false]);
}

/** Holds a lock on an object, or on a delivery's row, until what is done meanwhile is done. */
async function whileLocked(objectId: string, work: () => Promise<void>): Promise<void> {
  await store.db.$transaction(async (tx) => {
    await lockObject(tx, objectId);
    await tx.$executeRaw`SELECT FROM deliveries WHERE id = ${objectId} FOR UPDATE`;
    await work();
  });
}

describe('nothing waits for the database for ever, and whoever gave up may try again', () => {
  test('a lock that does not come free is given up', () =>
    whileLocked('shp_locked', () =>
      expectRetryable(
        limited.$transaction((tx) => lockObject(tx, 'shp_locked')),
        /lock timeout/,
      ),
    ));

  test('a statement that takes too long is given up', () =>
    expectRetryable(limited.$queryRaw`SELECT pg_sleep(5)`, /statement timeout/));

  test('a transaction that stands still is ended by the server, which frees its locks', async () => {
    const accessStatus = limited.$transaction(async (tx) => {
      await lockObject(tx, 'shp_standing');
      await sleep(2 * LIMITS.idleInTransactionMs);
      await lockObject(tx, 'shp_another');
    });
    await expectRetryable(accessStatus, /not queryable|terminat/);
    await store.db.$transaction((tx) => lockObject(tx, 'shp_standing'));
  });

  test('a connection that is not to be had is waited for no longer than the limit', async () => {
    const taken = limited.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1`;
      await expectRetryable(limited.$queryRaw`SELECT 1`, /timeout exceeded when trying to connect/);
    });
    await taken;
  });

  test('I-3: a step of a workflow whose row is locked is tried again, and written once', async () => {
    const { terms, state } = await store.paid();
    const { recordDeliveryStep } = deliveryActivities({ ...store.outside, db: limited });
    const step = stepOf({ deliveryId: terms.deliveryId, sequence: 2, state }, 'buyer.requirement');
    const record = () => run(recordDeliveryStep, { step, appealTarget: POLICY.appealTarget });
    await whileLocked(terms.deliveryId, async () => {
      await expect(record()).rejects.not.toHaveProperty('nonRetryable');
    });
    await record();
    expect(await store.db.step.count({ where: { commandId: step.commandId } })).toBe(1);
  });
});
