import type { z } from 'zod';
import type { invoiceSchema, invoiceTitleSchema } from '../../../api/invoices/schemas';
import { EncryptingCodec } from '../../../codec/payloads';
import { subAccount } from '../../factories/accounts';
import { paidOrder, RECIPIENT } from '../../factories/invoices';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import type { Answer } from '../../support/http';
import type { Order } from '../../support/story';
import { bodyOf } from '../../support/story';

type Invoice = z.output<typeof invoiceSchema>;
type Title = z.output<typeof invoiceTitleSchema>;

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const MAILING = { courier: '顺丰速运', trackingNumber: 'SF1234567890' };
const MASKED = { title: '深**', taxNumber: '***26XG', address: '深圳市南***' };
const ask = (body: object, headers = {}) =>
  api.buyer.post('/v1/buyer/invoices', { providerId: 'prv_demo', ...RECIPIENT, ...body }, headers);
const asked = async (body: object = {}): Promise<Invoice> => {
  const orderIds = [await paidOrder(api.db)];
  return bodyOf(await ask({ amountFen: 10_000, orderIds, ...body }), 201);
};
const mailed = async (): Promise<Invoice> => {
  const { id } = await asked();
  bodyOf(await api.provider.post(`/v1/provider/invoices/${id}/process`), 200);
  return bodyOf(await api.provider.post(`/v1/provider/invoices/${id}/mail`, MAILING), 200);
};
const codeOf = ({ status, body }: Answer) => [status, (body as { code: string }).code];

describe('INV-1: asking for an invoice', () => {
  test('it is allotted to the oldest orders first, and each order shows what of it is invoiced', async () => {
    const buyerId = 'usr_other';
    const orders = [
      await paidOrder(api.db, { buyerId, paidFen: 3_000n }),
      await paidOrder(api.db, { buyerId, paidFen: 9_000n, refundedFen: 1_000n }),
      await paidOrder(api.db, { buyerId, paidFen: 5_000n }),
    ];
    const request = { providerId: 'prv_demo', amountFen: 10_000, ...RECIPIENT };
    const invoice = bodyOf<Invoice>(await api.otherBuyer.post('/v1/buyer/invoices', request), 201);
    expect(invoice).toMatchObject({
      state: 'pending',
      ...RECIPIENT,
      orders: [
        { orderId: orders[0], amountFen: 3_000 },
        { orderId: orders[1], amountFen: 7_000 },
      ],
      allowedActions: ['buyer.withdraw', 'provider.process', 'provider.void', 'ops.void'],
      deadlines: [{ name: 'issue_reminder', outcome: 'provider_reminded' }, { name: 'issue_within' }],
      timeline: [{ actor: 'buyer', action: 'buyer.request' }],
    });
    const shown = await Promise.all(orders.map((id) => api.otherBuyer.get(`/v1/buyer/orders/${id}`)));
    expect(shown.map((answer) => bodyOf<Order>(answer, 200).invoicedFen)).toEqual([3_000, 7_000, 0]);
    const ofOrder = await api.otherBuyer.get(`/v1/buyer/invoices?orderId=${orders[1]}`);
    expect(ofOrder.body).toMatchObject({ items: [{ id: invoice.id }], nextCursor: null });
    const more = await api.otherBuyer.post('/v1/buyer/invoices', { ...request, amountFen: 6_001 });
    expect(codeOf(more)).toEqual([422, 'INVOICE.AMOUNT_NOT_LEFT']);
  });

  test('one key, one invoice: the same answer again, also once it was withdrawn; another body is refused', async () => {
    const key = { 'idempotency-key': 'an-invoice' };
    const body = { amountFen: 4_000, orderIds: [await paidOrder(api.db)] };
    const first = await ask(body, key);
    const { id } = bodyOf<Invoice>(first, 201);
    bodyOf(await api.buyer.post(`/v1/buyer/invoices/${id}/withdraw`), 200);
    expect((await ask(body, key)).body).toEqual(first.body);
    expect((await ask({ ...body, amountFen: 1 }, key)).status).toBe(422);
    expect(await api.db.invoice.count({ where: { id } })).toBe(1);
  });

  test.each<[string, object, string]>([
    ['no fen', { amountFen: 0 }, 'body.amountFen'],
    ['half a fen', { amountFen: 0.5 }, 'body.amountFen'],
    ['a tax number that is none', { taxNumber: '12345' }, 'body.taxNumber'],
    ['no title', { title: undefined }, 'body.title'],
    ['no address', { address: undefined }, 'body.address'],
    ['a saved title and another one', { titleId: 'itl_1' }, 'body.title'],
    ['an order twice', { orderIds: ['ord_1', 'ord_1'] }, 'body.orderIds'],
    ['no orders', { orderIds: [] }, 'body.orderIds'],
  ])('%s is refused, by its field', async (_, wrong, path) => {
    const { status, body } = await ask({ amountFen: 100, ...wrong });
    expect(status).toBe(422);
    expect(body).toMatchObject({ errors: expect.arrayContaining([expect.objectContaining({ path })]) });
  });

  test('a person has no tax number', async () => {
    expect(await asked({ taxNumber: null, title: '个人' })).toMatchObject({ taxNumber: null, title: '个人' });
  });

  test('somebody else’s orders, and orders of another provider, cannot be chosen', async () => {
    const own = await paidOrder(api.db);
    for (const foreign of [
      await paidOrder(api.db, { buyerId: 'usr_other' }),
      await paidOrder(api.db, { providerId: 'prv_other' }),
      'ord_unknown',
    ]) {
      const refused = await ask({ amountFen: 100, orderIds: [own, foreign] });
      expect(codeOf(refused)).toEqual([422, 'INVOICE.ORDER_NOT_INVOICEABLE']);
    }
  });
});

describe('INV-1, RFD-4: from the request to its end', () => {
  test('process, mail, confirm; then a return as both agree frees the amount', async () => {
    const { id, orders } = await mailed();
    const done = bodyOf<Invoice>(await api.buyer.post(`/v1/buyer/invoices/${id}/confirm`), 200);
    expect(done).toMatchObject({
      state: 'done',
      mailing: MAILING,
      allowedActions: expect.arrayContaining(['buyer.return']),
    });
    const key = { 'idempotency-key': 'a-return' };
    const proposed = await api.buyer.post(`/v1/buyer/invoices/${id}/return`, {}, key);
    expect(proposed.body).toMatchObject({ state: 'done', returnProposedBy: 'buyer' });
    const agreed = bodyOf<Invoice>(await api.provider.post(`/v1/provider/invoices/${id}/return`), 200);
    expect(agreed).toMatchObject({ state: 'returned', returnProposedBy: null, allowedActions: [] });
    expect(agreed.timeline.map(({ action }) => action)).toEqual([
      ...['buyer.request', 'provider.process', 'provider.mail', 'buyer.confirm', 'buyer.return', 'provider.return'],
    ]);
    // Sent again, the command is answered as its own step left the invoice.
    expect((await api.buyer.post(`/v1/buyer/invoices/${id}/return`, {}, key)).body).toEqual(proposed.body);
    const order = await api.buyer.get(`/v1/buyer/orders/${orders[0]?.orderId}`);
    expect(bodyOf<Order>(order, 200).invoicedFen).toBe(0);
  });

  test('void with a reason that the buyer reads; nothing is possible then', async () => {
    const { id } = await asked();
    const reason = '税号与抬头不符';
    const voided = bodyOf<Invoice>(await api.provider.post(`/v1/provider/invoices/${id}/void`, { reason }), 200);
    expect(voided).toMatchObject({ state: 'void', reason, allowedActions: [], deadlines: [] });
    const again = await api.buyer.post(`/v1/buyer/invoices/${id}/withdraw`);
    expect(codeOf(again)).toEqual([409, 'INVOICE.NOT_ALLOWED']);
    expect(again.body).toMatchObject({ allowedActions: [] });
  });

  test('operations decide on a return that nobody answers: kept, or void', async () => {
    const { id } = await mailed();
    bodyOf(await api.provider.post(`/v1/provider/invoices/${id}/return`), 200);
    const kept = await api.ops.post(`/v1/ops/invoices/${id}/keep`, { reason: '发票无误' });
    expect(kept.body).toMatchObject({ state: 'mailed', returnProposedBy: null });
    const voided = await api.ops.post(`/v1/ops/invoices/${id}/void`, { reason: '双方未达成一致' });
    expect(voided.body).toMatchObject({ state: 'void' });
  });

  test('MSG-2: both sides are notified, by e-mail too, and no notice says whom the invoice is made out to', async () => {
    const { id } = await mailed();
    await eventually(async () => {
      const messages = await api.db.message.findMany({ where: { objectId: id } });
      expect(
        messages.map(({ event, eventGroup, recipientId }) => `${event} ${eventGroup} ${recipientId}`).sort(),
      ).toEqual([
        'invoice.mailed finance usr_demo',
        'invoice.processing finance usr_demo',
        'invoice.requested finance usr_provider_demo',
      ]);
      for (const secret of Object.values(RECIPIENT)) expect(JSON.stringify(messages)).not.toContain(secret);
    });
  });
});

describe('AUD-1, ORD-7: whom an invoice is made out to', () => {
  test('the provider sees it in the details while the invoice is live, and each look is in the trail; lists and operations mask it', async () => {
    const { id } = await asked();
    expect((await api.provider.get(`/v1/provider/invoices/${id}`)).body).toMatchObject(RECIPIENT);
    const list = bodyOf<{ items: Invoice[] }>(await api.provider.get('/v1/provider/invoices?state=pending'), 200);
    expect(list.items.find((one) => one.id === id)).toMatchObject({ ...MASKED, title: RECIPIENT.title });
    expect((await api.ops.get(`/v1/ops/invoices/${id}`)).body).toMatchObject(MASKED);
    const trail = await api.ops.get(`/v1/ops/audit?objectId=${id}`);
    expect(trail.body).toMatchObject({
      items: expect.arrayContaining([
        expect.objectContaining({ action: 'order.contact_seen', actor: { id: 'usr_provider_demo', role: 'provider' } }),
      ]),
    });
    bodyOf(await api.buyer.post(`/v1/buyer/invoices/${id}/withdraw`), 200);
    const ended = await api.provider.get(`/v1/provider/invoices/${id}`);
    expect(ended.body).toMatchObject({ ...MASKED, title: RECIPIENT.title });
    expect((await api.buyer.get(`/v1/buyer/invoices/${id}`)).body).toMatchObject(RECIPIENT);
  });

  test('it stands in plain nowhere: no table, no log, no history', async () => {
    const secret = { title: '绝密信息技术有限公司', taxNumber: '91440300SECRET0001', address: '绝密路 77 号' };
    const { id } = await asked(secret);
    const title = bodyOf<Title>(await api.buyer.post('/v1/buyer/invoice-titles', secret), 201);
    bodyOf(await api.provider.post(`/v1/provider/invoices/${id}/process`), 200);
    const tables = await api.db.$queryRaw<{ name: string }[]>`
      SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`;
    for (const { name } of tables) {
      const rows = await api.db.$queryRawUnsafe<{ text: string }[]>(`SELECT t::text AS text FROM "${name}" t`);
      for (const words of Object.values(secret)) {
        expect([name, rows.some(({ text }) => text.includes(words))]).toEqual([name, false]);
      }
    }
    expect(JSON.stringify(api.logs)).not.toContain(secret.taxNumber);
    const { events } = await api.temporal.client.workflow.getHandle(`invoice/${id}`).fetchHistory();
    const payloads = (events ?? []).flatMap((event) => [
      ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
      ...Object.values(event.markerRecordedEventAttributes?.details ?? {}).flatMap((detail) => detail.payloads ?? []),
    ]);
    // As whoever may read payloads sees them, by the codec endpoint.
    const opened = await new EncryptingCodec(api.keys).decode(payloads);
    const words = opened.map(({ data }) => Buffer.from(data ?? []).toString()).join();
    expect(words).toContain(id);
    for (const secretWords of Object.values(secret)) expect(words).not.toContain(secretWords);
    expect(title).toMatchObject(secret);
  });

  test('ACC-0: a sub-account needs the area finance', async () => {
    const { id } = await asked();
    const [permitted, refused] = [await subAccount(api, ['finance']), await subAccount(api, ['orders'])];
    expect((await permitted.post(`/v1/provider/invoices/${id}/process`)).status).toBe(200);
    expect((await refused.get(`/v1/provider/invoices/${id}`)).status).toBe(403);
    const timeline = await permitted.get(`/v1/provider/objects/${id}/timeline`);
    expect(timeline.status).toBe(200);
    expect((await refused.get(`/v1/provider/objects/${id}/timeline`)).status).toBe(404);
  });
});

describe('INV-1: saved titles', () => {
  test('saved, used, replaced, removed: an invoice keeps what it was asked for with', async () => {
    const title = bodyOf<Title>(await api.buyer.post('/v1/buyer/invoice-titles', RECIPIENT), 201);
    expect(title).toMatchObject({ ...RECIPIENT, version: 1 });
    const orderIds = [await paidOrder(api.db)];
    const request = { providerId: 'prv_demo', amountFen: 100, orderIds, titleId: title.id };
    const { id } = bodyOf<Invoice>(await api.buyer.post('/v1/buyer/invoices', request), 201);
    const path = `/v1/buyer/invoice-titles/${title.id}`;
    // Behind the masks both look alike.
    const changed = { ...RECIPIENT, title: '深圳改名后有限公司', address: '深圳市南山区科技园二号' };
    const replaced = await api.buyer.put(path, changed, { 'if-match': '"1"' });
    expect(replaced.body).toMatchObject({ ...changed, version: 2 });
    expect((await api.buyer.put(path, changed, { 'if-match': '"1"' })).status).toBe(412);
    expect((await api.buyer.get(`/v1/buyer/invoices/${id}`)).body).toMatchObject(RECIPIENT);
    expect((await api.buyer.post(`${path}/remove`)).status).toBe(200);
    expect((await api.buyer.put(path, changed)).status).toBe(404);
    expect(codeOf(await api.buyer.post('/v1/buyer/invoices', request))).toEqual([404, 'INVOICE_TITLE.NOT_FOUND']);
    const list = bodyOf<{ items: Title[] }>(await api.buyer.get('/v1/buyer/invoice-titles'), 200);
    expect(list.items.some((one) => one.id === title.id)).toBe(false);
    const steps = await api.db.step.findMany({ where: { objectId: title.id }, orderBy: { sequence: 'asc' } });
    expect(steps.map(({ action }) => action)).toEqual([
      'buyer.invoice_title.add',
      'buyer.invoice_title.change',
      'buyer.invoice_title.remove',
    ]);
    expect(steps[0]?.stateAfter).toEqual({ ...MASKED, changed: [], removed: false });
    expect(steps[1]?.stateAfter).toEqual({ ...MASKED, changed: ['title', 'address'], removed: false });
  });

  test('somebody else’s title is none', async () => {
    const title = bodyOf<Title>(await api.otherBuyer.post('/v1/buyer/invoice-titles', RECIPIENT), 201);
    const orderIds = [await paidOrder(api.db)];
    const request = { providerId: 'prv_demo', amountFen: 100, orderIds, titleId: title.id };
    expect(codeOf(await api.buyer.post('/v1/buyer/invoices', request))).toEqual([404, 'INVOICE_TITLE.NOT_FOUND']);
  });

  test('20 at most, also when they are saved at once', async () => {
    const have = await api.db.invoiceTitle.count({ where: { buyerId: 'usr_demo', removedAt: null } });
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, n) =>
        api.buyer.post('/v1/buyer/invoice-titles', { ...RECIPIENT, title: `公司${n}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20 - have);
    expect(await api.db.invoiceTitle.count({ where: { buyerId: 'usr_demo', removedAt: null } })).toBe(20);
  });
});
