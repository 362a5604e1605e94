import type { DeliveryAction } from '../../domain/deliveries/commands';
import { deliveryWorkflowId } from '../../workflows/deliveries/messages';
import { orderWorkflowId } from '../../workflows/orders/messages';
import { expectAgreement } from './support/agreement';
import { type Client, codeOf, createClient } from './support/client';
import type { Deal } from './support/deal';
import { inParallel } from './support/in-parallel';
import { dyingAfter, loseSteps, untilAgreed, WITHOUT_RECONCILIATION } from './support/lost-step';
import { type FaultSystem, startSystem } from './support/system';
import { bringTo, requestFor, reworded, STRAIGHT, send } from './support/walk';

/**
 * A step is committed, and worker, API and Temporal server die before the history knows of it: the table says one
 * thing, the workflow another. What the table says is the truth.
 */
describe('I-4: a step is stored, and nobody lives to record it', () => {
  let system: FaultSystem;
  let client: Client;
  beforeAll(async () => {
    system = await startSystem({ worker: null });
    client = createClient(system);
  }, 120_000);
  afterAll(() => system.stop(), 60_000);
  beforeEach(() => system.ensure('temporal', 'api'), 60_000);
  afterEach(() => system.end('worker'), 60_000);

  const workflowOf = ({ deliveryId }: Deal) => system.temporal.workflow.getHandle(deliveryWorkflowId(deliveryId));
  const orderOf = ({ orderId }: Pick<Deal, 'orderId'>) => system.temporal.workflow.getHandle(orderWorkflowId(orderId));
  const writerOf = (deal: Deal) => ({ workflow: workflowOf(deal), objectId: deal.deliveryId });

  /** A delivery an action whose last step, of that action, is in the table only; everything but the worker runs again. */
  async function withLostSteps(...actions: readonly DeliveryAction[]): Promise<Deal[]> {
    await system.start('worker', dyingAfter(...actions));
    const cutOff = await inParallel(actions, actions.length, async (action) => {
      const deal = await client.buy();
      await bringTo(client, deal, action === 'provider.requirement.reject' ? 'provider.requirement.confirm' : action);
      return { deal, action, post: requestFor(deal.deliveryId, action) };
    });
    const unanswered = Promise.all(cutOff.map(({ post }) => client.once(post)));
    await loseSteps(
      system,
      cutOff.map(({ deal }) => writerOf(deal)),
    );
    expect(await unanswered).toEqual(cutOff.map(() => ({ status: 0, body: null })));
    for (const { deal, action, post } of cutOff) deal.done.push({ action, post });
    await system.start('api');
    return cutOff.map(({ deal }) => deal);
  }

  /** The command that was cut off is sent again, unchanged and changed. */
  async function expectDoneOnce({ deliveryId, done }: Deal): Promise<void> {
    const post = done.at(-1)?.post;
    if (post == null) throw new Error('no command was cut off');
    const { stage } = await client.delivery(deliveryId);
    expect(await client.post(post)).toMatchObject({ status: 200, body: { id: deliveryId, stage } });
    const changed = await client.post(reworded(post));
    expect([changed.status, codeOf(changed)]).toEqual([422, 'IDEMPOTENCY.KEY_REUSED']);
    expect(await system.db.step.count({ where: { objectId: deliveryId } })).toBe(done.length + 1);
  }

  async function expectRefused({ deliveryId }: Deal, action: DeliveryAction, allowed: string[]): Promise<void> {
    const answer = await client.post(requestFor(deliveryId, action));
    expect(answer).toMatchObject({ status: 409, body: { code: 'DELIVERY.NOT_ALLOWED', allowedActions: allowed } });
  }

  test('of a rejection the workflow learns without a further command, the final acceptance ends delivery and order; the retry is answered, and done once', async () => {
    const [rejected, accepted] = await withLostSteps('provider.requirement.reject', 'buyer.acceptance.accept');
    if (rejected === undefined || accepted === undefined) throw new Error('Two deliveries were cut off');
    await system.start('worker');
    await expectGoesOn(rejected);
    await expectEnded(accepted);
    await expectAgreement(system, [rejected, accepted]);
  }, 120_000);

  async function expectGoesOn(deal: Deal): Promise<void> {
    await untilAgreed(system, workflowOf(deal), deal.deliveryId);

    await expectRefused(deal, 'provider.implementation.submit', ['buyer.requirement']);
    await expectDoneOnce(deal);
    for (const action of STRAIGHT) await send(client, deal, action);
  }

  async function expectEnded(deal: Deal): Promise<void> {
    await expect(workflowOf(deal).result()).resolves.toEqual({ outcome: 'accepted', refundFen: 0 });
    await expect(orderOf(deal).result()).resolves.toEqual({ outcome: 'paid' });

    await expectRefused(deal, 'buyer.acceptance.reject', []);
    await expectRefused(deal, 'provider.implementation.submit', []);
    await expectDoneOnce(deal);
  }

  test('without any reconciliation the next command is judged on the stored step: refused, or done', async () => {
    const deals = await withLostSteps('provider.requirement.confirm', 'provider.requirement.confirm');
    await system.start('worker', WITHOUT_RECONCILIATION);
    for (const deal of deals.slice(0, 1)) {
      await expectRefused(deal, 'buyer.requirement', ['provider.implementation.submit']);
      await expectDoneOnce(deal);
    }
    for (const deal of deals.slice(1)) await send(client, deal, 'provider.implementation.submit');
    await expectAgreement(system, deals);
  }, 120_000);

  test('the API lives, and finds the step in the table: its client is answered only once the workflow is sure to learn', async () => {
    await system.start('worker', dyingAfter('provider.requirement.confirm'));
    const deal = await client.buy();
    await bringTo(client, deal, 'provider.requirement.confirm');
    const post = requestFor(deal.deliveryId, 'provider.requirement.confirm');
    const first = client.once(post);
    await system.ended('worker');
    await system.kill('temporal');
    expect([(await first).status, codeOf(await first)]).toEqual([503, 'SERVICE.UNAVAILABLE']);
    deal.done.push({ action: 'provider.requirement.confirm', post });

    await Promise.all([system.start('temporal'), system.start('worker')]);
    await untilAgreed(system, workflowOf(deal), deal.deliveryId);
    await expectDoneOnce(deal);
    await expectAgreement(system, [deal]);
  }, 120_000);

  test('a deadline has passed once, and its outcome is everybody’s', async () => {
    system.setPolicy({ 'delivery.autoAcceptAfter': '2 seconds' });
    await system.kill('api');
    await system.start('api');
    await system.start('worker', dyingAfter('deadline.auto_accept'));
    const deal = await client.buy();
    await bringTo(client, deal, 'buyer.acceptance.accept');
    await loseSteps(system, [writerOf(deal)]);
    system.setPolicy({});
    await Promise.all([system.start('api'), system.start('worker')]);

    await expect(workflowOf(deal).result()).resolves.toEqual({ outcome: 'auto_accepted', refundFen: 0 });
    deal.done.push({ action: 'deadline.auto_accept', post: null });
    await expectRefused(deal, 'buyer.acceptance.reject', []);
    await expectAgreement(system, [deal]);
  }, 120_000);

  test('I-20: the payment of an order is counted once, and the delivery starts', async () => {
    await system.start('worker', dyingAfter('order.paid'));
    const orderId = await client.place();
    await client.pay(orderId);
    await loseSteps(system, [{ workflow: orderOf({ orderId }), objectId: orderId }]);
    await Promise.all([system.start('api'), system.start('worker')]);

    const { deliveryId } = await system.db.order.findUniqueOrThrow({ where: { id: orderId } });
    const deal: Deal = { orderId, deliveryId, done: [] };
    for (const action of STRAIGHT) await send(client, deal, action);
    await expectAgreement(system, [deal]);
  }, 120_000);
});
