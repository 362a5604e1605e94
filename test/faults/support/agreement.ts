import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { z } from 'zod';
import { EncryptingCodec } from '../../../codec/payloads';
import type { DeliveryAction } from '../../../domain/deliveries/commands';
import { orderStateOf, STAGES } from '../../../domain/deliveries/state';
import type { Delivery, Step } from '../../../prisma/generated/client';
import { projectRoot } from '../../../scripts/parts/root';
import { deliveryState, deliveryWorkflowId } from '../../../workflows/deliveries/messages';
import { quietTemporal } from '../../support/quiet';
import type { Deal } from './deal';
import { inParallel, range } from './in-parallel';
import { type FaultSystem, KEYS } from './system';

/** How many people hear of a step: one buyer, one provider, and operations, who are never asked here. */
const HEARD_BY: Record<string, number> = {
  'delivery.started': 0,
  'buyer.requirement': 1,
  'provider.requirement.confirm': 1,
  'provider.requirement.reject': 1,
  'provider.implementation.submit': 1,
  'buyer.acceptance.accept': 2,
  'buyer.acceptance.reject': 1,
  'deadline.auto_accept': 2,
};
/** `order.paid` to both, `delivery.started` to the buyer. */
const HEARD_OF_PAYMENT = 3;

const BUNDLE = path.join(projectRoot, 'dist', 'workflows.bundle.js');

/** What was looked at, for the summary of a test. */
type Counted = { deliveries: number; steps: number; rejections: number; messages: number; completed: number };

/**
 * Proves for every delivery that nothing was lost and nothing happened twice: the answered commands are its steps, in
 * their order and each once; row, last step and workflow agree; so do order, counters, payment and messages. The worker
 * is started anew before, so that the workflow is what its history says.
 */
export async function expectAgreement(system: FaultSystem, deals: readonly Deal[]): Promise<Counted> {
  await system.end('worker');
  await system.start('worker');
  const counted = { deliveries: 0, steps: 0, rejections: 0, messages: 0, completed: 0 };
  await inParallel(deals, 8, async (deal) => {
    const delivery = await system.db.delivery.findUniqueOrThrow({ where: { id: deal.deliveryId } });
    const steps = await expectStepsAre(system, deal);
    expectRowIs(delivery, steps, deal);
    await expectProcessKnows(system, delivery);
    await expectOrderFollows(system, delivery);
    const messages = await expectNotifiedOnce(system, deal);
    counted.deliveries += 1;
    counted.steps += steps.length;
    counted.rejections += delivery.requirementRejections + delivery.acceptanceRejections;
    counted.messages += messages;
    counted.completed += delivery.outcome === null ? 0 : 1;
  });
  return counted;
}

/** The answered commands are the steps: none missing, none twice, none that nobody was answered about. */
async function expectStepsAre({ db }: FaultSystem, { deliveryId, done }: Deal): Promise<Step[]> {
  const steps = await db.step.findMany({ where: { objectId: deliveryId }, orderBy: { sequence: 'asc' } });
  expect(steps.map(({ sequence }) => sequence)).toEqual(range(done.length + 1).map((index) => index + 1));
  expect(steps.map(({ action }) => action)).toEqual(['delivery.started', ...done.map(({ action }) => action)]);
  const keys = done.flatMap(({ post }) => (post === null ? [] : [post.key]));
  const records = await db.idempotencyRecord.findMany({ where: { key: { in: keys } } });
  const commandOf = new Map(records.map(({ key, id }) => [key, id]));
  const ofPeople = steps.filter(({ actorRole }) => actorRole !== 'system');
  expect(ofPeople.map(({ commandId }) => commandId)).toEqual(keys.map((key) => commandOf.get(key)));
  return steps;
}

function expectRowIs(delivery: Delivery, steps: readonly Step[], { done }: Deal): void {
  const count = (action: DeliveryAction) => done.filter((one) => one.action === action).length;
  expect(delivery).toMatchObject({
    sequence: steps.length,
    state: steps.at(-1)?.stateAfter,
    requirementRejections: count('provider.requirement.reject'),
    acceptanceRejections: count('buyer.acceptance.reject'),
  });
  expect(delivery.state).toMatchObject({
    stage: delivery.stage,
    outcome: delivery.outcome,
    requirementRejections: delivery.requirementRejections,
    acceptanceRejections: delivery.acceptanceRejections,
  });
}

/** The workflow, replayed from its history alone, stands where its row stands; it has ended when the delivery has. */
async function expectProcessKnows({ temporal }: FaultSystem, delivery: Delivery): Promise<void> {
  const handle = temporal.workflow.getHandle(deliveryWorkflowId(delivery.id));
  expect(await handle.query(deliveryState)).toEqual({ state: delivery.state, sequence: delivery.sequence });
  const { status } = await handle.describe();
  expect(status.name).toBe(delivery.outcome === null ? 'RUNNING' : 'COMPLETED');
  if (delivery.outcome !== null) expect(await handle.result()).toMatchObject({ outcome: delivery.outcome });
}

async function expectOrderFollows({ db }: FaultSystem, { orderId, stage }: Delivery): Promise<void> {
  const order = await db.order.findUniqueOrThrow({ where: { id: orderId } });
  const payments = await db.payment.findMany({ where: { orderId } });
  expect(payments).toEqual([expect.objectContaining({ status: 'accepted', amountFen: order.payableFen })]);
  expect(order).toMatchObject({ paidFen: order.payableFen, refundedFen: 0n });
  expect(order.state).toBe(orderStateOf(z.enum(STAGES).parse(stage)));
}

/** Every step was told to those whom it concerns, once. */
async function expectNotifiedOnce({ db }: FaultSystem, { orderId, deliveryId, done }: Deal): Promise<number> {
  const ofDelivery = done.reduce((sum, { action }) => sum + (HEARD_BY[action] ?? 0), 0);
  expect(await db.message.count({ where: { objectId: deliveryId } })).toBe(ofDelivery);
  expect(await db.message.count({ where: { objectId: orderId } })).toBe(HEARD_OF_PAYMENT);
  return ofDelivery + HEARD_OF_PAYMENT;
}

/** The histories that the faults left behind are replayed by the workflow code without a difference. */
export async function expectHistoriesReplay({ temporal }: FaultSystem, deals: readonly Deal[]): Promise<void> {
  quietTemporal();
  const histories = await inParallel(deals, 8, async ({ deliveryId }) => {
    const workflowId = deliveryWorkflowId(deliveryId);
    return { workflowId, history: await temporal.workflow.getHandle(workflowId).fetchHistory() };
  });
  const dataConverter = { payloadCodecs: [new EncryptingCodec(KEYS)] };
  const options = { workflowBundle: { codePath: BUNDLE }, dataConverter };
  const errors: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    if (error) errors.push(`${workflowId}: ${error.message}`);
  }
  expect(errors).toEqual([]);
}
