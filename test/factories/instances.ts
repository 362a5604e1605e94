import type { Client } from '@temporalio/client';
import { type KeyRing, openText, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { Purchase } from '../../domain/instances/protocol';
import { newInstance } from '../../domain/instances/transitions';
import { instancePolicy, parsePolicy } from '../../domain/policies/catalogue';
import { DAY_MS } from '../../domain/policies/duration';
import type { Database } from '../../prisma/store/shared/database';
import {
  type InstanceInput,
  instanceState,
  instanceWorkflowId,
  orderRefunded,
  purchased,
} from '../../workflows/instances/messages';
import type { instance } from '../../workflows/instances/workflow';
import { ACCESS, type SpecProvider } from '../support/spec-provider';
import { BUYER, KEYS, PROVIDER, unique } from './commands';

/** A published SaaS product whose instances are asked for at a server. */
export async function saasProduct(db: Database, { url, token }: Pick<SpecProvider, 'url' | 'token'>): Promise<string> {
  const id = `prd_${unique()}`;
  const text = {
    name: '客户管理',
    type: 'saas',
    category: 'saas',
    grade: 'bazaar',
    status: 'published',
    summary: '摘要',
  };
  const deliveryTokenSealed = new Uint8Array(sealText(KEYS, token, placeOf('deliveryToken', id)));
  await db.product.create({
    data: {
      id,
      ...text,
      providerId: PROVIDER,
      supervised: false,
      selfOperated: false,
      deliveryUrl: url,
      deliveryTokenSealed,
    },
  });
  return id;
}

/** What an order buys: a month of the basic spec, but for what `changes` say. */
export const purchaseOf = (orderId: string, changes: Partial<Purchase> = {}): Purchase => ({
  ...{ orderId, productName: '客户管理', specName: '基础版', isTrial: false },
  span: { amount: 1, unit: 'month' },
  ...changes,
});

/** What the workflow of an instance of a product is started with. */
export function instanceInput(productId: string, changes: Partial<Purchase> = {}): InstanceInput {
  const [instanceId, orderId] = [`ins_${unique()}`, `ord_${unique()}`];
  const parties = { buyerId: BUYER, providerId: PROVIDER, productId, productName: '客户管理' };
  const identity = { instanceId, orderId, ...parties, policy: instancePolicy(parsePolicy()) };
  return { identity, purchase: purchaseOf(orderId, changes) };
}

type System = { db: Database; client: Client };

/** Starts an instance as a paid order does; answers ways to act on it and to look at it. */
export async function startInstance({ db, client }: System, input: InstanceInput) {
  const { instanceId, orderId } = input.identity;
  const workflowId = instanceWorkflowId(instanceId);
  await client.workflow.start<typeof instance>('instance', { workflowId, taskQueue: 'back-office', args: [input] });
  const handle = client.workflow.getHandle<typeof instance>(workflowId);
  return {
    id: instanceId,
    orderId,
    input,
    handle,
    state: async () => (await handle.query(instanceState)).state,
    row: () => db.instance.findUniqueOrThrow({ where: { id: instanceId } }),
    /** Another paid order buys more of it. */
    buys: (changes: Partial<Purchase> = {}, other = `ord_${unique()}`) =>
      handle.executeUpdate(purchased, { args: [purchaseOf(other, changes)], updateId: other }),
    refund: (refunded: string) => handle.signal(orderRefunded, { orderId: refunded, refundId: `rfd_${unique()}` }),
    async access() {
      const { accessSealed } = await db.instance.findUniqueOrThrow({ where: { id: instanceId } });
      return accessSealed && JSON.parse(openText(KEYS, accessSealed, placeOf('instanceAccess', instanceId)));
    },
  };
}

/** The row of an active instance of usr_demo with prv_demo, which has no workflow. */
export async function addInstance(db: Database, keys: KeyRing = KEYS): Promise<string> {
  const { identity, purchase } = instanceInput('prd_demo');
  const { instanceId: id, policy, ...parties } = identity;
  const state = newInstance(identity, purchase, Date.now());
  const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + DAY_MS)];
  const sealed = sealText(keys, JSON.stringify(ACCESS), placeOf('instanceAccess', id));
  const active = { ...state, stage: 'active' as const, signId: 'i1', calls: [], expiresAtMs: expiresAt.getTime() };
  await db.instance.create({
    data: {
      ...{ ...parties, id, policy, specName: purchase.specName, isTrial: false, stage: 'active', signId: 'i1' },
      ...{ expiresAt, late: false, accessSealed: new Uint8Array(sealed), state: active, sequence: 1 },
      ...{ createdAt, updatedAt: createdAt },
    },
  });
  return id;
}
