import type { Renewal } from '../../domain/orders/order';
import { instanceState, instanceWorkflowId, orderRefunded } from '../../workflows/instances/messages';
import { orderReturnWorkflowId } from '../../workflows/shared/order-return';
import { unique } from '../factories/commands';
import { saasProduct } from '../factories/instances';
import { saasWishes, type TermsWishes } from '../factories/orders';
import { eventually } from '../support/eventually';
import { refundsOf } from '../support/refunds';
import { answering, type SpecProvider, startSpecProvider } from '../support/spec-provider';
import type { World } from '../support/world';
import type { Scenario } from './scenarios';

/** An instance that its order has begun, and ways to buy more of it. */
async function begun(world: World, productId: string, changes: TermsWishes = {}) {
  const place = (more: TermsWishes) => world.place(saasWishes(productId, more));
  const reaches = (orderId: string, state: string) =>
    eventually(
      async () => expect(await world.db.order.findUniqueOrThrow({ where: { id: orderId } })).toMatchObject({ state }),
      20_000,
    );
  const first = await place(changes);
  const { orderId } = first.terms;
  if (first.terms.payableFen === 0) await first.act('buyer.take');
  else await first.pay();
  await reaches(orderId, 'completed');
  const instanceId = orderId.replace('ord_', 'ins_');
  const handle = world.client.workflow.getHandle(instanceWorkflowId(instanceId));
  return {
    ...{ orderId, instanceId, reaches },
    state: async () => (await handle.query(instanceState)).state,
    buys: (scene: Renewal['scene']) => place({ renews: { instanceId, scene } }),
    async destroyed() {
      await handle.signal(orderRefunded, {
        orderId: (await handle.query(instanceState)).state.purchase.orderId,
        refundId: `rfd_${unique()}`,
      });
      await world.realTimeClient.workflow.getHandle(handle.workflowId).result();
    },
  };
}

/** A paid renewal that the provider's server never carries out. */
async function renewalNotCarriedOut(world: World, productId: string, provider: SpecProvider) {
  const first = await begun(world, productId);
  provider.behave((received, response) =>
    received.action === 'renewInstance' ? answering(503, '')(received, response) : null,
  );
  const renewal = await first.buys('renewal');
  await renewal.pay();
  await renewal.ended();
  return { first, renewal };
}

/** A scenario with a provider's server of its own. */
const withProvider =
  (play: (world: World, productId: string, provider: SpecProvider) => Promise<Record<string, string>>): Scenario =>
  async (world) => {
    const provider = await startSpecProvider('a-token-of-tests');
    try {
      return await play(world, await saasProduct(world.db, provider), provider);
    } finally {
      await provider.stop();
    }
  };

/** Orders for more of an instance: a trial, its formal purchase, a renewal; and those whose money goes back (INS-4, ORD-8). */
export const RENEWALS_IN_REAL_TIME: Record<string, Scenario> = {
  'trial-formal-renewed': withProvider(async (world, productId) => {
    const trial = await begun(world, productId, { isTrial: true, payableFen: 0, span: { amount: 7, unit: 'day' } });
    const formal = await trial.buys('trial_to_formal');
    await formal.pay();
    await trial.reaches(formal.terms.orderId, 'completed');
    const renewal = await trial.buys('renewal');
    await renewal.pay();
    await renewal.ended();
    await trial.reaches(renewal.terms.orderId, 'completed');
    await trial.destroyed();
    const renewalId = renewal.terms.orderId;
    return { order: `order/${renewalId}`, instance: instanceWorkflowId(trial.instanceId) };
  }),

  'renewed-too-late': withProvider(async (world, productId) => {
    const first = await begun(world, productId);
    const renewal = await first.buys('renewal');
    await first.destroyed();
    await renewal.pay();
    await renewal.ended();
    const orderReturn = orderReturnWorkflowId(renewal.terms.orderId);
    await world.realTimeClient.workflow.getHandle(orderReturn).result();
    return { order: `order/${renewal.terms.orderId}`, orderReturn };
  }),

  'renewal-given-up': withProvider(async (world, productId, provider) => {
    const { first, renewal } = await renewalNotCarriedOut(world, productId, provider);
    await first.destroyed();
    await world.realTimeClient.workflow.getHandle(orderReturnWorkflowId(renewal.terms.orderId)).result();
    return { instance: instanceWorkflowId(first.instanceId) };
  }),
};

/** Lived with skipped time: what is looked at every hour. */
export const RENEWALS_WITH_SKIPPED_TIME: Record<string, Scenario> = {
  /** Somebody has asked for the renewal's money when the instance is given up: that refund decides first. */
  'return-waits-for-refund': withProvider(async (world, productId, provider) => {
    const { first, renewal } = await renewalNotCarriedOut(world, productId, provider);
    const refund = await refundsOf(world).request({ terms: { ...renewal.terms, deliveryId: null } });
    await first.destroyed();
    const orderReturn = orderReturnWorkflowId(renewal.terms.orderId);
    await world.env.sleep('90 minutes');
    await refund.act('buyer.withdraw');
    await refund.ended();
    await world.env.sleep('90 minutes');
    await world.realTimeClient.workflow.getHandle(orderReturn).result();
    return { orderReturn };
  }),
};
