import type { MessageEvent } from '../../domain/notifications/events';
import { CHANNELS, type Channel, DEFAULT_CHANNELS, type EventGroup, groupOf } from '../../domain/notifications/groups';
import type { Audience } from '../../domain/notifications/notice';
import type { SubscriptionChoice } from '../../prisma/store/notifications/subscriptions';
import { enqueueNotifications } from '../../prisma/store/shared/outbox';
import { addSubAccount } from '../factories/accounts';
import { unique } from '../factories/commands';
import { type Store, startStore } from '../support/store';

const MAIN = 'usr_provider_demo';
const CONTACT = 'ctc_demo';

let store: Store;
let sub = '';
beforeAll(async () => {
  store = await startStore();
  sub = await addSubAccount(store.db, ['orders']);
  await addContact(CONTACT);
});
afterAll(() => store.stop());
// The application may not delete: what was chosen before becomes somebody else's.
beforeEach(() => store.db.$executeRaw`UPDATE subscriptions SET provider_id = gen_random_uuid()::text`);

async function addContact(id: string, facts: { removedAt?: Date } = {}): Promise<void> {
  const contact = { id, providerId: 'prv_demo', name: '周联系', email: `${id}@demo.example`, phone: '13800000011' };
  await store.db.contact.create({ data: { ...contact, ...facts } });
}

async function subscribe(eventGroup: EventGroup, choice: SubscriptionChoice, providerId = 'prv_demo'): Promise<void> {
  const chosen = { ...choice, updatedAt: new Date() };
  await store.db.subscription.upsert({
    where: { providerId_eventGroup: { providerId, eventGroup } },
    create: { providerId, eventGroup, ...chosen },
    update: chosen,
  });
}

/** Enqueues a notice of prv_demo. @returns its object, under which the messages are */
async function notify(
  event: MessageEvent,
  to: Audience[] = ['provider'],
  objectId = `obj_${unique()}`,
): Promise<string> {
  const notices = [{ event, to, params: { title: '云迁移' } }];
  const at = new Date('2026-03-02T01:00:00Z');
  await store.db.$transaction((tx) =>
    enqueueNotifications(tx, { providerId: 'prv_demo', objectId, sequence: 1, notices, at }),
  );
  return objectId;
}

/** Who was notified of an object by which channels: `usr_provider_demo by in_site email`. */
async function notified(objectId: string): Promise<string[]> {
  const messages = await store.db.message.findMany({ where: { objectId }, include: { notificationDeliveries: true } });
  const lines = messages.map(({ recipientId, inSite, notificationDeliveries }) => {
    const left = notificationDeliveries.map(({ channel }) => channel).sort();
    return line(recipientId, [...(inSite ? ['in_site'] : []), ...left]);
  });
  return lines.sort();
}
const line = (recipientId: string, channels: readonly string[]) => `${recipientId} by ${channels.join(' ')}`;

/** Every choice of some of them, but none. */
function someOf<T>(items: readonly T[]): T[][] {
  const choices = Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_item, n) => bits & (1 << n)));
  return choices.filter(({ length }) => length > 0);
}

/** An event of each group that has any, none of which is always delivered. */
const EVENT_OF: [EventGroup, MessageEvent][] = [
  ['shop', 'shop.approved'],
  ['products', 'product.changed'],
  ['orders', 'order.paid'],
  ['deliveries', 'delivery.stalled'],
  ['appeals', 'delivery.appeal_evidence'],
  ['refunds', 'order.refunded'],
  ['finance', 'account.approved'],
];

describe('MSG-1: a provider is notified as it has subscribed', () => {
  test.each(EVENT_OF)(
    'notices of %s reach the chosen recipients, by every choice of channels',
    async (group, event) => {
      expect(groupOf(event)).toBe(group);
      for (const channels of someOf<Channel>(CHANNELS)) {
        for (const recipientIds of someOf([MAIN, sub, CONTACT])) {
          await subscribe(group, { subscribed: true, channels, recipientIds });
          const expected = recipientIds.map((id) => {
            return { id, by: id === CONTACT ? channels.filter((channel) => channel !== 'in_site') : channels };
          });
          const lines = expected.filter(({ by }) => by.length > 0).map(({ id, by }) => line(id, by));
          expect(await notified(await notify(event))).toEqual(lines.sort());
        }
      }
    },
  );

  test.each(EVENT_OF)(
    'notices of %s reach the main account and all contacts by the default channels',
    async (group, event) => {
      const channels = DEFAULT_CHANNELS[group];
      const outside = channels.filter((channel) => channel !== 'in_site');
      expect(await notified(await notify(event))).toEqual([line(CONTACT, outside), line(MAIN, channels)].sort());
    },
  );

  test.each(EVENT_OF)(
    'unsubscribing from %s ends its notices, and leaves the other groups as they were',
    async (group, event) => {
      await subscribe(group, { subscribed: false, channels: [...CHANNELS], recipientIds: [MAIN, sub, CONTACT] });
      expect(await notified(await notify(event))).toEqual([]);
      for (const [, other] of EVENT_OF.filter(([another]) => another !== group)) {
        expect(await notified(await notify(other))).toHaveLength(2);
      }
    },
  );

  test('a change of a subscription holds from the next event on; earlier messages stay', async () => {
    const before = await notify('order.paid');
    await subscribe('orders', { subscribed: true, channels: ['sms'], recipientIds: [sub] });
    const after = await notify('order.paid');
    await subscribe('orders', { subscribed: false, channels: ['sms'], recipientIds: [sub] });
    expect(await notified(await notify('order.paid'))).toEqual([]);
    expect(await notified(after)).toEqual([line(sub, ['sms'])]);
    expect(await notified(before)).toHaveLength(2);
  });

  test('a disabled account and a removed contact receive nothing, though the subscription names them', async () => {
    const disabled = await addSubAccount(store.db, ['orders'], { disabled: true });
    await addContact('ctc_removed', { removedAt: new Date() });
    const recipientIds = [MAIN, disabled, 'ctc_removed', 'usr_provider_other', 'usr_nobody'];
    await subscribe('orders', { subscribed: true, channels: ['in_site', 'email', 'sms'], recipientIds });
    expect(await notified(await notify('order.paid'))).toEqual([line(MAIN, CHANNELS)]);
  });

  test('a provider’s subscription does not change what another provider receives', async () => {
    await subscribe('orders', { subscribed: true, channels: ['sms'], recipientIds: [MAIN] }, 'prv_other');
    expect(await notified(await notify('order.paid'))).toHaveLength(2);
  });
});

describe('MSG-2: rejections and opened appeals always reach the main account in-site', () => {
  const ALWAYS = ['shop.rejected', 'product.rejected', 'account.rejected', 'delivery.appeal_opened'] as const;

  test.each(ALWAYS)('%s reaches the main account in-site of a provider that has unsubscribed', async (event) => {
    await subscribe(groupOf(event), { subscribed: false, channels: [...CHANNELS], recipientIds: [MAIN, sub] });
    expect(await notified(await notify(event))).toEqual([line(MAIN, ['in_site'])]);
  });

  test.each(ALWAYS)('%s reaches the main account in-site where only another account is subscribed', async (event) => {
    await subscribe(groupOf(event), { subscribed: true, channels: ['email'], recipientIds: [sub] });
    expect(await notified(await notify(event))).toEqual([line(MAIN, ['in_site']), line(sub, ['email'])]);
  });

  test('SHOP-2: a rejection is sent by SMS, e-mail and in-site as long as nobody chose otherwise', async () => {
    expect(await notified(await notify('shop.rejected'))).toEqual([
      line(CONTACT, ['email', 'sms']),
      line(MAIN, CHANNELS),
    ]);
  });
});

describe('MSG-2: messages belong to their group and exist once', () => {
  test('a message names its group, and the provider only where its subscription brought it', async () => {
    const objectId = await notify('shop.overdue', ['provider', 'managers', 'ops']);
    const messages = await store.db.message.findMany({ where: { objectId }, orderBy: { recipientId: 'asc' } });
    expect(messages.map(({ recipientId, eventGroup, providerId }) => [recipientId, eventGroup, providerId])).toEqual([
      [CONTACT, 'shop', 'prv_demo'],
      ['usr_ops_demo', 'shop', null],
      [MAIN, 'shop', 'prv_demo'],
    ]);
    expect(await notified(objectId)).toContain(line('usr_ops_demo', ['in_site', 'email']));
  });

  test('the notices of a step that are enqueued again, also by two at once, change nothing', async () => {
    const objectId = await notify('shop.rejected');
    const before = await notified(objectId);
    await Promise.all([1, 2, 3].map(() => notify('shop.rejected', ['provider'], objectId)));
    expect(await notified(objectId)).toEqual(before);
  });
});
