import { keyClient, subAccount } from '../../factories/accounts';
import { productsOf } from '../../factories/products';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import type { HttpClient } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';
import * as samples from '../files/samples';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

const pdf = new Uint8Array(samples.pdf);
type Lines = { items: { id?: string; objectId: string; note: string | null }[] };
const REASON = '只有双方知道的话';

/** A delivery whose requirement, with a file, was rejected for a reason; and its order. */
async function rejected() {
  const file = bodyOf<{ id: string }>(await api.buyer.upload('/v1/buyer/attachments', '需求.txt', '三页'), 201);
  const id = await story.deliveryAt('awaiting_requirement');
  await story.done(id, 'buyer.requirement', { text: '见附件', attachmentIds: [file.id] });
  const { orderId } = await story.done(id, 'provider.requirement.reject', { reason: REASON });
  return { id, orderId, fileId: file.id };
}
const timelineOf = async (client: HttpClient, id: string) =>
  bodyOf<Lines>(await client.get(`/v1/provider/objects/${id}/timeline`), 200).items;

describe('ACC-0: what belongs to a delivery is for who has the area deliveries', () => {
  test.each([
    ['sub-account', subAccount],
    ['key', keyClient],
  ])('a %s with only orders reads nothing of a delivery in its order’s timeline', async (_, make) => {
    const { id, orderId } = await rejected();
    const lines = await timelineOf(await make(api, ['orders']), orderId);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ objectId }) => objectId !== orderId)).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(REASON);
    for (const client of [await make(api, ['orders', 'deliveries']), api.provider]) {
      const all = await timelineOf(client, orderId);
      expect(all.filter(({ objectId }) => objectId === id)).toContainEqual(expect.objectContaining({ note: REASON }));
    }
  });

  test('files of deliveries are served to the area deliveries, to the main account and to the parties', async () => {
    const { fileId } = await rejected();
    const status = async (client: HttpClient) => (await client.get(`/v1/provider/attachments/${fileId}`)).status;
    for (const make of [subAccount, keyClient]) {
      expect(await status(await make(api, ['orders', 'products', 'account', 'messages']))).toBe(404);
      expect(await status(await make(api, []))).toBe(404);
      expect(await status(await make(api, ['deliveries']))).toBe(200);
    }
    expect(await status(api.provider)).toBe(200);
    expect((await api.buyer.get(`/v1/buyer/attachments/${fileId}`)).status).toBe(200);
  });

  test('what a colleague uploaded for a delivery cannot be had by naming it elsewhere', async () => {
    const upload = async (client: HttpClient) =>
      bodyOf<{ id: string }>(await client.upload('/v1/provider/attachments', '方案.pdf', pdf), 201).id;
    const mate = await subAccount(api, ['deliveries']);
    const used = await upload(mate);
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    await story.done(id, 'provider.requirement.confirm', { note: '', attachmentIds: [used] });
    const other = await subAccount(api, ['products']);
    const content = await productsOf(api).content('human_service');
    const publish = (document: string) =>
      other.post('/v1/provider/products', { content: { ...content, documents: [document] } });
    expect(await publish(used)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.content.documents.0', message: 'is not a file that you uploaded' }] },
    });
    expect((await publish(await upload(mate))).status).toBe(201);
    expect((await other.get(`/v1/provider/attachments/${used}`)).status).toBe(404);
    expect((await mate.get(`/v1/provider/attachments/${used}`)).status).toBe(200);
  });

  test('the provider’s trail has, for a sub-account with the area account, the objects of its areas only', async () => {
    const { id, orderId } = await rejected();
    const trail = async (client: HttpClient, objectId: string) =>
      bodyOf<Lines>(await client.get(`/v1/provider/audit?objectId=${objectId}`), 200).items.length;
    const seen = async (client: HttpClient) => [await trail(client, orderId), await trail(client, id)];
    expect(await seen(await subAccount(api, ['account']))).toEqual([0, 0]);
    const [order, delivery] = await seen(api.provider);
    expect(await seen(await subAccount(api, ['account', 'orders']))).toEqual([order, 0]);
    expect(await seen(await subAccount(api, ['account', 'deliveries']))).toEqual([0, delivery]);
    const own = bodyOf<Lines>(await (await subAccount(api, ['account'])).get('/v1/provider/audit?limit=100'), 200);
    expect(own.items.filter(({ objectId }) => /^(ord|dlv|prd|app|shp|srv|whk)_/.test(objectId))).toEqual([]);
  });
});

describe('MSG-3: a webhook sends nobody events of areas that are not theirs', () => {
  const terms = (groups: string[]) => ({ url: 'http://127.0.0.1:1/', description: '', groups });

  test('the area messages alone neither makes a webhook for deliveries nor directs one to a URL of its own', async () => {
    const { id } = bodyOf<{ id: string }>(await api.provider.post('/v1/provider/webhooks', terms(['deliveries'])), 201);
    const messages = await subAccount(api, ['messages']);
    expect(await messages.post('/v1/provider/webhooks', terms(['deliveries']))).toMatchObject({ status: 403 });
    expect(await messages.put(`/v1/provider/webhooks/${id}`, terms(['appeals']))).toMatchObject({ status: 403 });
    const both = await subAccount(api, ['messages', 'deliveries']);
    expect((await both.put(`/v1/provider/webhooks/${id}`, terms(['deliveries', 'appeals']))).status).toBe(200);
  });

  test('what an event says is read in the log by who has its area', async () => {
    const { id: webhook } = bodyOf<{ id: string }>(
      await api.provider.post('/v1/provider/webhooks', terms(['deliveries'])),
      201,
    );
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    const events = await eventually(async () => {
      const page = await api.provider.get(`/v1/provider/webhooks/${webhook}/deliveries?objectId=${id}`);
      const { items } = bodyOf<{ items: { id: string }[] }>(page, 200);
      expect(items.length).toBeGreaterThan(0);
      return items;
    });
    const read = async (client: HttpClient) =>
      bodyOf<{ params: object }>(await client.get(`/v1/provider/webhooks/deliveries/${events[0]?.id}`), 200).params;
    expect(await read(await subAccount(api, ['messages']))).toEqual({});
    expect(await read(await subAccount(api, ['messages', 'deliveries']))).toMatchObject({ deliveryId: id });
  });
});
