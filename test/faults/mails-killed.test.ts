import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { eventually } from '../support/eventually';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { expectMailsOnce, takenIds, untilMailsAreOut } from './support/mails';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';

const NAME = 'killed while e-mails are sent';
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
  beforeEach(() => system.ensure('postgres', 'worker'), 60_000);

  /** What operations see of the mails of a status. */
  async function mails(status: string) {
    return page.parse((await client.get('ops', `/ops/sendings?channel=email&status=${status}&limit=100`)).body).items;
  }

  /** Mails are taken by a server that does not answer them yet; answers how to have it answer. */
  async function whileSending(): Promise<() => void> {
    const before = system.inbox.taken.length;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    system.inbox.behave({ answer: 'late', released });
    await inParallel(range(ORDERS), ORDERS, () => client.buy());
    await eventually(() => expect(system.inbox.taken.length).toBeGreaterThan(before));
    return () => {
      system.inbox.behave({ answer: 250 });
      release();
    };
  }

  /** Fifteen minutes pass for the mails that are being sent, as far as their rows can tell. */
  async function aQuarterOfAnHourPasses(): Promise<void> {
    await system.db
      .$executeRaw`UPDATE sendings SET claimed_at = claimed_at - interval '16 minutes' WHERE status = 'sending'`;
  }

  test('MSG-2: the database is killed meanwhile: the worker keeps what it knows until it can be stored', async () => {
    const answer = await whileSending();
    await system.kill('postgres');
    answer();
    // It takes a second: the worker has its answers long before.
    await system.start('postgres');
    expect(await expectMailsOnce(system)).toMatchObject({ unsettled: 0 });
  }, 120_000);

  test('MSG-2: none is sent twice by itself; those of which nobody can tell are seen, and a person sends them again', async () => {
    const before = system.inbox.taken.length;
    const answer = await whileSending();
    await system.kill('worker');
    answer();
    const cutOff = (await mails('sending')).map(({ id }) => id);
    const takenThen = takenIds(system).slice(before);
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
