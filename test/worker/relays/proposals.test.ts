import { addProposal, purgeProposals } from '../../../prisma/store/reviews/proposals';
import { openDatabase } from '../../../prisma/store/shared/database';
import { seededDatabase, type TestDatabase } from '../../support/database';

let database: TestDatabase;
beforeAll(async () => {
  database = await seededDatabase();
});
afterAll(() => database.drop());

test('GEN-3: a proposal whose review never stored it is deleted after 30 days', async () => {
  const db = openDatabase(database.appUrl, 2);
  for (const id of ['app_old', 'app_new']) await addProposal(db, { id, providerId: 'prv_demo', content: {} });
  await db.$executeRaw`UPDATE proposals SET created_at = now() - interval '31 days' WHERE id = 'app_old'`;
  expect(await purgeProposals(db, 24 * 30)).toBe(1);
  expect(await db.proposal.findMany({ select: { id: true } })).toEqual([{ id: 'app_new' }]);
  await db.$disconnect();
});
