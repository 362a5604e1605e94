import type { z } from 'zod';
import type { journalSchema, TrialBalanceView } from '../../../api/ledger/schemas';
import { type Api, startApi } from '../../support/api';
import { eventually } from '../../support/eventually';
import { bodyOf, storyOf } from '../../support/story';

let api: Api;
let story: ReturnType<typeof storyOf>;
let orderId: string;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
  const { orderId: completed } = await story.delivery(await story.deliveryAt('completed'));
  orderId = completed;
  await story.paidOrder();
});
afterAll(() => api.stop());

type Journal = z.infer<typeof journalSchema>;
type Statement = {
  items: { id: string; journalId: string; debitFen: number; creditFen: number }[];
  nextCursor: string | null;
};

const balance = async (query = '') =>
  bodyOf<TrialBalanceView>(await api.ops.get(`/v1/ops/ledger/trial-balance${query}`), 200);
const lineOf = ({ lines }: TrialBalanceView, account: string) => lines.find((line) => line.account === account);
const statement = async (account: string, query = '') =>
  bodyOf<Statement>(await api.ops.get(`/v1/ops/ledger/accounts/${account}/entries${query}`), 200);

describe('WDR-9: what operations read of the ledger', () => {
  test('the trial balance: what buyers paid is at the channel, and is held, earned or the platform’s fee', async () => {
    const now = await balance();
    const { payableFen } = await story.orderNow(orderId);
    expect(now.balanced).toBe(true);
    expect(now.debitFen).toBe(now.creditFen);
    expect(lineOf(now, 'channel:wechat')).toMatchObject({ side: 'debit', balanceFen: 2 * payableFen });
    expect(lineOf(now, 'buyer_funds:wechat')).toMatchObject({ side: 'credit', balanceFen: payableFen });
    expect(lineOf(now, 'platform_fee')).toMatchObject({ balanceFen: payableFen / 10 });
    expect(lineOf(now, 'provider:*:wechat:pending')).toMatchObject({ balanceFen: payableFen - payableFen / 10 });
  });

  test('the trial balance at an instant has what was posted until then', async () => {
    expect(await balance('?at=2020-01-01T00:00:00Z')).toMatchObject({ lines: [], debitFen: 0, balanced: true });
    const { items } = await statement('channel:wechat', '?sort=id');
    const first = bodyOf<Journal>(await api.ops.get(`/v1/ops/ledger/journals/${items[0]?.journalId}`), 200);
    const then = await balance(`?at=${encodeURIComponent(first.postedAt)}`);
    expect(lineOf(then, 'channel:wechat')).toMatchObject({ balanceFen: items[0]?.debitFen });
  });

  test('the statement of an account, page by page, either way', async () => {
    const all = await statement('channel:wechat');
    expect(all.items).toHaveLength(2);
    const first = await statement('channel:wechat', '?limit=1');
    const second = await statement('channel:wechat', `?limit=1&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(all.items);
    expect((await statement('channel:wechat', '?sort=id')).items).toEqual([...all.items].reverse());
    expect(second.nextCursor).toBeNull();
  });

  test('a journal with its entries and the step that caused it', async () => {
    const { items } = await statement('platform_fee');
    const journal = bodyOf<Journal>(await api.ops.get(`/v1/ops/ledger/journals/${items[0]?.journalId}`), 200);
    expect(journal).toMatchObject({
      kind: 'order_completed',
      businessKey: `order-completed/${orderId}`,
      objectId: orderId,
      reversesId: null,
      cause: { action: 'buyer.acceptance.accept', actor: { role: 'buyer', id: 'usr_demo' } },
    });
    expect(journal.entries.map(({ accountId }) => accountId)).toEqual([
      'buyer_funds:wechat',
      'platform_fee',
      'provider:prv_demo:wechat:pending',
    ]);
  });

  test('each as CSV, by the query or by the Accept header, with the next page in the Link header', async () => {
    const path = '/v1/ops/ledger/accounts/channel:wechat/entries?limit=1';
    const answer = await api.ops.get(`${path}&format=csv`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    const [, next = ''] = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '') ?? [];
    const last = await api.ops.get(next);
    expect(last.headers.get('link')).toBeNull();
    expect(String(last.body).split('\r\n')).toHaveLength(3);
    const accepted = await api.ops.get('/v1/ops/ledger/trial-balance', { accept: 'text/csv' });
    expect(String(accepted.body)).toContain('account,side,debitFen,creditFen,balanceFen\r\n');
    expect(String(accepted.body)).toMatch(/\r\ntotal,,(\d+),\1,0\r\n$/);
    const { items } = await statement('channel:wechat');
    const journal = await api.ops.get(`/v1/ops/ledger/journals/${items[0]?.journalId}?format=csv`);
    expect(String(journal.body).split('\r\n')).toHaveLength(4);
    expect((await api.ops.get(path, { accept: 'text/html, */*' })).headers.get('content-type')).toMatch(/json/);
  });

  test('what is not there is 404, and only operations read it', async () => {
    for (const path of [
      'accounts/provider:prv_none:wechat:pending/entries',
      'accounts/%27/entries',
      'journals/jrn_0',
    ]) {
      expect((await api.ops.get(`/v1/ops/ledger/${path}`)).status).toBe(404);
    }
    expect((await api.provider.get('/v1/ops/ledger/trial-balance')).status).toBe(403);
  });

  test('a payment that comes twice stands once at the channel, and its return beside it', async () => {
    const { id, payableFen } = await story.paidOrder();
    const before = await statement('channel:wechat');
    await fetch(`${api.channel.url}/payments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ orderId: id, channel: 'wechat', amountFen: payableFen },
        callbackUrl: `${api.url()}/v1/gateway/payments/wechat/callbacks`,
      }),
    });
    await eventually(async () => {
      const { items } = await statement('channel:wechat');
      const added = items.slice(0, items.length - before.items.length);
      expect(added.map(({ debitFen, creditFen }) => creditFen - debitFen)).toEqual([payableFen, -payableFen]);
    });
    expect(await balance()).toMatchObject({ balanced: true });
  });
});
