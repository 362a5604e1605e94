import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../prisma/store/shared/database';

/** An answer is recorded a moment after it was sent. */
const WAIT_MS = 5_000;

/** What the tables hold of a bought delivery, without ids and times. */
async function rowsOf(db: Database, deliveryId: string) {
  const delivery = await db.delivery.findUniqueOrThrow({ where: { id: deliveryId } });
  const { orderId, stage, outcome, sequence } = delivery;
  const order = await db.order.findUniqueOrThrow({ where: { id: orderId } });
  const ofBoth = { in: [orderId, deliveryId] };
  const steps = await db.step.findMany({
    where: { objectId: ofBoth },
    orderBy: [{ objectId: 'desc' }, { sequence: 'asc' }],
  });
  const messages = await db.message.findMany({
    where: { objectId: ofBoth },
    include: { notificationDeliveries: true },
  });
  const commands = steps.map(({ commandId }) => commandId);
  const records = await db.idempotencyRecord.findMany({ where: { id: { in: commands } } });
  return {
    order: [order.state, order.payableFen.toString(), order.paidFen.toString()],
    delivery: [stage, outcome, sequence],
    steps: steps.map(({ action, actorRole, actorId, note, sealedNote, providerId }) =>
      [action, actorRole, actorId, note, sealedNote === null, providerId].join(' '),
    ),
    messages: messages
      .map(({ event, recipientId, notificationDeliveries }) =>
        [event, recipientId, ...notificationDeliveries.map(({ channel }) => channel).sort()].join(' '),
      )
      .sort(),
    payments: await db.payment.count({ where: { orderId } }),
    callbacks: (await db.paymentCallback.findMany({ where: { orderId } })).map(({ handling }) => handling),
    answers: records.map(({ status }) => status).sort(),
  };
}

/**
 * The peers are peers only while they write what the system writes.
 * @throws Error when the rows of two finished deliveries are not alike
 */
export async function requireSameRows(db: Database, ours: string, peers: Record<string, string>): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  const read = async (id: string) => JSON.stringify(await rowsOf(db, id), null, 1);
  for (const [name, id] of Object.entries(peers)) {
    for (;;) {
      const [expected, found] = [await read(ours), await read(id)];
      if (expected === found) break;
      if (Date.now() > deadline) throw new Error(`${name} writes other rows:\n${found}\nthan the system:\n${expected}`);
      await sleep(100);
    }
  }
}
