import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { DeliveryActivities } from '../../../activities/deliveries';
import type { OrderActivities } from '../../../activities/orders';
import type { DeliveryCommand } from '../../../domain/deliveries/commands';
import { isClosed } from '../../../domain/deliveries/state';
import type { PaymentFact } from '../../../domain/orders/order';
import { type Known, LONGEST_WAIT_S, type PeerInput, placing, settling, stepOf } from '../delivery';

const { recordOrderStep, recordDeliveryStep } = proxyActivities<OrderActivities & DeliveryActivities>({
  startToCloseTimeout: '10 seconds',
});

export const paid = defineSignal<[PaymentFact]>('paid');
export const commanded = defineSignal<[DeliveryCommand]>('commanded');

/** A bought delivery the way the SDK's samples teach: signals in, regular activities out, one timer at a time. */
export async function sampleDelivery(input: PeerInput): Promise<string> {
  const payments: PaymentFact[] = [];
  const commands: DeliveryCommand[] = [];
  setHandler(paid, (payment) => {
    payments.push(payment);
  });
  setHandler(commanded, (command) => {
    commands.push(command);
  });

  const placed = placing(input, Date.now());
  await recordOrderStep(placed);
  await condition(() => payments.length > 0, input.payWithinMs);
  const [payment] = payments;
  if (payment === undefined) return 'closed';
  const settled = settling(input, placed, payment, Date.now());
  await recordOrderStep(settled.step);

  let known: Known = { state: settled.delivery, sequence: 1 };
  while (!isClosed(known.state)) {
    await condition(() => commands.length > 0, LONGEST_WAIT_S * 1_000);
    const command = commands.shift();
    if (command === undefined) continue;
    const step = stepOf(input, known, command, Date.now());
    await recordDeliveryStep({ step, appealTarget: input.policy.appealTarget });
    known = step;
  }
  return 'completed';
}
