import { type Api, startApi } from '../support/api';
import { eventually } from '../support/eventually';
import { bodyOf, type Delivery, type Order, storyOf } from '../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const DAY_MS = 86_400_000;

type Messages = {
  items: { id: string; event: string; subject: string; text: string; readAt: string | null }[];
  unread: number;
};
const messagesOf = async (person: 'buyer' | 'provider' | 'manager') =>
  bodyOf<Messages>(await api[person].get('/v1/me/messages?limit=100'), 200);

/** The way of a standard delivery: the step, then where it is, what is possible, by when, and the order's state. */
const STEPS = [
  {
    operation: 'buyer.requirement',
    body: { text: '三页小程序 🙂' },
    stage: 'awaiting_requirement_confirmation',
    allowedActions: ['buyer.requirement', 'provider.requirement.confirm', 'provider.requirement.reject'],
    deadlines: {
      provider_reminder_1: [3, 'provider_reminded', ['provider']],
      provider_reminder_2: [5, 'provider_reminded', ['provider']],
      provider_stall: [5, 'buyer_may_appeal', ['provider']],
      start_within: [15, 'cancelled_and_refunded', ['provider']],
    },
    order: 'awaiting_start',
  },
  {
    operation: 'provider.requirement.confirm',
    body: { note: '五天内完成' },
    stage: 'implementing',
    allowedActions: ['provider.implementation.submit'],
    deadlines: {
      provider_reminder_1: [3, 'provider_reminded', ['provider']],
      provider_reminder_2: [5, 'provider_reminded', ['provider']],
      provider_stall: [5, 'buyer_may_appeal', ['provider']],
      implementing_overdue_1: [15, 'escalated_to_operations', ['provider']],
      implementing_overdue_2: [30, 'escalated_to_operations', ['provider']],
    },
    order: 'implementing',
  },
  {
    operation: 'provider.implementation.submit',
    body: { summary: '账号 admin' },
    stage: 'awaiting_acceptance',
    allowedActions: ['buyer.acceptance.accept', 'buyer.acceptance.reject'],
    deadlines: {
      buyer_reminder_1: [23, 'buyer_reminded', ['buyer']],
      buyer_reminder_2: [27, 'buyer_reminded', ['buyer']],
      buyer_reminder_3: [29, 'buyer_reminded', ['buyer']],
      auto_accept: [30, 'auto_accepted', ['buyer']],
    },
    order: 'awaiting_confirmation',
  },
  {
    operation: 'buyer.acceptance.accept',
    body: { comment: '验收通过' },
    stage: 'completed',
    allowedActions: [],
    deadlines: {},
    order: 'completed',
  },
] as const;

describe('DLV-1 … DLV-5: a standard delivery goes from the purchase to the acceptance', () => {
  test('ORD-6, DLV-1: an order is placed, then paid; its delivery starts by that', async () => {
    const placed = await story.order();
    expect(placed).toMatchObject({ state: 'pending_payment', payableFen: 200_000, paidFen: 0 });
    expect(placed).toMatchObject({ deliveryId: null, paidAt: null, endedAt: null, buyerContact: null });
    expect(Date.parse(placed.payBy) - Date.parse(placed.createdAt)).toBe(3 * DAY_MS);

    const paid = bodyOf<Order>(await api.buyer.post(`/v1/sandbox/orders/${placed.id}/pay`), 202);
    expect(paid).toMatchObject({ state: 'awaiting_start', paidFen: 200_000 });
    const started = await story.delivery(String(paid.deliveryId));
    expect(started).toMatchObject({
      orderId: placed.id,
      flow: 'standard',
      stage: 'awaiting_requirement',
      frozen: false,
      appeal: null,
      outcome: null,
      allowedActions: ['buyer.requirement'],
      timeline: [{ actor: 'system', action: 'delivery.started', attachments: [] }],
    });
    expect(deadlinesOf(started)).toEqual({
      buyer_reminder_1: [3, 'buyer_reminded', ['buyer']],
      buyer_reminder_2: [7, 'buyer_reminded', ['buyer']],
      buyer_reminder_3: [30, 'buyer_reminded', ['buyer']],
      requirement_missing: [90, 'operations_tasked', ['buyer']],
    });
    expect(await api.buyer.post(`/v1/sandbox/orders/${placed.id}/pay`)).toMatchObject({
      status: 409,
      body: { code: 'ORDER.NOT_PAYABLE', allowedActions: [] },
    });
  });

  test('DLV-2 … DLV-5, ORD-2: each step says where the delivery is, what is possible and by when', async () => {
    const { id: orderId, deliveryId } = await story.paidOrder();
    for (const { operation, body, stage, allowedActions, deadlines, order } of STEPS) {
      const view = await story.done(deliveryId, operation, body);
      expect(view).toMatchObject({ stage, allowedActions });
      expect(deadlinesOf(view)).toEqual(deadlines);
      for (const [role, client] of parties())
        expect(await story.delivery(deliveryId, client, role)).toMatchObject({ stage });
      expect((await story.orderNow(orderId)).state).toBe(order);
    }
    const { outcome, timeline } = await story.delivery(deliveryId);
    expect(outcome).toBe('accepted');
    expect(timeline.map(({ actor, action, note }) => [actor, action, note])).toEqual([
      ['system', 'delivery.started', ''],
      ['buyer', 'buyer.requirement', '三页小程序 🙂'],
      ['provider', 'provider.requirement.confirm', '五天内完成'],
      ['provider', 'provider.implementation.submit', '账号 admin'],
      ['buyer', 'buyer.acceptance.accept', '验收通过'],
    ]);
    const times = timeline.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const ended = await story.orderNow(orderId);
    expect([ended.paidFen, ended.refundedFen, ended.endedAt]).toEqual([200_000, 0, expect.any(String)]);
  });

  test('DLV-2, DLV-3: until it is confirmed the requirement may be edited; rejected, it is stated again', async () => {
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    const before = await story.delivery(id);
    const edited = await story.done(id, 'buyer.requirement', { text: '改为四页' });
    expect(edited.stage).toBe('awaiting_requirement_confirmation');
    expect(edited.deadlines).toEqual(before.deadlines);

    const rejected = await story.done(id, 'provider.requirement.reject', { reason: '请补充接口文档' });
    expect(rejected).toMatchObject({
      stage: 'awaiting_requirement',
      requirementRejections: 1,
      allowedActions: ['buyer.requirement'],
    });
    expect(rejected.timeline.at(-1)).toMatchObject({ actor: 'provider', note: '请补充接口文档' });

    await story.done(id, 'buyer.requirement');
    await story.done(id, 'provider.requirement.confirm');
    const late = await story.act(id, 'buyer.requirement');
    expect(late).toMatchObject({
      status: 409,
      body: { code: 'DELIVERY.NOT_ALLOWED', allowedActions: ['provider.implementation.submit'] },
    });
  });

  test('DLV-13: whoever acts out of order is refused, and nothing changes', async () => {
    const id = await story.deliveryAt('awaiting_requirement');
    const before = await story.delivery(id);
    for (const operation of [
      'provider.requirement.confirm',
      'provider.requirement.reject',
      'provider.implementation.submit',
      'buyer.acceptance.accept',
      'buyer.acceptance.reject',
      'buyer.appeals',
      'provider.appeals',
      'ops.dispatch',
      'ops.check.pass',
      'ops.check.return',
    ] as const) {
      expect(await story.act(id, operation)).toMatchObject({
        status: 409,
        body: { code: 'DELIVERY.NOT_ALLOWED', allowedActions: ['buyer.requirement'] },
      });
    }
    expect(await story.delivery(id)).toEqual(before);
  });
});

describe('MSG-2, ORD-7: people are notified, where and how they said', () => {
  test('one mail each at the address of PUT /v1/me, in that language; one message on the site', async () => {
    const [buyerMail, providerMail] = ['new.buyer@demo.example', 'english.provider@demo.example'];
    await api.buyer.put('/v1/me', { name: '王小明', email: buyerMail, phone: '13800000001', language: 'zh-CN' });
    await api.provider.put('/v1/me', { name: 'Zhang', email: providerMail, phone: null, language: 'en' });
    const seenBefore = await messagesOf('buyer');

    const { deliveryId: id } = await story.paidOrder();
    await story.done(id, 'buyer.requirement');
    await story.done(id, 'provider.requirement.reject', { reason: '请补充 <接口> 文档' });
    await story.done(id, 'buyer.requirement');
    await story.done(id, 'provider.requirement.confirm');
    await story.done(id, 'provider.implementation.submit');
    await story.done(id, 'buyer.acceptance.accept');

    const toBuyer = await story.mailsTo(buyerMail, 6);
    expect(toBuyer.map(({ subject }) => subject).sort()).toEqual(
      [
        '【云市场】订单已支付：小程序定制开发',
        '【云市场】交付已开始：小程序定制开发',
        '【云市场】需求被驳回：小程序定制开发',
        '【云市场】需求已确认：小程序定制开发',
        '【云市场】实施已提交：小程序定制开发',
        '【云市场】交付已完成：小程序定制开发',
      ].sort(),
    );
    const rejection = toBuyer.find(({ subject }) => subject.includes('需求被驳回'));
    expect(rejection?.text).toContain('原因：请补充 <接口> 文档');
    expect(rejection?.text).toContain(id);
    const toProvider = await story.mailsTo(providerMail, 4);
    expect(toProvider.map(({ subject }) => subject).sort()).toEqual([
      '[Cloud Marketplace] Delivery completed: 小程序定制开发',
      '[Cloud Marketplace] Order paid: 小程序定制开发',
      '[Cloud Marketplace] Requirement submitted: 小程序定制开发',
      '[Cloud Marketplace] Requirement submitted: 小程序定制开发',
    ]);

    // Once each: nothing is left to send, and no Message-ID came twice.
    await eventually(async () =>
      expect(await api.db.notificationDelivery.count({ where: { status: { not: 'sent' } } })).toBe(0),
    );
    expect(await story.mailsTo(buyerMail, 6)).toHaveLength(6);
    expect(await story.mailsTo(providerMail, 4)).toHaveLength(4);
    const ids = [...toBuyer, ...toProvider].map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(10);

    const onSite = await messagesOf('buyer');
    expect(onSite.unread - seenBefore.unread).toBe(6);
    const own = onSite.items.slice(0, 6);
    expect(own.map(({ subject }) => subject).sort()).toEqual(toBuyer.map(({ subject }) => subject).sort());
    expect(own.every(({ readAt }) => readAt === null)).toBe(true);
    expect((await messagesOf('provider')).items[0]?.subject).toBe(
      '[Cloud Marketplace] Delivery completed: 小程序定制开发',
    );
  });

  test('a message that was read is read; nobody reads somebody else’s', async () => {
    await story.paidOrder();
    const { items, unread } = await messagesOf('buyer');
    const messageId = items[0]?.id;
    expect((await api.otherBuyer.post(`/v1/me/messages/${messageId}/read`)).status).toBe(404);
    expect((await messagesOf('buyer')).unread).toBe(unread);
    bodyOf(await api.buyer.post(`/v1/me/messages/${messageId}/read`), 200);
    const after = await messagesOf('buyer');
    expect(after.unread).toBe(unread - 1);
    expect(after.items[0]?.readAt).not.toBeNull();
  });

  test('ORD-2, ORD-7: the provider sees the buyer’s contact in the details, and the look is recorded', async () => {
    const contact = { name: '王小明', email: 'look@demo.example', phone: '13800000001' };
    bodyOf(await api.buyer.put('/v1/me', { ...contact, language: 'zh-CN' }), 200);
    const { id } = await story.order();
    const looks = () => api.db.contactLook.findMany({ where: { orderId: id } });

    const { items } = bodyOf<{ items: Order[] }>(await api.provider.get('/v1/provider/orders?limit=100'), 200);
    expect(items.map(({ id: listed }) => listed)).toContain(id);
    expect(JSON.stringify(items)).not.toContain(contact.email);
    expect(await api.buyer.get(`/v1/buyer/orders/${id}`)).toMatchObject({ status: 200, body: { buyerContact: null } });
    expect(await looks()).toEqual([]);

    const details = await api.provider.get(`/v1/provider/orders/${id}`, { 'x-request-id': 'look-1' });
    expect(details).toMatchObject({ status: 200, body: { buyerContact: contact } });
    expect(await looks()).toEqual([expect.objectContaining({ viewerId: 'usr_provider_demo', requestId: 'look-1' })]);
    expect((await api.otherProvider.get(`/v1/provider/orders/${id}`)).status).toBe(404);
    expect(await looks()).toHaveLength(1);
  });
});

const parties = () =>
  [
    ['buyer', api.buyer],
    ['provider', api.provider],
    ['ops', api.ops],
  ] as const;

/** Each deadline in days after the stage began, with what happens then and who can stop it. */
function deadlinesOf({ deadlines, timeline }: Delivery) {
  const begunMs = Date.parse(timeline.at(-1)?.at ?? '');
  return Object.fromEntries(
    deadlines.map(({ name, at, outcome, stoppableBy }) => [
      name,
      [(Date.parse(at) - begunMs) / DAY_MS, outcome, stoppableBy],
    ]),
  );
}
