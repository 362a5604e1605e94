import { z } from 'zod';
import { Prisma } from '../../prisma/generated/client';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { queryRow, queryRows } from '../../prisma/store/shared/query-rows';
import { type TestDatabase, testDatabase } from '../support/database';

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await testDatabase();
  db = openDatabase(database.appUrl, 1);
});
afterAll(async () => {
  await db.$disconnect();
  await database.drop();
});

const row = z.object({ id: z.string(), amountFen: z.bigint(), at: z.date() });
const values = (id: string) => Prisma.sql`
  SELECT ${id}::text AS id, 5::bigint AS "amountFen", '2026-01-01T00:00:00Z'::timestamptz AS at`;

describe('rows of raw SQL are parsed', () => {
  test('they have the types of their schema', async () => {
    const expected = { id: 'ord_1', amountFen: 5n, at: new Date('2026-01-01T00:00:00Z') };
    expect(await queryRows(db, row, values('ord_1'))).toEqual([expected]);
    expect(await queryRow(db, row, values('ord_1'))).toEqual(expected);
  });

  test('a query without rows answers none', async () => {
    const none = Prisma.sql`${values('ord_1')} WHERE false`;
    expect(await queryRows(db, row, none)).toEqual([]);
    expect(await queryRow(db, row, none)).toBeNull();
  });

  test('a column of another type or name fails at the query, by its name', async () => {
    await expect(queryRows(db, row.extend({ amountFen: z.string() }), values('ord_1'))).rejects.toThrow(/amountFen/);
    await expect(queryRows(db, row.extend({ state: z.string() }), values('ord_1'))).rejects.toThrow(/state/);
  });
});
