import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { projectRoot } from '../../scripts/parts/root';
import { seededDatabase, type TestDatabase } from '../support/database';
import { BIG_TABLES, ROWS, seedBigTables } from './support/big-tables';
import { LISTED_PARAMETERS, type Listing, listings } from './support/listings';

/** Pages of 8 KB that a list may read for one page of its own, however many rows there are: 200,000 have several thousands. */
const MOST_BLOCKS = 1_500;

type Query = { text: string; values: unknown[] };
type Plan = { 'Node Type': string; 'Relation Name'?: string | undefined; Plans?: Plan[] | undefined };
const plan: z.ZodType<Plan> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  Plans: z.lazy(() => z.array(plan)).optional(),
});
const explained = z
  .array(
    z.object({
      'QUERY PLAN': z.tuple([
        z.object({
          Plan: z.intersection(plan, z.object({ 'Shared Hit Blocks': z.int(), 'Shared Read Blocks': z.int() })),
        }),
      ]),
    }),
  )
  .length(1);

let database: TestDatabase;
let db: Database;
let explaining: pg.Client;
beforeAll(async () => {
  database = await seededDatabase();
  await seedBigTables(database.adminUrl);
  db = openDatabase(database.appUrl, 1);
  explaining = new pg.Client({ connectionString: database.appUrl });
  await explaining.connect();
}, ROWS * 3);
afterAll(async () => {
  await explaining.end();
  await db.$disconnect();
  await database.drop();
}, 60_000);

/** The queries that a store function sends, as the driver sends them. */
async function queriesOf(listing: Listing): Promise<Query[]> {
  const sent: Query[] = [];
  const query = jest.spyOn(pg.Client.prototype, 'query').mockImplementation(function spied(
    this: pg.Client,
    ...args: unknown[]
  ) {
    const asked = z.object({ text: z.string(), values: z.array(z.unknown()).default([]) }).safeParse(args[0]);
    if (asked.success && asked.data.text.trimStart().toUpperCase().startsWith('SELECT')) sent.push(asked.data);
    return Reflect.apply(original, this, args);
  });
  try {
    await listing.read(db);
  } finally {
    query.mockRestore();
  }
  return sent;
}
const original = pg.Client.prototype.query;

/** What is wrong with the way in which PostgreSQL carries a query out: nothing, or a text for each fault. */
async function faultsOf({ text, values }: Query): Promise<string[]> {
  const answer = await explaining.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
  const [{ 'QUERY PLAN': found }] = z.tuple([explained.element]).parse(answer.rows);
  const { Plan: top } = found[0];
  const blocks = top['Shared Hit Blocks'] + top['Shared Read Blocks'];
  const scanned = nodesOf(top).filter(
    ({ 'Node Type': type, 'Relation Name': table = '' }) => type.endsWith('Seq Scan') && BIG_TABLES.includes(table),
  );
  return [
    ...scanned.map((node) => `scans ${node['Relation Name']}`),
    ...(blocks > MOST_BLOCKS ? [`reads ${blocks} blocks`] : []),
  ];
}

const nodesOf = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

test(
  'no list that the API serves scans a table, whatever it is filtered by',
  async () => {
    const faults: string[] = [];
    let asked = 0;
    for (const listing of listings()) {
      const queries = await queriesOf(listing);
      expect(queries.length).toBeGreaterThan(0);
      for (const query of queries) {
        asked += 1;
        for (const fault of await faultsOf(query)) faults.push(`${listing.name}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThan(200);
  },
  ROWS,
);

test('a query that scans is found: the store does not read a table by what nothing finds', async () => {
  const planted: Query = { text: 'SELECT id FROM orders WHERE product_name = $1 ORDER BY id LIMIT 21', values: ['-'] };
  expect(await faultsOf(planted)).not.toEqual([]);
});

test('every list of the store is asked', () => {
  const folder = path.join(projectRoot, 'prisma', 'store');
  const exported = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...readFileSync(path.join(folder, file), 'utf8').matchAll(
        /^export (?:async )?function ((?:list|read)[A-Z]\w+)/gm,
      ),
    ])
    .map(([, name = '']) => name);
  const asked = new Set(listings().map(({ name }) => name.split(' ')[0]));
  expect(exported.filter((name) => !asked.has(name))).toEqual([]);
});

test('every parameter of a paged route is a filter that is asked', () => {
  const parameter = z.object({ name: z.string().default(''), in: z.string().default('') });
  const document = z.object({
    paths: z.record(z.string(), z.object({ get: z.object({ parameters: z.array(parameter).default([]) }).optional() })),
  });
  const { paths } = document.parse(JSON.parse(readFileSync(path.join(projectRoot, 'docs', 'openapi.json'), 'utf8')));
  const parameters = Object.values(paths)
    .map(({ get }) => (get?.parameters ?? []).filter((found) => found.in === 'query').map(({ name }) => name))
    .filter((names) => names.includes('limit'))
    .flat();
  expect([...new Set(parameters)].filter((name) => !LISTED_PARAMETERS.includes(name))).toEqual([]);
});
