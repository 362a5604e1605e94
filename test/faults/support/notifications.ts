import { z } from 'zod';
import { OUTBOUND_CHANNELS, type OutboundChannel } from '../../../domain/notifications/groups';
import { eventually } from '../../support/eventually';
import type { FaultSystem } from './system';

/** How many notification deliveries there are. */
export type NotificationDeliveryCount = { emails: number; sms: number; unsettled: number };

const taken = z.array(z.object({ messageId: z.string() }));

/** The ids of the messages that arrived by a channel, one entry an arrival. */
export async function takenIds({ inbox, sms }: Outside, channel: OutboundChannel): Promise<string[]> {
  if (channel === 'sms') {
    const response = await fetch(`${sms.url}/api/messages`);
    return taken.parse(await response.json()).map(({ messageId }) => messageId);
  }
  return inbox.taken.map(({ messageId }) => /^<(msg_\w+)@/.exec(messageId ?? '')?.[1] ?? `unknown ${messageId}`);
}
type Outside = Pick<FaultSystem, 'inbox' | 'sms'>;

/** Settles when the relays have nothing left to send. */
export async function untilAllIsOut({ db }: Pick<FaultSystem, 'db'>): Promise<void> {
  await eventually(
    async () => expect(await db.notificationDelivery.count({ where: { status: 'pending' } })).toBe(0),
    90_000,
  );
}

/**
 * Proves that the status of every notification delivery is true: `sent` arrived once; one that a fault interrupted
 * (`in_progress`, `unconfirmed`) once at most; and no message arrived twice by a channel. The worker is ended before, in
 * order, so that none is still being sent.
 */
export async function expectSentOnce(system: FaultSystem): Promise<NotificationDeliveryCount> {
  await untilAllIsOut(system);
  await system.end('worker');
  const [email, sms] = [await expectOnceBy(system, 'email'), await expectOnceBy(system, 'sms')];
  expect(email.rows).toBe(await system.db.message.count());
  expect(sms.rows).toBe(await system.db.message.count({ where: { providerId: { not: null } } }));
  return { emails: email.rows, sms: sms.rows, unsettled: email.unsettled + sms.unsettled };
}

async function expectOnceBy(system: FaultSystem, channel: OutboundChannel) {
  const arrived = await takenIds(system, channel);
  expect(arrived.filter((id, index) => arrived.indexOf(id) !== index)).toEqual([]);
  const rows = await system.db.notificationDelivery.findMany({
    where: { channel },
    select: { messageId: true, status: true },
  });
  const idsOf = (...statuses: string[]) =>
    rows.filter(({ status }) => statuses.includes(status)).map(({ messageId }) => messageId);
  const unsettled = idsOf('in_progress', 'unconfirmed');
  expect(idsOf('sent').length + unsettled.length).toBe(rows.length);
  const withoutUnsettled = new Set(arrived);
  for (const id of unsettled) withoutUnsettled.delete(id);
  expect(withoutUnsettled).toEqual(new Set(idsOf('sent')));
  return { rows: rows.length, unsettled: unsettled.length };
}

/** Has the servers of a channel take messages without answering. @returns how to have them answer */
export async function holdAnswers({ inbox, sms }: Outside, channel: OutboundChannel): Promise<() => Promise<void>> {
  if (channel === 'sms') {
    await setFaults(sms.url, { holdNextAnswers: 1_000_000 });
    return () => setFaults(sms.url, {});
  }
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  inbox.behave({ answer: 'late', released });
  return async () => {
    inbox.behave({ answer: 250 });
    release();
  };
}

async function setFaults(smsUrl: string, faults: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${smsUrl}/api/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
  if (!response.ok) throw new Error(await response.text());
}

/** Settles when the other channels have nothing under way. */
export async function untilOnly({ db }: Pick<FaultSystem, 'db'>, channel: OutboundChannel): Promise<void> {
  const others = OUTBOUND_CHANNELS.filter((one) => one !== channel);
  const where = { channel: { in: others }, status: { in: ['pending', 'in_progress'] } };
  await eventually(async () => expect(await db.notificationDelivery.count({ where })).toBe(0), 30_000);
}
