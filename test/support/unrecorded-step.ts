import type { DeliveryCommand } from '../../domain/deliveries/commands';
import type { DeliveryStep } from '../../domain/deliveries/step';
import { applyCommand } from '../../domain/deliveries/transitions';
import { roleOf } from '../../domain/shared/actor';
import { writeDeliveryStep } from '../../prisma/store/deliveries/steps';
import { POLICY } from '../factories/states';
import type { Delivery, World } from './world';

/** How far a delivery is, as the table has it. */
export type Truth = Pick<DeliveryStep, 'sequence' | 'state'>;

type UnrecordedStep = Omit<DeliveryStep, 'deliveryId' | 'ruling' | 'appealId' | 'sourceIp'>;

/** Stores a step as a worker does that dies, with its server, right after the commit: no history knows it. */
export async function writeUnrecordedStep({ db }: World, { id }: Delivery, step: UnrecordedStep): Promise<Truth> {
  const whole = { ...step, deliveryId: id, ruling: null, appealId: null, sourceIp: null };
  const overtaken = await writeDeliveryStep(db, whole, 'a run that died', null);
  if (overtaken !== null) throw new Error(`${id} has a step ${step.sequence} already`);
  return { sequence: step.sequence, state: step.state };
}

/** The same for the step of a command. */
export async function storeUnrecordedStep(
  world: World,
  delivery: Delivery,
  sent: DeliveryCommand,
  before?: Truth,
): Promise<Truth> {
  const { state, sequence } = before ?? (await delivery.state());
  const atMs = await world.env.currentTimeMs();
  return writeUnrecordedStep(world, delivery, {
    sequence: sequence + 1,
    commandId: sent.commandId,
    action: sent.action,
    actorRole: roleOf(sent.action),
    actorId: sent.origin.actorId,
    requestId: null,
    note: sent.note,
    attachmentIds: sent.attachmentIds,
    ...applyCommand(state, sent, POLICY, atMs),
    atMs,
  });
}
