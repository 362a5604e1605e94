import { sealText } from '../../codec/keys';
import { checkedToken } from '../../codec/places';
import { type Purchase, verification } from '../../domain/instances/protocol';
import type { InstancePolicy } from '../../domain/policies/catalogue';
import { providerCheckWorkflowId } from '../../workflows/instances/messages';
import type { providerCheck } from '../../workflows/instances/workflow';
import { KEYS, unique } from '../factories/commands';
import { instanceInput, saasProduct, startInstance } from '../factories/instances';
import { eventually } from '../support/eventually';
import { answering, type SpecProvider, startSpecProvider } from '../support/spec-provider';
import type { World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;
type Instance = Awaited<ReturnType<typeof startInstance>>;

/** A scenario of an instance that is destroyed in the end, with a provider's server of its own. */
const withInstance =
  (
    play: (instance: Instance, provider: SpecProvider, world: World) => Promise<void>,
    changes: Partial<Purchase> = {},
    policy: Partial<InstancePolicy> = {},
  ): Scenario =>
  async (world) => {
    const provider = await startSpecProvider('a-token-of-tests');
    try {
      const productId = await saasProduct(world.db, provider);
      const { identity, ...input } = instanceInput(productId, changes);
      const kept = { ...identity, policy: { ...identity.policy, ...policy } };
      const instance = await startInstance(world, { ...input, identity: kept });
      await play(instance, provider, world);
      await world.realTimeClient.workflow.getHandle(instance.handle.workflowId).result();
      return { instance: instance.handle.workflowId };
    } finally {
      await provider.stop();
    }
  };

const answered = (instance: Instance) =>
  eventually(async () => {
    const { stage, calls } = await instance.state();
    expect([stage, calls]).toEqual(['active', []]);
  }, 30_000);

async function renewed(instance: Instance): Promise<void> {
  await instance.buys();
  await answered(instance);
}

export const INSTANCES_IN_REAL_TIME: Record<string, Scenario> = {
  'instance-lived': withInstance(async (instance) => {
    await answered(instance);
    const renewal = `ord_${unique()}`;
    await instance.buys({}, renewal);
    await answered(instance);
    await instance.refund(renewal);
    await eventually(async () => expect((await instance.state()).callCount).toBe(3));
    await answered(instance);
    const change = `ord_${unique()}`;
    await instance.buys({ specName: '专业版' }, change);
    await answered(instance);
    await instance.refund(change);
  }),

  'instance-continued-as-new': withInstance(async (instance) => {
    await answered(instance);
    for (let n = 0; n < 16; n += 1) await renewed(instance);
    await instance.refund(instance.orderId);
  }),

  /** Operations were notified before it was ready: an odd number of steps, so that a run ends with a call under way. */
  'instance-continued-while-called': withInstance(
    async (instance, provider) => {
      provider.behave(answering(200, '{"signId":"0"}'));
      await eventually(async () => expect((await instance.state()).isLate).toBe(true));
      provider.behave(() => null);
      await answered(instance);
      for (let n = 0; n < 14; n += 1) await renewed(instance);
      await instance.refund(instance.orderId);
    },
    {},
    { unansweredAfterMs: 1_000 },
  ),

  'instance-bought-too-late': withInstance(async (instance, provider) => {
    await answered(instance);
    provider.behave(answering(500, ''));
    await instance.refund(instance.orderId);
    await eventually(async () => expect((await instance.state()).stage).toBe('destroying'));
    await instance.buys().then(
      () => Promise.reject(new Error('it was bought')),
      () => provider.behave(() => null),
    );
  }),

  'instance-refunded-before-ready': withInstance(async (instance, provider) => {
    provider.behave((received, response) =>
      received.action === 'createInstance' ? answering(200, '{"signId":"0"}')(received, response) : null,
    );
    await eventually(() => expect(provider.callsOf('createInstance')).not.toEqual([]));
    await instance.refund(instance.orderId);
  }),

  async 'provider-checked'(world) {
    const provider = await startSpecProvider('a-token-of-tests');
    try {
      const checkId = unique();
      const workflowId = providerCheckWorkflowId(checkId);
      const sealedToken = sealText(KEYS, provider.token, checkedToken(checkId)).toString('base64');
      const body = verification('verify-1', 'an echo');
      await world.client.workflow.execute<typeof providerCheck>('providerCheck', {
        ...{ workflowId, taskQueue: 'back-office', args: [{ checkId, url: provider.url, sealedToken, body }] },
      });
      return { providerCheck: workflowId };
    } finally {
      await provider.stop();
    }
  },
};

export const INSTANCES_WITH_SKIPPED_TIME: Record<string, Scenario> = {
  'instance-expired': withInstance(
    async (instance, _, { env }) => {
      await answered(instance);
      await env.sleep('2 hours');
      await eventually(async () => expect((await instance.state()).calls).toEqual([]));
      await env.sleep('8 days');
    },
    { span: { amount: 1, unit: 'hour' } },
  ),

  'instance-renewed-after-expiry': withInstance(
    async (instance, provider, { env }) => {
      await answered(instance);
      provider.behave(answering(503, ''));
      await env.sleep('90 minutes');
      await eventually(async () => expect((await instance.state()).stage).toBe('expired'));
      await instance.buys({ span: { amount: 30, unit: 'day' } });
      provider.behave(() => null);
      await eventually(async () => {
        await env.sleep('10 minutes');
        expect((await instance.state()).calls).toEqual([]);
      }, 60_000);
      await instance.refund(instance.orderId);
    },
    { span: { amount: 1, unit: 'hour' } },
  ),

  'instance-late': withInstance(async (instance, provider, { env }) => {
    provider.behave(answering(200, '{"signId":"0"}'));
    await env.sleep('2 hours');
    await eventually(async () => expect((await instance.state()).isLate).toBe(true));
    provider.behave(() => null);
    await eventually(async () => {
      await env.sleep('10 minutes');
      await answered(instance);
    }, 60_000);
    await instance.refund(instance.orderId);
  }),
};
