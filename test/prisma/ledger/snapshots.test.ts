import { credit, debit, journalOf } from '../../../domain/ledger/journal';
import { postJournal } from '../../../prisma/store/ledger/post';
import { snapshotHorizon, takeSnapshot, trialBalance } from '../../../prisma/store/ledger/reports';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { unique } from '../../factories/commands';
import { closeBooks } from '../../support/books';
import { type TestDatabase, testDatabase } from '../../support/database';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 5);
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

const BY = { commandId: 'cmd_1', actor: 'system', runId: null, effectiveAt: new Date() };
const journal = (amountFen: number) =>
  journalOf({ kind: 'adjustment', businessKey: `test/${unique()}`, objectId: 'obj_1' }, [
    debit('channel:tenpay', amountFen),
    credit('suspense', amountFen),
  ]);
const post = (amountFen: number) => postJournal(db, journal(amountFen), BY);
const balanceAt = async (at: Date) =>
  (await trialBalance(db, at)).map(({ kind, debitFen, creditFen }) => [kind, debitFen, creditFen]);
/** The database's clock, in the next millisecond. */
async function instant(): Promise<Date> {
  await new Promise((resolve) => setTimeout(resolve, 2));
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  await new Promise((resolve) => setTimeout(resolve, 2));
  return row?.now ?? new Date();
}

describe('WDR-9: the balance of accounts without a limit is a daily snapshot and the tail', () => {
  test('the same with a snapshot and without one, before it, at it and after it', async () => {
    await post(10);
    const first = await instant();
    await post(20);
    const second = await instant();
    await post(30);
    const instants = [first, second, await instant()];
    const before = await Promise.all(instants.map(balanceAt));
    expect(before).toEqual(
      [10, 30, 60].map((fen) => [
        ['channel', fen, 0],
        ['suspense', 0, fen],
      ]),
    );
    await closeBooks(db, second);
    expect(await Promise.all(instants.map(balanceAt))).toEqual(before);
    await closeBooks(db, second);
    expect(await db.balanceSnapshot.count()).toBe(2);
  });

  test('a snapshot builds on the one before, however long ago that was', async () => {
    await post(5);
    const until = await instant();
    const expected = await balanceAt(until);
    await closeBooks(db, until);
    expect(await balanceAt(until)).toEqual(expected);
  });

  test('none is taken of an instant to come, nor while a transaction may still post before it', async () => {
    expect(await snapshotHorizon(db, new Date(Date.now() + 60_000))).toBeNull();
    let until = new Date();
    await db.$transaction(async (tx) => {
      await postJournal(tx, journal(7), BY);
      until = await instant();
      const horizon = (await snapshotHorizon(db, until)) ?? 0n;
      expect(await takeSnapshot(db, until, horizon)).toBe(false);
    });
    const expected = await balanceAt(until);
    await closeBooks(db, until);
    expect(await balanceAt(until)).toEqual(expected);
  });
});
