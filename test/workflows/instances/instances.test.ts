import type { Payload } from '@temporalio/common';
import { z } from 'zod';
import { EncryptingCodec } from '../../../codec/payloads';
import { monthsAfter, shanghaiClock } from '../../../domain/calendar/shanghai';
import type { Purchase } from '../../../domain/instances/protocol';
import type { InstanceStage } from '../../../domain/instances/state';
import { bought } from '../../../domain/instances/transitions';
import { DAY_MS } from '../../../domain/policies/duration';
import { systemCause } from '../../../domain/shared/step';
import { writeInstanceStep } from '../../../prisma/store/instances/steps';
import { instanceState } from '../../../workflows/instances/messages';
import { KEYS, unique } from '../../factories/commands';
import { instanceInput, purchaseOf, saasProduct, startInstance } from '../../factories/instances';
import { eventually } from '../../support/eventually';
import { notified } from '../../support/observe';
import {
  ACCESS,
  answering,
  inactive,
  type SpecProvider,
  startSpecProvider,
  wellBehaved,
} from '../../support/spec-provider';
import { startWorld, type World } from '../../support/world';

let world: World;
let provider: SpecProvider;
let productId: string;
beforeAll(async () => {
  world = await startWorld();
  provider = await startSpecProvider('a-token-of-tests');
  productId = await saasProduct(world.db, provider);
});
beforeEach(() => {
  provider.behave(wellBehaved);
  provider.calls.length = 0;
});
afterAll(async () => {
  await world.stop();
  await provider.stop();
});

type Instance = Awaited<ReturnType<typeof startInstance>>;
const start = (changes: Partial<Purchase> = {}) => startInstance(world, instanceInput(productId, changes));
/** Waits until it is at a stage, and the provider's server has answered everything. */
const settled = (instance: Instance, stage: InstanceStage) =>
  eventually(async () => {
    const state = await instance.state();
    expect([state.stage, state.calls]).toEqual([stage, []]);
    return state;
  });
async function active(changes: Partial<Purchase> = {}) {
  const instance = await start(changes);
  await settled(instance, 'active');
  return instance;
}
const callsOf = (instance: Instance) =>
  provider.calls.filter(({ requestId }) => requestId.startsWith(`${instance.id}-`)).map(({ action }) => action);
/** Everything that the history of an instance holds, decrypted. */
async function plainHistory({ handle }: Instance): Promise<string> {
  const codec = new EncryptingCodec(KEYS);
  const payloads: Payload[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if ('metadata' in value && 'data' in value) payloads.push(value as Payload);
    else Object.values(value).forEach(collect);
  };
  collect((await handle.fetchHistory()).events);
  return (await codec.decode(payloads)).map(({ data }) => Buffer.from(data ?? []).toString()).join('\n');
}
const outcome = (instance: Instance) =>
  eventually(async () => expect((await instance.handle.describe()).status.name).toBe('COMPLETED'));
const ordered = (orderId: string) =>
  world.db.order.create({
    data: {
      ...{
        id: orderId,
        buyerId: 'usr_demo',
        providerId: 'prv_demo',
        productId,
        specId: 'spc_1',
        productName: '客户管理',
      },
      ...{ specName: '基础版', paymentChannel: 'wechat', state: 'awaiting_start', payableFen: 1n, originalFen: 1n },
      ...{ paidFen: 1n, deliveryId: `dlv_${orderId}`, payBy: new Date(), createdAt: new Date(), updatedAt: new Date() },
      productType: 'saas',
    },
  });

describe('INS-3: an instance is made', () => {
  test('the provider’s server makes it; how to get at it is sealed, and in no history; its order is completed', async () => {
    const input = instanceInput(productId);
    await ordered(input.identity.orderId);
    const instance = await startInstance(world, input);
    const state = await settled(instance, 'active');
    expect(state).toMatchObject({ signId: 'spec-1', expiresAtMs: monthsAfter(state.grants[0]?.fromMs ?? 0, 1) });
    expect(await instance.access()).toEqual(ACCESS);
    expect(provider.calls[0]).toMatchObject({
      ...{ isSigned: true, action: 'createInstance', orderId: instance.orderId, resourceId: instance.id },
      productInfo: { productName: '客户管理', isTrial: false, spec: '基础版', timeSpan: 1, timeUnit: 'm', cycleNum: 1 },
    });
    const history = await plainHistory(instance);
    expect(history).toContain('spec-1');
    const steps = JSON.stringify(await world.db.step.findMany({ where: { objectId: instance.id } }));
    for (const text of [history, steps]) {
      expect(text).not.toContain('open-sesame');
      expect(text).not.toContain('a-token-of-tests');
    }
    const order = await world.db.order.findUniqueOrThrow({ where: { id: instance.orderId } });
    expect(order.state).toBe('completed');
    expect(await notified(world.db, instance.id)).toEqual(['instance.created → buyer']);
  });

  test('"0" forty times, then an id: every attempt has the same request id and a signature of its own', async () => {
    let attempts = 0;
    provider.behave((received, response) => {
      if (received.action !== 'createInstance') return null;
      attempts += 1;
      return attempts <= 40 ? answering(200, '{"signId":"0"}')(received, response) : null;
    });
    const instance = await start();
    await eventually(async () => {
      await world.env.sleep('30 minutes');
      expect((await instance.state()).stage).toBe('active');
    }, 60_000);
    const creations = provider.callsOf('createInstance');
    expect(creations).toHaveLength(41);
    expect(new Set(creations.map(({ requestId }) => requestId)).size).toBe(1);
    expect(new Set(creations.map(({ eventId }) => eventId)).size).toBe(41);
    expect(creations.every(({ isSigned }) => isSigned)).toBe(true);
    // Operations and provider were notified once; the history does not know how often it was tried.
    const events = await notified(world.db, instance.id);
    expect(events.filter((line) => line.startsWith('instance.delayed'))).toEqual(
      expect.arrayContaining(['instance.delayed → provider']),
    );
    expect((await instance.handle.fetchHistory()).events?.length).toBeLessThan(40);
  }, 120_000);

  test('INS-1: whatever is no answer is tried again, signed anew under the same request id, until there is one', async () => {
    const wrongs = [
      answering(403, 'not signed'),
      answering(500, ''),
      answering(200, '{"signId":'),
      answering(200, '{"signId":"123456789012"}'),
      answering(200, ' '.repeat(10 * 1024 * 1024)),
      answering(302, '', { location: 'http://127.0.0.1:1/' }),
      inactive,
    ];
    const left = [...wrongs];
    provider.behave((...call) => left.shift()?.(...call) ?? null);
    const instance = await start();
    await eventually(async () => {
      await world.env.sleep('5 minutes');
      expect((await instance.state()).stage).toBe('active');
    }, 60_000);
    const creations = provider.callsOf('createInstance');
    expect(creations).toHaveLength(wrongs.length + 1);
    expect(new Set(creations.map(({ requestId }) => requestId)).size).toBe(1);
    expect(new Set(creations.map(({ eventId }) => eventId)).size).toBe(creations.length);
    expect(creations.every(({ isSigned }) => isSigned)).toBe(true);
    expect(await instance.access()).toEqual(ACCESS);
  }, 120_000);

  test('one that is refunded before it is ready is not asked for any more, and destroyed by its order', async () => {
    provider.behave((received, response) =>
      received.action === 'createInstance' ? answering(500, '')(received, response) : null,
    );
    const instance = await start();
    await eventually(() => expect(callsOf(instance)).toContain('createInstance'));
    await instance.refund(instance.orderId);
    await outcome(instance);
    const [destruction] = provider.callsOf('destroyInstance');
    expect(destruction).toMatchObject({ signId: '0', orderId: instance.orderId });
  });
});

describe('INS-4: an instance lives', () => {
  test('it expires at its natural end, not before, and is destroyed 7 days later, not before', async () => {
    const instance = await active();
    const { expiresAtMs } = await instance.state();
    const until = async (atMs: number) => world.env.sleep(Math.max(1, atMs - (await world.env.currentTimeMs())));
    await until((expiresAtMs ?? 0) - 60_000);
    expect((await instance.state()).stage).toBe('active');
    await until((expiresAtMs ?? 0) + 60_000);
    await settled(instance, 'expired');
    await until((expiresAtMs ?? 0) + 7 * DAY_MS - 60_000);
    expect((await instance.state()).stage).toBe('expired');
    await until((expiresAtMs ?? 0) + 7 * DAY_MS + 60_000);
    await outcome(instance);
    expect(callsOf(instance)).toEqual(['createInstance', 'expireInstance', 'destroyInstance']);
    expect(await instance.row()).toMatchObject({ stage: 'destroyed', accessSealed: null });
    expect(await notified(world.db, instance.id)).toEqual(
      expect.arrayContaining(['instance.expired → buyer', 'instance.destroyed → provider']),
    );
  });

  test('a renewal reaches the provider’s server with the new end, and completes its order', async () => {
    const instance = await active();
    const before = await instance.state();
    const renewal = `ord_${unique()}`;
    await ordered(renewal);
    await instance.buys({}, renewal);
    const { expiresAtMs } = await settled(instance, 'active');
    expect(expiresAtMs).toBe(monthsAfter(before.grants[0]?.fromMs ?? 0, 2));
    const [call] = provider.callsOf('renewInstance');
    expect(call).toMatchObject({ signId: 'spec-1', instanceExpireTime: shanghaiClock(expiresAtMs ?? 0) });
    await eventually(async () =>
      expect(await world.db.order.findUniqueOrThrow({ where: { id: renewal } })).toMatchObject({ state: 'completed' }),
    );
    // Reported again, it counts once.
    await instance.buys({}, renewal);
    expect((await instance.state()).expiresAtMs).toBe(expiresAtMs);
    await instance.refund(instance.orderId);
    await outcome(instance);
  });

  test('a trial becomes formal, and then another spec', async () => {
    const instance = await active({ isTrial: true, span: { amount: 14, unit: 'day' } });
    await instance.buys();
    await settled(instance, 'active');
    await instance.buys({ specName: '专业版' });
    expect(await settled(instance, 'active')).toMatchObject({ purchase: { specName: '专业版', isTrial: false } });
    expect(callsOf(instance)).toEqual(['createInstance', 'modifyInstance', 'modifyInstance']);
    expect(provider.callsOf('modifyInstance')[1]).toMatchObject({ productInfo: { spec: '专业版', isTrial: false } });
    await instance.refund((await instance.state()).purchase.orderId);
    await outcome(instance);
  });

  test('a purchase that comes too late is refused, so that its money goes back', async () => {
    provider.behave((received, response) =>
      received.action === 'destroyInstance' ? answering(500, '')(received, response) : null,
    );
    const instance = await active();
    await instance.refund(instance.orderId);
    await eventually(async () => expect((await instance.state()).stage).toBe('destroying'));
    await expect(instance.buys()).rejects.toMatchObject({ cause: { type: 'INSTANCE.NOT_ALLOWED' } });
    provider.behave(wellBehaved);
    await eventually(async () => {
      await world.env.sleep('10 minutes');
      expect((await instance.handle.describe()).status.name).toBe('COMPLETED');
    });
  });

  test('INS-4: what the table holds wins: a renewal and a refund are judged on it, though no history knows it', async () => {
    const instance = await active();
    const { identity } = instance.input;
    const renewal = `ord_${unique()}`;
    const { state, sequence } = await instance.handle.query(instanceState);
    const atMs = await world.env.currentTimeMs();
    const step = bought(identity, state, purchaseOf(renewal), atMs);
    if (step === null) throw new Error('it can be renewed');
    const cause = systemCause(`${instance.id}/${renewal}`, 'instance.purchased');
    await writeInstanceStep(world.db, { ...cause, ...step, identity, sequence: sequence + 1, atMs }, 'a run that died');
    // The renewal that only the table knows is given back: nothing is left of it.
    await instance.refund(renewal);
    await eventually(async () => expect((await instance.row()).state).toMatchObject({ calls: [], callCount: 3 }));
    expect((await instance.state()).grants.map(({ orderId }) => orderId)).toEqual([instance.orderId]);
    await instance.refund(instance.orderId);
    await outcome(instance);
  });

  test('a renewal after expiry counts from then; the expiry comes first, however late it is answered', async () => {
    const instance = await active({ span: { amount: 1, unit: 'hour' } });
    provider.behave((received, response) =>
      received.action === 'expireInstance' ? answering(503, '')(received, response) : null,
    );
    await world.env.sleep('90 minutes');
    await eventually(async () => expect((await instance.state()).stage).toBe('expired'));
    await instance.buys({ span: { amount: 2, unit: 'hour' } });
    provider.behave(wellBehaved);
    await eventually(async () => {
      await world.env.sleep('5 minutes');
      expect((await instance.state()).calls).toEqual([]);
    });
    expect([...new Set(callsOf(instance))]).toEqual(['createInstance', 'expireInstance', 'renewInstance']);
    await instance.refund(instance.orderId);
    await outcome(instance);
  });
});

const stored = z.object({ calls: z.array(z.unknown()), expiresAtMs: z.number() });

test('INS-4: an instance that is renewed every month for two years keeps its history bounded', async () => {
  const instance = await active();
  // Read from the table: a query to a run that is just continuing as new keeps the test server from skipping time.
  const inTable = async () => stored.parse((await instance.row()).state);
  const first = (await instance.state()).grants[0]?.fromMs ?? 0;
  const runs = new Set<string>();
  for (let month = 1; month <= 24; month += 1) {
    const { expiresAtMs } = await inTable();
    await world.env.sleep(Math.max(1, expiresAtMs - 2 * DAY_MS - (await world.env.currentTimeMs())));
    await instance.buys();
    await eventually(async () => expect((await inTable()).calls).toEqual([]));
    const { runId, historyLength } = await instance.handle.describe();
    runs.add(runId);
    expect(historyLength).toBeLessThan(500);
  }
  expect(runs.size).toBeGreaterThan(1);
  expect(await instance.state()).toMatchObject({ stage: 'active', expiresAtMs: monthsAfter(first, 25) });
  expect(callsOf(instance)).toEqual(['createInstance', ...Array.from({ length: 24 }, () => 'renewInstance')]);
  await instance.refund(instance.orderId);
  await outcome(instance);
}, 120_000);
