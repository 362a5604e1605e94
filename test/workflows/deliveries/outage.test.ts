import { Client } from 'pg';
import { eventually } from '../../support/eventually';
import { sentBack } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
let owner: Client;
beforeAll(async () => {
  world = await startWorld();
  owner = new Client({ connectionString: world.database.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await world.stop();
});

/** What the refunds need is away while something happens. */
async function withoutTables(happening: () => Promise<void>): Promise<void> {
  const tables = ['refunds', 'messages'];
  for (const table of tables) await owner.query(`ALTER TABLE ${table} RENAME TO ${table}_away`);
  await happening();
  for (const table of tables) await owner.query(`ALTER TABLE ${table}_away RENAME TO ${table}`);
}

test('ORD-3: money goes back after six days in which nothing could be stored, not even that it is stuck', async () => {
  const placed = await world.place({ policy: { 'order.payWithin': '30 days' } });
  let transactionId = '';
  await withoutTables(async () => {
    ({ transactionId } = await placed.pay({ amountFen: 1 }));
    await world.env.sleep('147 hours');
    expect(await sentBack(world.channel.url, transactionId)).toEqual([]);
  });
  await world.env.sleep('1 hour');
  await eventually(async () => expect(await sentBack(world.channel.url, transactionId)).toEqual([1]));
});
