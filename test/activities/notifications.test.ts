import type { MessageEvent } from '../../domain/notifications/events';
import { CHANNELS, type Channel, DEFAULT_CHANNELS, type EventGroup, groupOf } from '../../domain/notifications/groups';
import type { Audience } from '../../domain/notifications/notice';
import type { SubscriptionChoice } from '../../prisma/store/notifications/subscriptions';
import { writeNotifications } from '../../prisma/store/shared/outbox';
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

/** Tells of something that happened to prv_demo; answers its object, under which the messages are. */
async function notificationsOf(
  event: MessageEvent,
  to: Audience[] = ['provider'],
  objectId = `obj_${unique()}`,
): Promise<string> {
  const notices = [{ event, to, params: { title: '云迁移' } }];
  const at = new Date('2026-03-02T01:00:00Z');
  await store.db.$transaction((tx) =>
    writeNotifications(tx, { providerId: 'prv_demo', objectId, sequence: 1, notices, at }),
  );
  return objectId;
}

/** Who was told of an object by which channels: `usr_provider_demo by in_site email`. */
async function heard(objectId: string): Promise<string[]> {
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

/** An event of each group that has any, none of which is always told. */
const EVENT_OF: [EventGroup, MessageEvent][] = [
  ['shop', 'shop.approved'],
  ['products', 'product.changed'],
  ['orders', 'order.paid'],
  ['deliveries', 'delivery.stalled'],
  ['appeals', 'delivery.appeal_evidence'],
  ['refunds', 'order.refunded'],
  ['finance', 'account.approved'],
];

describe('MSG-1: a provider is told as it has subscribed', () => {
  test.each(EVENT_OF)('%s, by every choice of channels and recipients', async (group, event) => {
    expect(groupOf(event)).toBe(group);
    for (const channels of someOf<Channel>(CHANNELS)) {
      for (const recipientIds of someOf([MAIN, sub, CONTACT])) {
        await subscribe(group, { subscribed: true, channels, recipientIds });
        const expected = recipientIds.map((id) => {
          return { id, by: id === CONTACT ? channels.filter((channel) => channel !== 'in_site') : channels };
        });
        const told = expected.filter(({ by }) => by.length > 0).map(({ id, by }) => line(id, by));
        expect(await heard(await notificationsOf(event))).toEqual(told.sort());
      }
    }
  });

  test.each(EVENT_OF)(
    '%s, by default: main account and contacts, by the channels of the group',
    async (group, event) => {
      const channels = DEFAULT_CHANNELS[group];
      const outside = channels.filter((channel) => channel !== 'in_site');
      expect(await heard(await notificationsOf(event))).toEqual([line(CONTACT, outside), line(MAIN, channels)].sort());
    },
  );

  test.each(EVENT_OF)('%s, unsubscribed: nobody, and the other groups as before', async (group, event) => {
    await subscribe(group, { subscribed: false, channels: [...CHANNELS], recipientIds: [MAIN, sub, CONTACT] });
    expect(await heard(await notificationsOf(event))).toEqual([]);
    for (const [, other] of EVENT_OF.filter(([another]) => another !== group)) {
      expect(await heard(await notificationsOf(other))).toHaveLength(2);
    }
  });

  test('a change holds from the next event on; what was told stays', async () => {
    const before = await notificationsOf('order.paid');
    await subscribe('orders', { subscribed: true, channels: ['sms'], recipientIds: [sub] });
    const after = await notificationsOf('order.paid');
    await subscribe('orders', { subscribed: false, channels: ['sms'], recipientIds: [sub] });
    expect(await heard(await notificationsOf('order.paid'))).toEqual([]);
    expect(await heard(after)).toEqual([line(sub, ['sms'])]);
    expect(await heard(before)).toHaveLength(2);
  });

  test('who was disabled or removed hears nothing, though the subscription names them', async () => {
    const disabled = await addSubAccount(store.db, ['orders'], { disabled: true });
    await addContact('ctc_removed', { removedAt: new Date() });
    const recipientIds = [MAIN, disabled, 'ctc_removed', 'usr_provider_other', 'usr_nobody'];
    await subscribe('orders', { subscribed: true, channels: ['in_site', 'email', 'sms'], recipientIds });
    expect(await heard(await notificationsOf('order.paid'))).toEqual([line(MAIN, CHANNELS)]);
  });

  test('another provider’s subscription is its own', async () => {
    await subscribe('orders', { subscribed: true, channels: ['sms'], recipientIds: [MAIN] }, 'prv_other');
    expect(await heard(await notificationsOf('order.paid'))).toHaveLength(2);
  });
});

describe('MSG-2: rejections and opened appeals always reach the main account in-site', () => {
  const ALWAYS = ['shop.rejected', 'product.rejected', 'account.rejected', 'delivery.appeal_opened'] as const;

  test.each(ALWAYS)('%s, unsubscribed', async (event) => {
    await subscribe(groupOf(event), { subscribed: false, channels: [...CHANNELS], recipientIds: [MAIN, sub] });
    expect(await heard(await notificationsOf(event))).toEqual([line(MAIN, ['in_site'])]);
  });

  test.each(ALWAYS)('%s, subscribed for another account, and not in-site', async (event) => {
    await subscribe(groupOf(event), { subscribed: true, channels: ['email'], recipientIds: [sub] });
    expect(await heard(await notificationsOf(event))).toEqual([line(MAIN, ['in_site']), line(sub, ['email'])]);
  });

  test('SHOP-2: a rejection is told by SMS, e-mail and in-site as long as nobody chose otherwise', async () => {
    expect(await heard(await notificationsOf('shop.rejected'))).toEqual([
      line(CONTACT, ['email', 'sms']),
      line(MAIN, CHANNELS),
    ]);
  });
});

describe('MSG-2: messages belong to their group, and are there once', () => {
  test('group and provider are noted where a subscription brought them; nobody else has a provider', async () => {
    const objectId = await notificationsOf('shop.overdue', ['provider', 'managers', 'ops']);
    const messages = await store.db.message.findMany({ where: { objectId }, orderBy: { recipientId: 'asc' } });
    expect(messages.map(({ recipientId, eventGroup, providerId }) => [recipientId, eventGroup, providerId])).toEqual([
      [CONTACT, 'shop', 'prv_demo'],
      ['usr_ops_demo', 'shop', null],
      [MAIN, 'shop', 'prv_demo'],
    ]);
    expect(await heard(objectId)).toContain(line('usr_ops_demo', ['in_site', 'email']));
  });

  test('the same step told again, and by two at once, changes nothing', async () => {
    const objectId = await notificationsOf('shop.rejected');
    const before = await heard(objectId);
    await Promise.all([1, 2, 3].map(() => notificationsOf('shop.rejected', ['provider'], objectId)));
    expect(await heard(objectId)).toEqual(before);
  });
});
