import { z } from 'zod';
import type { EventGroup } from '../../../domain/notifications/groups';
import { eventually } from '../../support/eventually';
import type { WebhookReceiver } from '../../support/webhook-receiver';
import type { Client } from './client';
import type { FaultSystem } from './system';

const endpoint = z.object({ secret: z.string() });

/** Has everything of some groups sent to a receiver, which takes only what is signed. */
export async function subscribe(client: Client, receiver: WebhookReceiver, groups: EventGroup[]): Promise<void> {
  const body = { url: receiver.url, groups };
  const answer = await client.post({ role: 'provider', path: '/provider/webhooks', body, key: 'webhook' });
  receiver.trust(endpoint.parse(answer.body).secret);
}

/**
 * Proves that every event reached the receiver, under one id however often it was sent, those of one object in the order
 * of its steps; answers how many there were, and how many came again.
 */
export async function expectEventsInOrder({ db }: FaultSystem, { requests, taken }: WebhookReceiver) {
  await eventually(
    async () => expect(await db.webhookDelivery.count({ where: { status: 'pending' } })).toBe(0),
    90_000,
  );
  const rows = await db.webhookDelivery.findMany({ orderBy: [{ objectId: 'asc' }, { sequence: 'asc' }] });
  expect(rows.filter(({ status }) => status !== 'delivered')).toEqual([]);
  expect(requests.filter(({ event }) => event === null)).toEqual([]);
  const firstComing = new Map(
    taken()
      .map(({ id, event }, at) => [id, { at, data: event?.data }] as const)
      .reverse(),
  );
  expect(new Set(firstComing.keys())).toEqual(new Set(rows.map(({ id }) => id)));
  for (const [n, { id, objectId, sequence }] of rows.entries()) {
    expect(firstComing.get(id)?.data).toMatchObject({ objectId, sequence: Number(sequence) });
    const before = rows[n - 1];
    if (before?.objectId !== objectId) continue;
    expect(firstComing.get(before.id)?.at).toBeLessThan(firstComing.get(id)?.at ?? Number.NaN);
  }
  return { events: rows.length, 'events that came again': taken().length - rows.length };
}
