import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { eventually } from '../support/eventually';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { expectMailsOnce, takenIds, untilMailsAreOut } from './support/mails';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';

const NAME = 'the worker is killed while it sends e-mails';
const ORDERS = 12;

const page = z.object({ items: z.array(z.object({ id: z.string(), status: z.string(), attempts: z.int() })) });

describe(NAME, () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem();
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);

  /** What operations see of the mails of a status. */
  async function mails(status: string) {
    return page.parse((await client.get('ops', `/ops/mails?status=${status}&limit=100`)).body).items;
  }

  /** A server that takes mails, and does not answer any more: so the worker is always killed in between. */
  async function killWhileSending(): Promise<void> {
    const before = system.inbox.taken.length;
    system.inbox.behave({ answer: 'late', released: new Promise(() => undefined) });
    await inParallel(range(ORDERS), ORDERS, () => client.buy());
    await eventually(() => expect(system.inbox.taken.length).toBeGreaterThan(before));
    await system.kill('worker');
    system.inbox.behave({ answer: 250 });
  }

  /** Fifteen minutes pass for the mails that are being sent, as far as their rows can tell. */
  async function aQuarterOfAnHourPasses(): Promise<void> {
    await system.db
      .$executeRaw`UPDATE mails SET claimed_at = claimed_at - interval '16 minutes' WHERE status = 'sending'`;
  }

  test('MSG-2: none is sent twice by itself; those of which nobody can tell are seen, and a person sends them again', async () => {
    await killWhileSending();
    const cutOff = (await mails('sending')).map(({ id }) => id);
    const takenThen = takenIds(system);
    expect(cutOff).toEqual(expect.arrayContaining(takenThen));

    await system.start('worker');
    await untilMailsAreOut(system);
    expect(await expectMailsOnce(system)).toMatchObject({ unsettled: cutOff.length });

    await aQuarterOfAnHourPasses();
    await system.start('worker');
    await eventually(async () => expect((await mails('unconfirmed')).map(({ id }) => id)).toEqual(cutOff));
    const counted = await expectMailsOnce(system);
    expect(counted).toMatchObject({ unsettled: cutOff.length });
    summarise(NAME, { ...counted, 'taken before the kill': takenThen.length }, client.troubles);

    await system.start('worker');
    for (const id of cutOff) {
      const retry = { role: 'ops' as const, path: `/ops/mails/${id}/retry`, body: {}, key: randomUUID() };
      expect(await client.post(retry)).toMatchObject({ status: 200, body: { id, status: 'pending' } });
      expect(await client.post({ ...retry, key: randomUUID() })).toMatchObject({ status: 409 });
    }
    await untilMailsAreOut(system);
    await eventually(async () => expect((await mails('sent')).length).toBe(counted.mails));
    const sentAgain = takenIds(system).filter((id, index, all) => all.indexOf(id) !== index);
    expect(sentAgain.sort()).toEqual(takenThen.sort());
  }, 180_000);
});
