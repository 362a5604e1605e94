import { DEFAULT_CHANNELS, EVENT_GROUPS, type EventGroup } from '../../../domain/notifications/groups';
import { addSubAccount, keyClient, subAccount } from '../../factories/accounts';
import { everythingOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import type { HttpClient } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';

type Subscription = {
  group: EventGroup;
  name: Record<string, string>;
  subscribed: boolean;
  channels: string[];
  recipients: { id: string; kind: string; name: string | null }[];
  alwaysInSite: string[];
  lastSentAt: string | null;
  recent: boolean;
  version: number;
};

const PATH = '/v1/provider/subscriptions';
const MAIN = 'usr_provider_demo';
const CONTACT = 'ctc_subscribed';

let api: Api;
let sub = '';
beforeAll(async () => {
  api = await startApi();
  sub = await addSubAccount(api.db, ['messages']);
  await api.db.contact.create({
    data: { id: CONTACT, providerId: 'prv_demo', name: '周联系', email: 'zhou@demo.example', phone: '138 0000 0011' },
  });
  await api.db.contact.create({
    data: { id: 'ctc_other', providerId: 'prv_other', name: '吴联系', email: 'wu@other.example' },
  });
});
afterAll(() => api.stop());

const list = async (query = '', client: HttpClient = api.provider) =>
  bodyOf<{ items: Subscription[] }>(await client.get(`${PATH}${query}`), 200).items;
const one = async (group: EventGroup) => bodyOf<Subscription>(await api.provider.get(`${PATH}/${group}`), 200);
const etagOf = async (group: EventGroup) => (await api.provider.get(`${PATH}/${group}`)).headers.get('etag') ?? '';
const CHOICE = { subscribed: true, channels: ['email'], recipientIds: [MAIN] };
const put = (group: string, choice: object = {}, headers = {}, client: HttpClient = api.provider) =>
  client.put(`${PATH}/${group}`, { ...CHOICE, ...choice }, headers);

describe('MSG-1: subscriptions are listed, searched, and filtered by what was sent lately', () => {
  test('every group has its default subscription as long as nobody chose', async () => {
    const items = await list('', api.otherProvider);
    expect(items.map(({ group }) => group).sort()).toEqual([...EVENT_GROUPS].sort());
    for (const { group, ...item } of items) {
      expect(item).toMatchObject({
        subscribed: true,
        channels: DEFAULT_CHANNELS[group],
        recipients: [
          { id: 'usr_provider_other', kind: 'account', name: '赵另一' },
          { id: 'ctc_other', kind: 'contact', name: '吴联系' },
        ],
        lastSentAt: null,
        recent: false,
        version: 0,
      });
    }
  });

  test.each([
    ['店铺', ['shop']],
    ['SHOP', ['shop']],
    ['订', ['orders']],
    ['款', ['refunds']],
    ['finance', ['finance']],
    ['s', ['appeals', 'coupons', 'deliveries', 'orders', 'products', 'refunds', 'shop']],
    ['nothing like it', []],
    ["' OR '1'='1", []],
    ['%', []],
    ['  appeals ', ['appeals']],
  ])('a search for "%s" finds %j', async (search, groups) => {
    const items = await list(`?search=${encodeURIComponent(search)}`);
    expect(items.map(({ group }) => group).sort()).toEqual(groups);
  });

  test('groups that sent something in the last 30 days can be listed alone', async () => {
    const ago = (days: number) => new Date(Date.now() - days * 86_400_000);
    const sent = { recipientId: MAIN, providerId: 'prv_demo', event: 'x', sequence: 1, params: {} };
    await api.db.message.createMany({
      data: [
        { ...sent, id: 'msg_1', objectId: 'a', eventGroup: 'coupons', createdAt: ago(29.9) },
        { ...sent, id: 'msg_2', objectId: 'b', eventGroup: 'coupons', createdAt: ago(40) },
        { ...sent, id: 'msg_3', objectId: 'c', eventGroup: 'finance', createdAt: ago(30.1) },
      ],
    });
    expect((await list('?recent=true')).map(({ group }) => group)).toEqual(['coupons']);
    const others = await list('?recent=false');
    expect(others.map(({ group }) => group).sort()).toEqual(EVENT_GROUPS.filter((group) => group !== 'coupons').sort());
    expect((await one('finance')).lastSentAt).not.toBeNull();
    expect(await list('?recent=true', api.otherProvider)).toEqual([]);
  });

  test('a subscription shows its group’s names in both languages, and the events that arrive in any case', async () => {
    expect(await one('appeals')).toMatchObject({
      name: { 'zh-CN': '申诉', en: 'Appeals' },
      alwaysInSite: ['delivery.appeal_opened'],
    });
  });
});

describe('MSG-1: the main account edits them', () => {
  test('what the main account chose is stored, shown with its recipients’ names, and in the audit trail', async () => {
    const choice = { subscribed: true, channels: ['sms', 'in_site'], recipientIds: [CONTACT, sub, MAIN] };
    const saved = bodyOf<Subscription>(await put('products', choice), 200);
    expect(saved).toMatchObject({ channels: ['sms', 'in_site'], version: 1 });
    expect(saved.recipients).toEqual([
      { id: MAIN, kind: 'account', name: '张服务' },
      { id: sub, kind: 'account', name: null },
      { id: CONTACT, kind: 'contact', name: '周联系' },
    ]);
    expect(await one('products')).toEqual(saved);
    bodyOf(await put('products', { ...choice, channels: ['sms'] }), 200);
    const trail = await api.provider.get('/v1/provider/audit?objectId=sub_prv_demo_products');
    expect(trail.body).toMatchObject({
      items: [
        {
          action: 'provider.subscription',
          changes: [{ field: 'channels', before: ['sms', 'in_site'], after: ['sms'] }],
        },
        { action: 'provider.subscription', actor: { id: MAIN }, before: null, after: { group: 'products', ...choice } },
      ],
    });
  });

  test('an unsubscribed group may name no recipient and no channel', async () => {
    const saved = bodyOf<Subscription>(
      await put('coupons', { subscribed: false, channels: [], recipientIds: [] }),
      200,
    );
    expect(saved).toMatchObject({ subscribed: false, channels: [], recipients: [] });
  });

  test.each<[string, object, string]>([
    ['no channel', { channels: [] }, 'body.channels'],
    ['no recipient', { recipientIds: [] }, 'body.recipientIds'],
    ['a channel that there is none of', { channels: ['pigeon'] }, 'body.channels.0'],
    ['a channel twice', { channels: ['sms', 'sms'] }, 'body.channels'],
    ['a recipient twice', { recipientIds: [MAIN, MAIN] }, 'body.recipientIds'],
    ['somebody of another provider', { recipientIds: [MAIN, 'usr_provider_other'] }, 'body.recipientIds.1'],
    ['a contact of another provider', { recipientIds: ['ctc_other'] }, 'body.recipientIds.0'],
    ['a buyer', { recipientIds: ['usr_demo'] }, 'body.recipientIds.0'],
    ['nobody', { recipientIds: ['usr_nobody'] }, 'body.recipientIds.0'],
    ['what is no id', { recipientIds: ["x' OR 1=1"] }, 'body.recipientIds.0'],
    ['201 recipients', { recipientIds: Array.from({ length: 201 }, (_, n) => `usr_${n}`) }, 'body.recipientIds'],
  ])('%s is refused, and nothing changes', async (_, choice, path) => {
    const before = await everythingOf(api.db);
    const refused = await put('refunds', choice);
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ path })] } });
    expect(await everythingOf(api.db)).toEqual(before);
    expect((await one('refunds')).version).toBe(0);
  });

  test('a disabled sub-account cannot be named, and is not shown any more', async () => {
    const id = await addSubAccount(api.db, ['orders']);
    bodyOf(await put('finance', { recipientIds: [MAIN, id] }), 200);
    await api.db.user.update({ where: { id }, data: { disabledAt: new Date() } });
    expect((await one('finance')).recipients.map(({ id }) => id)).toEqual([MAIN]);
    expect((await put('finance', { recipientIds: [MAIN, id] })).status).toBe(422);
  });

  test('a group that does not exist is answered 404', async () => {
    for (const group of ['unknown', '__proto__', 'constructor', 'Shop']) {
      expect((await put(group)).body).toMatchObject({ status: 404, code: 'SUBSCRIPTION.NOT_FOUND' });
      expect((await api.provider.get(`${PATH}/${group}`)).status).toBe(404);
    }
  });

  test('sub-accounts and keys with the area may read subscriptions, but not change them', async () => {
    const clients = [await subAccount(api, ['messages']), await keyClient(api, ['messages'])];
    for (const client of clients) {
      expect(await list('', client)).toHaveLength(EVENT_GROUPS.length);
      expect((await put('shop', {}, {}, client)).status).toBe(403);
    }
    expect((await (await subAccount(api, ['orders'])).get(PATH)).status).toBe(403);
  });

  test('the choice of one provider does not change another’s', async () => {
    bodyOf(await put('deliveries', { subscribed: false }), 200);
    expect((await list('?search=deliveries', api.otherProvider))[0]).toMatchObject({ subscribed: true, version: 0 });
  });
});

describe('MSG-1: a subscription is replaced only by whoever has read its present version', () => {
  test('the ETag of what was read permits one change', async () => {
    const read = await etagOf('shop');
    const saved = await put('shop', {}, { 'if-match': read });
    expect(saved.headers.get('etag')).not.toBe(read);
    expect(await etagOf('shop')).toBe(saved.headers.get('etag'));
    expect(await put('shop', { subscribed: false }, { 'if-match': read })).toMatchObject({ status: 412 });
    expect(await one('shop')).toMatchObject({ subscribed: true });
    expect((await put('shop', {}, { 'if-match': 'nonsense' })).status).toBe(412);
    expect((await put('shop')).status).toBe(200);
  });

  test('of twenty who have read the same version, one changes it', async () => {
    for (const group of ['appeals', 'appeals'] as const) {
      const read = await etagOf(group);
      const channels = [['email'], ['sms'], ['in_site']];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => put(group, { channels: channels[n % 3] }, { 'if-match': read })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(412)]);
      expect(await one(group)).toEqual(answers.find(({ status }) => status === 200)?.body);
    }
  });
});

describe('MSG-1: what is chosen arrives', () => {
  const smsTo = async (phone: string): Promise<{ text: string; messageId: string }[]> =>
    (await fetch(`${api.sms.url}/api/messages?to=${encodeURIComponent(phone)}`)).json() as Promise<[]>;

  test('a contact gets the e-mail and the SMS, the account the in-site message only', async () => {
    const { paidOrder, mailsTo } = storyOf(api);
    bodyOf(await put('orders', { channels: ['in_site', 'email', 'sms'], recipientIds: [CONTACT] }), 200);
    const { id } = await paidOrder();
    expect(await mailsTo('zhou@demo.example', 1)).toEqual([
      expect.objectContaining({ subject: '【云市场】订单已支付：小程序定制开发', text: expect.stringContaining(id) }),
    ]);
    await eventually(async () =>
      expect((await smsTo('+8613800000011')).map(({ text }) => text)).toEqual(['【云市场】订单已支付：小程序定制开发']),
    );
    expect(
      await api.db.message.findMany({ where: { objectId: id, event: 'order.paid', providerId: 'prv_demo' } }),
    ).toEqual([expect.objectContaining({ recipientId: CONTACT, inSite: false, eventGroup: 'orders' })]);
    bodyOf(await put('orders', { channels: ['in_site'], recipientIds: [CONTACT, MAIN] }), 200);
    const next = await paidOrder();
    const messages = await api.db.message.findMany({ where: { objectId: next.id, providerId: 'prv_demo' } });
    expect(messages).toEqual([expect.objectContaining({ recipientId: MAIN, inSite: true })]);
    expect(await smsTo('+8613800000011')).toHaveLength(1);
  });

  test('MSG-2: operations see the delivery of a message through each channel, and send again what failed', async () => {
    await fetch(`${api.sms.url}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ deadNumbers: ['+8613800000003'] }),
    });
    bodyOf(await put('orders', { channels: ['email', 'sms'], recipientIds: [MAIN] }), 200);
    const { id } = await storyOf(api).paidOrder();
    const { id: messageId } = await api.db.message.findFirstOrThrow({ where: { objectId: id, recipientId: MAIN } });
    const of = async (query: string) => {
      const path = `/v1/ops/notification-deliveries?limit=100&${query}`;
      const { items } = bodyOf<{ items: { id: string; messageId: string }[] }>(await api.ops.get(path), 200);
      return items.filter((item) => item.messageId === messageId);
    };
    await eventually(async () => expect(await of('channel=sms&status=failed')).toHaveLength(1));
    const [failed] = await of('status=failed');
    expect(failed).toMatchObject({ id: `${messageId}_sms`, channel: 'sms', address: '13800000003', attempts: 1 });
    await eventually(async () => expect(await of('channel=email&status=sent')).toHaveLength(1));

    await fetch(`${api.sms.url}/api/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const retry = (notificationDeliveryId: string) =>
      api.ops.post(`/v1/ops/notification-deliveries/${notificationDeliveryId}/retry`);
    expect(await retry(`${messageId}_email`)).toMatchObject({ status: 409, body: { code: 'MESSAGE.NOT_RETRYABLE' } });
    for (const unknown of [messageId, `${messageId}_in_site`, 'msg_unknown_sms']) {
      expect((await retry(unknown)).status).toBe(404);
    }
    expect(await retry(`${messageId}_sms`)).toMatchObject({ status: 200, body: { status: 'pending' } });
    await eventually(async () => expect(await of('channel=sms&status=sent')).toHaveLength(1));
    const arrived = await smsTo('+8613800000003');
    expect(arrived.filter((sms) => sms.messageId === messageId)).toHaveLength(1);
    const steps = await api.db.step.findMany({ where: { objectId: `${messageId}_sms` } });
    expect(steps).toEqual([
      expect.objectContaining({ action: 'notification_delivery.retry', actorId: 'usr_ops_staff' }),
    ]);
  });
});
