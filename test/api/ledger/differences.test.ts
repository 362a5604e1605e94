import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

type Difference = { id: string; state: string; journalId: string | null; allowedActions: string[] };
const PATH = '/v1/ops/reconciliation/differences';
let n = 0;

async function difference(kind = 'channel_payment'): Promise<string> {
  n += 1;
  const at = new Date();
  const found = {
    kind,
    key: `txn_${n}`,
    channel: 'wechat',
    day: '2026-11-20',
    ledgerFen: 0n,
    otherFen: 900n,
    foundAt: at,
    lastSeenAt: at,
  };
  return (await api.db.reconciliationDifference.create({ data: { id: `rcd_${n}`, ...found } })).id;
}

const resolve = (id: string, body: object, headers = {}) => api.manager.post(`${PATH}/${id}/resolve`, body, headers);

describe('WDR-9: differences are tasks of operations', () => {
  test('they are listed by state, and shown one by one', async () => {
    const id = await difference();
    const { items } = bodyOf<{ items: Difference[] }>(await api.ops.get(`${PATH}?state=open`), 200);
    expect(items).toEqual([bodyOf(await api.ops.get(`${PATH}/${id}`), 200)]);
    expect(items[0]).toMatchObject({ id, state: 'open', allowedActions: ['ops.resolve'] });
    expect(bodyOf(await api.ops.get(`${PATH}?state=resolved`), 200)).toMatchObject({ items: [] });
  });

  test('a manager resolves one by what it suggests: the journal names it, the trail who and why', async () => {
    const id = await difference();
    const resolved = bodyOf<Difference>(await resolve(id, { reason: '回调丢失' }), 200);
    expect(resolved).toMatchObject({
      state: 'resolved',
      resolvedBy: 'usr_ops_demo',
      reason: '回调丢失',
      allowedActions: [],
    });
    const journal = await api.ops.get(`/v1/ops/ledger/journals/${resolved.journalId}`);
    expect(journal.body).toMatchObject({
      kind: 'adjustment',
      resolvesId: id,
      cause: { objectId: id, action: 'ops.reconciliation.resolve' },
    });
    const trail = await api.ops.get(`/v1/ops/audit?objectId=${id}`);
    expect(trail.body).toMatchObject({ items: [{ action: 'ops.reconciliation.resolve', note: '回调丢失' }] });
    const again = await resolve(id, { reason: 'once more' });
    expect([again.status, again.body]).toEqual([409, expect.objectContaining({ code: 'DIFFERENCE.RESOLVED' })]);
  });

  test('by entries of their own, or by an explanation without any', async () => {
    const entries = [
      { accountId: 'channel:wechat', side: 'debit', amountFen: 900 },
      { accountId: 'platform_fee', side: 'credit', amountFen: 900 },
    ];
    const own = bodyOf<Difference>(await resolve(await difference(), { reason: 'a fee', entries }), 200);
    expect(own.journalId).toMatch(/^jrn_/);
    const explained = await resolve(await difference('clearing'), { reason: 'the buyer was called', entries: [] });
    expect(bodyOf<Difference>(explained, 200)).toMatchObject({ state: 'resolved', journalId: null });
  });

  test('entries that do not balance, name no account, or take what is not there are refused, and nothing is resolved', async () => {
    const id = await difference();
    const of = (accountId: string, amountFen = 900) => [
      { accountId, side: 'debit', amountFen },
      { accountId: 'suspense', side: 'credit', amountFen: 900 },
    ];
    for (const entries of [of('platform_fee', 1), of('slush_fund'), of('provider:prv_demo:wechat:withdrawable')]) {
      expect((await resolve(id, { reason: 'no', entries })).status).toBe(422);
    }
    expect(bodyOf(await api.ops.get(`${PATH}/${id}`), 200)).toMatchObject({ state: 'open' });
  });

  test('the same key gets the same answer; who may not rule is refused; what is not there is 404', async () => {
    const id = await difference();
    const first = await resolve(id, { reason: 'once' }, key('resolve-once'));
    expect((await resolve(id, { reason: 'once' }, key('resolve-once'))).body).toEqual(first.body);
    expect((await api.ops.post(`${PATH}/${id}/resolve`, { reason: 'no' })).status).toBe(403);
    expect((await api.ops.get(`${PATH}/rcd_none`)).status).toBe(404);
    expect((await resolve('rcd_none', { reason: 'no' })).status).toBe(404);
  });
});
