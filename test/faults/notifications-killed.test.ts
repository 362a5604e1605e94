import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { OUTBOUND_CHANNELS, type OutboundChannel } from '../../domain/notifications/groups';
import { eventually } from '../support/eventually';
import { type Client, createClient } from './support/client';
import { inParallel, range } from './support/in-parallel';
import { expectSentOnce, holdAnswers, takenIds, untilAllIsOut, untilOnly } from './support/notifications';
import { summarise } from './support/summary';
import { type FaultSystem, startSystem } from './support/system';

const ORDERS = 12;

const page = z.object({
  items: z.array(z.object({ id: z.string(), messageId: z.string(), status: z.string(), attempts: z.int() })),
});

describe.each<OutboundChannel>([...OUTBOUND_CHANNELS])(
  'MSG-2, I-51: processes are killed while messages are sent by %s',
  (channel) => {
    let system: FaultSystem;
    let client: Client;
    beforeAll(async () => {
      system = await startSystem();
      client = createClient(system);
    }, 120_000);
    afterAll(() => system.stop(), 60_000);
    beforeEach(() => system.ensure('postgres', 'worker'), 60_000);

    /** The notification deliveries of a status, as operations see them. */
    async function notificationDeliveries(status: string) {
      return page.parse(
        (await client.get('ops', `/ops/notification-deliveries?channel=${channel}&status=${status}&limit=100`)).body,
      ).items;
    }

    /** Messages are taken by a server that does not answer them yet; @returns how to have it answer */
    async function whileBeingSent(): Promise<() => Promise<void>> {
      const before = (await takenIds(system, channel)).length;
      const orders = await inParallel(range(ORDERS), ORDERS, () => client.place());
      const answer = await holdAnswers(system, channel);
      // What follows takes a second or two: no sender waits much longer for its answer.
      await inParallel(orders, ORDERS, (orderId) => client.pay(orderId));
      const where = { id: { in: orders }, state: 'awaiting_start' };
      await eventually(async () => expect(await system.db.order.count({ where })).toBe(ORDERS), 30_000);
      await eventually(async () => expect((await takenIds(system, channel)).length).toBeGreaterThan(before));
      await untilOnly(system, channel);
      return answer;
    }

    /** Makes the claims of what is being sent fifteen minutes older. */
    async function aQuarterOfAnHourPasses(): Promise<void> {
      await system.db
        .$executeRaw`UPDATE notification_deliveries SET claimed_at = claimed_at - interval '16 minutes' WHERE status = 'in_progress'`;
    }

    test('while the database is away the worker keeps the outcomes of attempts until they can be stored', async () => {
      const answer = await whileBeingSent();
      await system.kill('postgres');
      await answer();
      // It takes a second: the worker has its answers long before.
      await system.start('postgres');
      expect(await expectSentOnce(system)).toMatchObject({ unsettled: 0 });
    }, 120_000);

    test('when the worker is killed none is sent twice by itself; those whose outcome is unknown are listed, and a person sends them again', async () => {
      const before = (await takenIds(system, channel)).length;
      const answer = await whileBeingSent();
      await system.kill('worker');
      await answer();
      const cutOff = await notificationDeliveries('in_progress');
      const takenThen = (await takenIds(system, channel)).slice(before);
      expect(cutOff.map(({ messageId }) => messageId)).toEqual(expect.arrayContaining(takenThen));

      await system.start('worker');
      await untilAllIsOut(system);
      expect(await expectSentOnce(system)).toMatchObject({ unsettled: cutOff.length });

      await aQuarterOfAnHourPasses();
      await system.start('worker');
      const ids = cutOff.map(({ id }) => id);
      await eventually(async () =>
        expect((await notificationDeliveries('unconfirmed')).map(({ id }) => id)).toEqual(ids),
      );
      const counted = await expectSentOnce(system);
      expect(counted).toMatchObject({ unsettled: cutOff.length });
      summarise(
        `killed while sent by ${channel}`,
        { ...counted, 'taken before the kill': takenThen.length },
        client.troubles,
      );

      await system.start('worker');
      for (const id of ids) {
        const retry = {
          role: 'ops' as const,
          path: `/ops/notification-deliveries/${id}/retry`,
          body: {},
          key: randomUUID(),
        };
        expect(await client.post(retry)).toMatchObject({ status: 200, body: { id, status: 'pending' } });
        expect(await client.post({ ...retry, key: randomUUID() })).toMatchObject({ status: 409 });
      }
      await untilAllIsOut(system);
      const all = channel === 'email' ? counted.emails : counted.sms;
      await eventually(async () => expect((await notificationDeliveries('sent')).length).toBe(all));
      const sentAgain = (await takenIds(system, channel)).filter((id, index, list) => list.indexOf(id) !== index);
      expect(sentAgain.sort()).toEqual(takenThen.sort());
    }, 180_000);
  },
);
