import { DBOS } from '@dbos-inc/dbos-sdk';
import { readConfig } from '../../../config';
import type { DeliveryCommand } from '../../../domain/deliveries/commands';
import { isSealed } from '../../../domain/deliveries/commands';
import { isClosed } from '../../../domain/deliveries/state';
import type { DeliveryStep } from '../../../domain/deliveries/step';
import type { PaymentFact } from '../../../domain/orders/order';
import { writeDeliveryStep } from '../../../prisma/store/deliveries/steps';
import { writeOrderStep } from '../../../prisma/store/orders/steps';
import { openDatabase } from '../../../prisma/store/shared/database';
import { type Known, LONGEST_WAIT_S, type PeerInput, peerWorkflowId, placing, settling, stepOf } from '../delivery';
import { serve } from '../server';

const ANSWER_WITHIN_S = 30;

/**
 * The one process of the DBOS peer: HTTP layer and workflows, all of whose state is in the same PostgreSQL. A command
 * is a message to the workflow; that its row is there is an event of the workflow.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const db = openDatabase(config.DATABASE_URL, 10);
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: config.MIGRATE_DATABASE_URL ?? config.DATABASE_URL,
    logLevel: 'warn',
  });
  const deliver = DBOS.registerWorkflow((input: PeerInput) => delivery(input), { name: 'delivery' });

  async function delivery(input: PeerInput): Promise<string> {
    const runId = DBOS.workflowID ?? '';
    const placed = placing(input, await DBOS.now());
    await DBOS.runStep(() => writeOrderStep(db, placed, runId), { name: 'order.placed' });
    await DBOS.setEvent(placed.commandId, true);
    const payment = await DBOS.recv<PaymentFact>('paid', input.payWithinMs / 1_000);
    if (payment === null) return 'closed';
    const settled = settling(input, placed, payment, await DBOS.now());
    await DBOS.runStep(() => writeOrderStep(db, settled.step, runId), { name: 'order.paid' });

    let known: Known = { state: settled.delivery, sequence: 1 };
    while (!isClosed(known.state)) {
      const command = await DBOS.recv<DeliveryCommand>('commanded', LONGEST_WAIT_S);
      if (command === null) continue;
      const step = stepOf(input, known, command, await DBOS.now());
      await DBOS.runStep(() => write(step, runId), { name: step.action });
      await DBOS.setEvent(step.commandId, true);
      known = step;
    }
    return 'completed';
  }

  async function write(step: DeliveryStep, runId: string): Promise<void> {
    await writeDeliveryStep(db, step, runId, isSealed(step.action) ? Buffer.from(step.note, 'base64') : null);
  }

  async function untilStored(workflowId: string, commandId: string): Promise<void> {
    const isStored = await DBOS.getEvent<boolean>(workflowId, commandId, ANSWER_WITHIN_S);
    if (isStored !== true) throw new Error(`${commandId} was not carried out`);
  }

  await DBOS.launch();
  process.once('SIGTERM', () => {
    DBOS.shutdown().finally(() => process.exit(0));
  });
  await serve(config, db, {
    async place(input) {
      const workflowID = peerWorkflowId(input.terms.orderId);
      await DBOS.startWorkflow(deliver, { workflowID })(input);
      await untilStored(workflowID, input.placedBy.commandId);
    },
    pay: (payment) => DBOS.send(peerWorkflowId(payment.orderId), payment, 'paid'),
    async perform(orderId, command) {
      const workflowId = peerWorkflowId(orderId);
      await DBOS.send(workflowId, command, 'commanded', command.commandId);
      await untilStored(workflowId, command.commandId);
    },
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
