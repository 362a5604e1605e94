import { addSubAccount } from '../../factories/accounts';
import { couponsOf } from '../../factories/coupons';
import { png } from '../../factories/images';
import { addInstance } from '../../factories/instances';
import { RECIPIENT } from '../../factories/invoices';
import { productsOf } from '../../factories/products';
import { businessOf } from '../../factories/rows';
import { shopOf } from '../../factories/shops';
import { type Api, startApi } from '../../support/api';
import type { Answer, HttpClient } from '../../support/http';
import { type Route, tokenRoutes } from '../../support/routes';
import { bodyOf, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
/** Objects of usr_demo and prv_demo, by the word in the path that names their kind. */
let objects: Record<string, string[]>;

beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  objects = await objectsOfDemo();
});
afterAll(() => api.stop());

async function objectsOfDemo(): Promise<typeof objects> {
  const upload = bodyOf<{ id: string }>(await api.buyer.upload('/v1/buyer/attachments', '需求.txt', '三页'), 201);
  const running = await story.deliveryAt('awaiting_requirement');
  await story.done(running, 'buyer.requirement', { text: '三页', attachmentIds: [upload.id] });
  const stages = ['awaiting_requirement', 'implementing', 'awaiting_acceptance', 'completed'] as const;
  const deliveries = [running, ...(await Promise.all(stages.map((stage) => story.deliveryAt(stage))))];
  const [open, resolved] = [await story.appealed(), await story.appealed()];
  await story.rule(resolved.appealId, { ruling: 'resume', reason: '继续' });
  const contact = { name: '钱会计', email: 'finance@demo.example' };
  const ticket = { change: 'licence_number', licenceNumber: '9144030071526726XG', reason: '换发了营业执照' };
  const key = { name: 'ERP', areas: ['orders'] };
  const terms = { url: api.channel.url, groups: ['shop'] };
  const webhook = bodyOf<{ id: string }>(await api.provider.post('/v1/provider/webhooks', terms), 201);
  const event = bodyOf<{ id: string }>(await api.provider.post(`/v1/provider/webhooks/${webhook.id}/test`), 202);
  const messages = await api.db.message.findMany({ where: { recipientId: 'usr_demo' }, take: 1 });
  const picture = await png({ width: 390, height: 260 });
  const logo = bodyOf<{ id: string }>(
    await api.provider.upload('/v1/provider/shop/images/logo', 'a.png', picture),
    201,
  );
  const reviewed = await reviewsOfDemo();
  const invoices = await invoicesOfDemo();
  return {
    ...reviewed,
    ...invoices,
    // Whatever has a timeline: objects of many kinds.
    objects: [
      open.id,
      (await story.paidOrder()).id,
      'prv_demo',
      'usr_demo',
      ...Object.values(reviewed).flat(),
      ...Object.values(invoices).flat(),
    ],
    deliveries: [...deliveries, open.id, resolved.id],
    orders: [(await story.order()).id, ...(await api.db.order.findMany({ take: 3 })).map(({ id }) => id)],
    instances: [await addInstance(api.db)],
    appeals: [open.appealId, resolved.appealId],
    ...(await ledgerOfDemo()),
    refunds: [await refundOfDemo()],
    attachments: [upload.id],
    images: [logo.id],
    versions: ['shv_demo'],
    shops: [await unpublishedShop()],
    webhooks: [webhook.id],
    // One that is claimed by its link: by its id it is nobody's.
    coupons: [(await couponsOf(api).create({ placement: 'link' })).id],
    providers: ['prv_demo'],
    'webhooks/deliveries': [event.id],
    messages: messages.map(({ id }) => id),
    'notification-deliveries': messages.map(({ id }) => `${id}_email`),
    contacts: [bodyOf<{ id: string }>(await api.provider.post('/v1/provider/contacts', contact), 201).id],
    tickets: [bodyOf<{ id: string }>(await api.provider.post('/v1/provider/tickets', ticket), 201).id],
    'sub-accounts': [await addSubAccount(api.db, ['orders'])],
    'api-keys': [bodyOf<{ id: string }>(await api.provider.post('/v1/provider/api-keys', key), 201).id],
  };
}

/** Products that buyers do not see: one in review, one delisted; and the applications that made them so. */
async function reviewsOfDemo(): Promise<{ products: string[]; applications: string[]; reviews: string[] }> {
  const products = productsOf(api);
  const { id: open, objectId } = await products.submitNew('api');
  const delisted = await products.published('image');
  const { id: effective } = await products.applied(delisted.id, 'delist');
  return { products: [objectId, delisted.id], applications: [open, effective], reviews: [open, effective] };
}

/** Invoices of a paid order at several stages, and a saved title. */
async function invoicesOfDemo(): Promise<{ invoices: string[]; 'invoice-titles': string[] }> {
  const order = await story.paidOrder();
  const ask = async () => {
    const asked = { providerId: 'prv_demo', amountFen: 100, orderIds: [order.id], ...RECIPIENT };
    return bodyOf<{ id: string }>(await api.buyer.post('/v1/buyer/invoices', asked), 201).id;
  };
  const [pending, processing] = [await ask(), await ask()];
  bodyOf(await api.provider.post(`/v1/provider/invoices/${processing}/process`), 200);
  const title = bodyOf<{ id: string }>(await api.buyer.post('/v1/buyer/invoice-titles', RECIPIENT), 201);
  return { invoices: [pending, processing], 'invoice-titles': [title.id] };
}

/** What operations read of the ledger. */
async function ledgerOfDemo(): Promise<{ accounts: string[]; journals: string[]; differences: string[] }> {
  const journals = await api.db.journal.findMany({ take: 2, select: { id: true } });
  const [at, fen] = [new Date(), { ledgerFen: 0n, otherFen: 1n }];
  const found = { id: 'rcd_demo', kind: 'payment', key: 'wechat/txn_1', ...fen };
  await api.db.reconciliationDifference.create({
    data: { ...found, day: '2026-11-20', foundAt: at, lastSeenAt: at },
  });
  return { accounts: ['channel:wechat'], journals: journals.map(({ id }) => id), differences: [found.id] };
}

/** A refund that waits for its provider. */
async function refundOfDemo(): Promise<string> {
  const { id } = await story.paidOrder();
  const body = { reasonCode: 'other', reason: '用不上了' };
  return bodyOf<{ id: string }>(await api.buyer.post(`/v1/buyer/orders/${id}/refunds`, body), 201).id;
}

/** A shop that is a draft so far, and so nobody's to see. */
async function unpublishedShop(): Promise<string> {
  const saved = await shopOf(api).save({ introduction: { name: '筹备中' } });
  return bodyOf<{ id: string }>(saved, 200).id;
}

const withId = () => tokenRoutes(api.registry()).filter(({ path }) => path.includes('{id}'));
const idsFor = ({ path }: Route): string[] => {
  const [, kind = ''] = /\/((?:webhooks\/)?[\w-]+)\/\{id\}/.exec(path) ?? [];
  return objects[kind] ?? [];
};
const call = (client: HttpClient, { method, path, body }: Route, id: string): Promise<Answer> =>
  client.send(method, path.replace('{id}', id), {
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
/** What an answer says, but for what names the request. */
const told = ({ status, body }: Answer) => ({ status, body: { ...(body as object), requestId: '' } });

test('I-62: every kind of object that a path names is tried', () => {
  for (const route of withId()) expect([route.path, idsFor(route).length > 0]).toEqual([route.path, true]);
});

describe('I-62: objects of others answer 404, as if they were not', () => {
  test.each(['otherBuyer', 'otherProvider'] as const)(
    'they do for %s, on every route, at every stage',
    async (person) => {
      const role = person === 'otherBuyer' ? 'buyer' : 'provider';
      const before = await businessOf(api.db);
      for (const route of withId().filter(({ roles }) => roles.includes(role))) {
        const unknown = told(await call(api[person], route, 'dlv_unknown'));
        expect({ route, ...unknown }).toMatchObject({ route, status: 404 });
        for (const id of idsFor(route)) {
          expect({ route, id, ...told(await call(api[person], route, id)) }).toEqual({ route, id, ...unknown });
        }
      }
      expect(await businessOf(api.db)).toEqual(before);
    },
  );

  test('lists and filters hold nothing of others', async () => {
    const ofBuyer = await api.otherBuyer.get('/v1/buyer/orders?limit=100');
    const ofProvider = await api.otherProvider.get('/v1/provider/orders?limit=100');
    expect([ofBuyer.body, ofProvider.body]).toEqual(Array(2).fill({ items: [], nextCursor: null }));
    const filter = `orderId=${objects.orders?.[1]}`;
    expect((await api.ops.get(`/v1/ops/deliveries?${filter}`)).body).toMatchObject({ items: [{}] });
    for (const path of [`/v1/buyer/deliveries?${filter}`, '/v1/buyer/deliveries']) {
      expect((await api.otherBuyer.get(path)).body).toEqual({ items: [], nextCursor: null });
    }
    expect((await api.otherBuyer.get('/v1/me/messages')).body).toMatchObject({ items: [], unread: 0 });
  });
});

describe('I-62: what is no id of anything is 404 for everybody', () => {
  test('ACC-0: a refusal of an unknown id says the same to every role, and claims nothing about whose it would be', async () => {
    for (const route of withId()) {
      for (const role of route.roles) {
        const client = { buyer: api.buyer, provider: api.provider, ops: api.manager }[role];
        const { status, body } = await call(client, route, 'dlv_01zzzzzzzzzzzzzzzzzzzzzzzz');
        expect({ route, status, body }).toMatchObject({ route, status: 404 });
        expect(body).not.toMatchObject({ detail: expect.stringMatching(/\byours?\b/) });
      }
    }
  });

  test.each([
    ['an unknown id', 'dlv_01zzzzzzzzzzzzzzzzzzzzzzzz'],
    ['a word', 'nothing'],
    ['three hundred letters', 'x'.repeat(300)],
    ['a NUL', '%00'],
    ['a line break', 'dlv_1%0A'],
    ['an emoji', '%F0%9F%99%82'],
    ['half an emoji, as bytes', '%ED%A0%BD'],
    ['a way upwards', '..%2f..%2f..%2fetc%2fpasswd'],
    ['a way upwards, twice escaped', '%252e%252e%252f'],
    ['SQL', "x'%20OR%20'1'='1"],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
  ])('%s is answered as an unknown id is', async (_, id) => {
    const before = await businessOf(api.db);
    for (const route of withId()) {
      const client = route.roles.includes('buyer')
        ? api.buyer
        : route.roles.includes('provider')
          ? api.provider
          : api.manager;
      const { status } = await call(client, route, id);
      expect([route.method, route.path, status]).toEqual([route.method, route.path, id.includes('%ED') ? 400 : 404]);
    }
    expect(await businessOf(api.db)).toEqual(before);
  });
});

describe('DLV-14: files are for the parties and operations', () => {
  const download = async (person: 'buyer' | 'provider' | 'ops' | 'otherBuyer' | 'otherProvider', id: string) => {
    const role = person.toLowerCase().replace('other', '');
    return (await api[person].get(`/v1/${role}/attachments/${id}`)).status;
  };

  test('an upload is its owner’s alone until it is used in a delivery', async () => {
    const { id } = bodyOf<{ id: string }>(await api.buyer.upload('/v1/buyer/attachments', '需求.txt', '三页'), 201);
    expect(await download('buyer', id)).toBe(200);
    for (const person of ['provider', 'ops', 'otherBuyer', 'otherProvider'] as const) {
      expect([person, await download(person, id)]).toEqual([person, 404]);
    }
    const delivery = await story.deliveryAt('awaiting_requirement');
    await story.done(delivery, 'buyer.requirement', { text: '三页', attachmentIds: [id] });
    for (const person of ['buyer', 'provider', 'ops'] as const) {
      expect([person, await download(person, id)]).toEqual([person, 200]);
    }
    for (const person of ['otherBuyer', 'otherProvider'] as const) {
      expect([person, await download(person, id)]).toEqual([person, 404]);
    }
  });

  test('nobody uses a file that somebody else uploaded', async () => {
    const mine = bodyOf<{ id: string }>(await api.buyer.upload('/v1/buyer/attachments', 'a.txt', 'mine'), 201);
    const theirs = bodyOf<{ id: string }>(await api.otherBuyer.upload('/v1/buyer/attachments', 'b.txt', 'theirs'), 201);
    const delivery = await story.deliveryAt('awaiting_requirement');
    const before = await businessOf(api.db);
    const body = { text: '三页', attachmentIds: [mine.id, theirs.id, 'att_unknown'] };
    expect(await story.act(delivery, 'buyer.requirement', body)).toMatchObject({
      status: 422,
      body: {
        code: 'ATTACHMENT.NOT_YOURS',
        errors: [{ path: 'body.attachmentIds.1' }, { path: 'body.attachmentIds.2' }],
      },
    });
    expect(await businessOf(api.db)).toEqual(before);
    expect(await download('buyer', theirs.id)).toBe(404);
  });
});
