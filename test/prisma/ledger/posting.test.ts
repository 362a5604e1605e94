import fc from 'fast-check';
import { Client } from 'pg';
import { CHART, incomeAccount } from '../../../domain/ledger/accounts';
import { orderCompleted, paymentReceived, reversal } from '../../../domain/ledger/events';
import { credit, debit, type Journal, journalOf } from '../../../domain/ledger/journal';
import { type PostedBy, postJournal } from '../../../prisma/store/ledger/post';
import { type Database, openDatabase } from '../../../prisma/store/shared/database';
import { unique } from '../../factories/commands';
import { moneyOf, ofJournal } from '../../factories/ledger';
import { type TestDatabase, testDatabase } from '../../support/database';

let database: TestDatabase;
let db: Database;
let owner: Client;
beforeAll(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 20);
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await Promise.all([db.$disconnect(), owner.end()]);
  await database.drop();
});

const BY: PostedBy = {
  commandId: 'cmd_1',
  actor: 'system',
  runId: 'run_1',
  effectiveAt: new Date('2026-11-24T00:00:00Z'),
};
const post = (journal: Journal | null, by = BY) => postJournal(db, journal, by);

function payment(amountFen = 1_000) {
  const n = unique();
  return { orderId: `ord_${n}`, channel: 'wechat', transactionId: `txn_${n}`, amountFen } as const;
}

/** What all entries come to, or those of an account: debits less credits. */
async function replayed(where: { accountId?: string } = {}): Promise<number> {
  const sums = await db.entry.groupBy({ by: 'accountId', where, _sum: { debitFen: true, creditFen: true } });
  return sums.reduce((total, { _sum }) => total + Number((_sum.debitFen ?? 0n) - (_sum.creditFen ?? 0n)), 0);
}

const countAll = async () => [await db.journal.count(), await db.entry.count()];

describe('WDR-9: a journal', () => {
  test('is posted once: its business key with the same content answers the same journal', async () => {
    const paid = paymentReceived(payment());
    const first = await post(paid);
    const before = await countAll();
    expect(await post(paid, { ...BY, runId: 'run_2', effectiveAt: new Date() })).toBe(first);
    expect(await countAll()).toEqual(before);
  });

  test('with another content under its business key is refused', async () => {
    const paid = payment();
    await post(paymentReceived(paid));
    const before = await countAll();
    await expect(post(paymentReceived({ ...paid, amountFen: 999 }))).rejects.toThrow(/posted with another content/);
    expect(await countAll()).toEqual(before);
  });

  test('that 20 transactions post at the same time is one', async () => {
    const paid = paymentReceived(payment());
    const ids = await Promise.all(Array.from({ length: 20 }, () => post(paid)));
    expect(new Set(ids).size).toBe(1);
    expect(await db.entry.count({ where: { journalId: ids[0] ?? '' } })).toBe(2);
  });

  test('that does not balance, is not in the chart, or has one line is refused', async () => {
    const of = (entries: Journal['entries']): Journal => ({ ...ofJournal(paymentReceived(payment())), entries });
    const before = await countAll();
    await expect(post(of([debit('platform_fee', 2), credit('suspense', 1)]))).rejects.toThrow(/does not balance/);
    await expect(post(of([debit('platform_fee', 2), credit('slush_fund', 2)]))).rejects.toThrow(
      /no account slush_fund/,
    );
    await expect(post(of([debit('platform_fee', 2)]))).rejects.toThrow(/journals_lines/);
    await expect(post(of([debit('platform_fee', 0), credit('suspense', 0)]))).rejects.toThrow(/entries_one_side/);
    expect(await countAll()).toEqual(before);
  });

  test('is taken back once', async () => {
    const paid = ofJournal(paymentReceived(payment()));
    const id = (await post(paid)) ?? '';
    const back = ofJournal(reversal({ id, objectId: paid.objectId, entries: paid.entries }));
    await post(back);
    await expect(post({ ...back, businessKey: 'another key' })).rejects.toThrow(/reverses_id/);
  });

  test('that resolves a hold resolves it once, whoever asks under which key', async () => {
    const resolvesId = `hold_${unique()}`;
    const resolving = (businessKey: string) =>
      journalOf({ kind: 'adjustment', businessKey, objectId: resolvesId, resolvesId }, [
        debit('platform_fee', 5),
        credit('suspense', 5),
      ]);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, n) => post(resolving(`${resolvesId}/${n}`))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(String(outcomes.find((one) => one.status === 'rejected')?.reason)).toMatch(/resolves_id/);
  });
});

describe('WDR-9: entries', () => {
  test('are refused to the application, which posts by the function alone', async () => {
    const app = new Client({ connectionString: database.appUrl });
    await app.connect();
    const id = await post(paymentReceived(payment()));
    for (const forged of [
      `INSERT INTO entries (journal_id, line, account_id, debit_fen) VALUES ('${id}', 3, 'platform_fee', 1)`,
      `INSERT INTO accounts (id, kind) VALUES ('slush_fund', 'platform_fee')`,
      `UPDATE account_balances SET balance_fen = 1`,
      `DELETE FROM clearing_balances`,
      `SELECT move_account_balance('provider:prv_1:wechat:pending', 1)`,
    ]) {
      await expect(app.query(forged)).rejects.toThrow(/permission denied/);
    }
    await app.end();
  });

  test('belong to the transaction that made their journal: also the owner adds none later', async () => {
    const id = await post(paymentReceived(payment()));
    const forged = `INSERT INTO entries (journal_id, line, account_id, debit_fen) VALUES ('${id}', 3, 'platform_fee', 1)`;
    await expect(owner.query(forged)).rejects.toThrow(/does not belong to the transaction/);
  });

  test('are not added to a journal that was checked early in its transaction', async () => {
    const journal = JSON.stringify({ ...ofJournal(paymentReceived(payment())), ...BY });
    await owner.query('BEGIN');
    const { rows } = await owner.query<{ id: string }>('SELECT post_journal($1) AS id', [journal]);
    await owner.query('SET CONSTRAINTS ALL IMMEDIATE');
    const forged = `INSERT INTO entries (journal_id, line, account_id, debit_fen) VALUES ('${rows[0]?.id}', 3, 'platform_fee', 1)`;
    await expect(owner.query(forged)).rejects.toThrow(/does not belong to the transaction/);
    await owner.query('ROLLBACK');
  });

  test('are not there when their transaction is rolled back, nor are the balances', async () => {
    const paid = payment();
    const before = await countAll();
    const rolledBack = db.$transaction(async (tx) => {
      await postJournal(tx, paymentReceived(paid), BY);
      throw new Error('dry run');
    });
    await expect(rolledBack).rejects.toThrow('dry run');
    expect(await countAll()).toEqual(before);
    expect(await db.clearingBalance.count({ where: { clearingKey: paid.transactionId } })).toBe(0);
  });
});

describe('WDR-9: balances', () => {
  test('are never below zero: what was paid once is earned once', async () => {
    const paid = payment();
    await post(paymentReceived(paid));
    const money = moneyOf({ orderId: paid.orderId, transactionId: paid.transactionId, heldFen: 1_000 });
    await post(orderCompleted(money));
    const again = { ...ofJournal(orderCompleted(money)), businessKey: `again/${paid.orderId}` };
    await expect(post(again)).rejects.toThrow(/clearing_balances_not_negative/);
    const withdrawn = journalOf(
      { kind: 'adjustment', businessKey: `too much/${paid.orderId}`, objectId: paid.orderId },
      [debit(incomeAccount('prv_poor', 'wechat', 'pending'), 1), credit('suspense', 1)],
    );
    await expect(post(withdrawn)).rejects.toThrow(/account_balances_not_negative/);
  });

  test('of a clearing key are gone when nothing is open under it', async () => {
    const paid = payment();
    await post(paymentReceived(paid));
    expect(await db.clearingBalance.count({ where: { clearingKey: paid.transactionId } })).toBe(1);
    await post(orderCompleted(moneyOf({ orderId: paid.orderId, transactionId: paid.transactionId, heldFen: 1_000 })));
    expect(await db.clearingBalance.count({ where: { clearingKey: paid.transactionId } })).toBe(0);
  });

  test('count 50 postings into one account at the same time, each with a number of its own', async () => {
    const providerId = `prv_${unique()}`;
    const accountId = incomeAccount(providerId, 'wechat', 'pending');
    const payments = Array.from({ length: 50 }, () => payment());
    await Promise.all(payments.map((paid) => post(paymentReceived(paid))));
    await Promise.all(
      payments.map(({ orderId, transactionId }) =>
        post(orderCompleted(moneyOf({ orderId, transactionId, providerId, heldFen: 1_000 }))),
      ),
    );
    const balance = await db.accountBalance.findUnique({ where: { accountId } });
    expect(balance).toEqual({ accountId, balanceFen: 45_000n, version: 50n });
    const entries = await db.entry.findMany({ where: { accountId }, orderBy: { accountVersion: 'asc' } });
    expect(entries.map(({ accountVersion }) => Number(accountVersion))).toEqual(payments.map((_, n) => n + 1));
  });

  test('follow from replaying the entries, over random histories of which some are rolled back', async () => {
    const accounts = ['a', 'b'].flatMap((name) =>
      (['pending', 'withdrawable'] as const).map((stage) => incomeAccount(`prv_${name}${unique()}`, 'tenpay', stage)),
    );
    const model = new Map(accounts.map((id) => [id, 0]));
    const move = fc.record({
      from: fc.option(fc.constantFrom(...accounts)),
      to: fc.constantFrom(...accounts),
      amountFen: fc.integer({ min: 1, max: 1_000 }),
      commits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 12 }), async (moves) => {
        for (const { from, to, amountFen, commits } of moves) {
          if (from === to) continue;
          const key = unique();
          const lines = [debit(from ?? 'suspense', amountFen), credit(to, amountFen)];
          const journal = journalOf({ kind: 'adjustment', businessKey: `move/${key}`, objectId: `${key}` }, lines);
          const isCovered = from === null || (model.get(from) ?? 0) >= amountFen;
          const posted = await db
            .$transaction(async (tx) => {
              await postJournal(tx, journal, BY);
              if (!commits) throw new Error('rolled back');
            })
            .then(
              () => true,
              () => false,
            );
          expect(posted).toBe(isCovered && commits);
          if (!posted) continue;
          if (from !== null) model.set(from, (model.get(from) ?? 0) - amountFen);
          model.set(to, (model.get(to) ?? 0) + amountFen);
        }
        for (const [accountId, balanceFen] of model) {
          const stored = await db.accountBalance.findUnique({ where: { accountId } });
          expect([Number(stored?.balanceFen ?? 0n), 0 - (await replayed({ accountId }))]).toEqual([
            balanceFen,
            balanceFen,
          ]);
        }
        expect(await replayed()).toBe(0);
      }),
      { numRuns: 15 },
    );
  });
});

test('the chart of the rules is the chart of the database', async () => {
  const kinds = await db.accountKind.findMany();
  const chart = Object.fromEntries(kinds.map(({ kind, side, limitedBy }) => [kind, { side, limitedBy }]));
  expect(chart).toEqual(CHART);
  await post(paymentReceived(payment()));
  const opened = await db.account.findMany({ where: { channel: 'wechat', providerId: null }, orderBy: { id: 'asc' } });
  expect(opened.map(({ id, kind }) => [id, kind])).toEqual([
    ['buyer_funds:wechat', 'buyer_funds'],
    ['channel:wechat', 'channel'],
  ]);
});
