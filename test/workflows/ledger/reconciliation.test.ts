import { dayAfter } from '../../../domain/calendar/shanghai';
import { shanghaiDay } from '../../../domain/calendar/working-days';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { scheduleReconciliation } from '../../../worker/schedules';
import { RECONCILIATION_SCHEDULE, type ReconciliationResult } from '../../../workflows/ledger/messages';
import type { reconciliation } from '../../../workflows/ledger/workflow';
import { devServer } from '../../support/dev-server';
import { eventually } from '../../support/eventually';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld(devServer);
});
afterAll(() => world.stop());

const DAY_MS = 86_400_000;
const inAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

/** A payment of some days ago that the channel has, and the ledger as it posts it: two days that are over. */
async function pastPayment(transactionId: string, daysAgo: number) {
  const at = inAgo(daysAgo);
  const payment = {
    id: `pay_${transactionId}`,
    orderId: 'ord_past',
    channel: 'wechat',
    transactionId,
    amountFen: 100n,
  };
  await world.db.payment.create({ data: { ...payment, status: 'surplus', receivedAt: at } });
  return { transactionId, channel: 'wechat', amountFen: 100, at: at.toISOString() };
}

const disagree = (disagreement: object) =>
  fetch(new URL('/disagreement', world.channel.url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(disagreement),
  });

const schedule = () => world.client.schedule.getHandle(RECONCILIATION_SCHEDULE);

/** The results of the workflows that the schedule has started, once there are so many. */
const resultsOf = (count: number): Promise<ReconciliationResult[]> =>
  eventually(async () => {
    const { recentActions } = (await schedule().describe()).info;
    expect(recentActions).toHaveLength(count);
    const ids = recentActions.map(({ action }) => action.workflow.workflowId);
    return Promise.all(ids.map((id) => world.client.workflow.getHandle<typeof reconciliation>(id).result()));
  });

describe('WDR-9: the reconciliation', () => {
  test('is started by its schedule, which every worker makes sure of and operations may pause', async () => {
    await scheduleReconciliation(world.client, 'back-office', parsePolicy({}));
    await schedule().pause('the channel is being changed');
    await scheduleReconciliation(world.client, 'back-office', parsePolicy({ 'ledger.clearingOpenFor': '1 day' }));
    const { state, policies, spec, action } = await schedule().describe();
    expect(state).toMatchObject({ paused: true, note: 'the channel is being changed' });
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 7 * DAY_MS });
    expect(spec.timezone).toBe('Asia/Shanghai');
    expect(action.args).toEqual([{ clearingOpenForMs: DAY_MS }]);
    await schedule().unpause();
  });

  test('compares every day that is over, the channel’s own list too, and finds exactly what disagrees', async () => {
    await schedule().trigger();
    expect(await resultsOf(1)).toEqual([{ days: 0, differences: 0 }]);

    await world.db.reconciledDay.create({
      data: { day: inAgo(4).toISOString().slice(0, 10), reconciledAt: inAgo(3), differences: 0 },
    });
    const listed = await pastPayment('txn_past', 2);
    await disagree({ invent: [listed] });
    await schedule().trigger();
    const [, { days, differences } = { days: 0, differences: 0 }] = await resultsOf(2);
    expect(days).toBeGreaterThanOrEqual(2);
    // Our own row without a journal, and the channel's line that the ledger does not have.
    expect(differences).toBe(2);
    const found = await world.db.reconciliationDifference.findMany({ orderBy: { kind: 'asc' } });
    expect(found.map(({ kind, key }) => [kind, key])).toEqual([
      ['channel_payment', 'txn_past'],
      ['payment', 'wechat/txn_past'],
    ]);
    // Days on which nothing ran are done one by one, however long that was.
    const reconciled = await world.db.reconciledDay.findMany({ orderBy: { day: 'asc' } });
    expect(reconciled.slice(1).map(({ day }) => day)).toEqual(reconciled.slice(0, -1).map(({ day }) => dayAfter(day)));
    expect(reconciled).toHaveLength(days + 1);
    expect(reconciled.at(-1)?.day).toBe(shanghaiDay(Date.now() - DAY_MS));
    expect(await world.db.ledgerSeal.count()).toBe(days);

    await schedule().trigger();
    expect((await resultsOf(3))[2]).toEqual({ days: 0, differences: 0 });
  });

  test('looks at older differences again: one that is gone is settled by the run that sees it no more', async () => {
    const differences = () => world.db.reconciliationDifference.findMany({ orderBy: { kind: 'asc' } });
    expect((await differences()).map(({ state }) => state)).toEqual(['open', 'open']);
    await disagree({});
    await schedule().trigger();
    await resultsOf(4);
    const { recentActions } = (await schedule().describe()).info;
    expect((await differences()).map(({ state, settledRun }) => [state, settledRun])).toEqual([
      ['settled', recentActions.at(-1)?.action.workflow.firstExecutionRunId],
      ['open', null],
    ]);
  });
});
