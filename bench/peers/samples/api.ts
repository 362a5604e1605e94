import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { readConfig } from '../../../config';
import { temporalConnection } from '../../../config/temporal';
import { openDatabase } from '../../../prisma/store/shared/database';
import { peerWorkflowId } from '../delivery';
import { serve } from '../server';
import { SAMPLES_QUEUE } from './worker';
import { commanded, paid, type sampleDelivery } from './workflow';

const POLL_MS = 20;

/** The API process of the samples' way: start or signal, then poll until the row is there. */
async function main(): Promise<void> {
  const config = readConfig();
  const db = openDatabase(config.DATABASE_URL, 10);
  const connection = await Connection.connect(temporalConnection(config));
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
  const handleOf = (orderId: string) => client.workflow.getHandle<typeof sampleDelivery>(peerWorkflowId(orderId));

  async function untilStored(commandId: string): Promise<void> {
    while ((await db.step.findUnique({ where: { commandId }, select: { sequence: true } })) === null) {
      await sleep(POLL_MS);
    }
  }

  await serve(config, db, {
    async place(input) {
      const workflowId = peerWorkflowId(input.terms.orderId);
      await client.workflow.start<typeof sampleDelivery>('sampleDelivery', {
        workflowId,
        taskQueue: SAMPLES_QUEUE,
        args: [input],
      });
      await untilStored(input.placedBy.commandId);
    },
    pay: (payment) => handleOf(payment.orderId).signal(paid, payment),
    async perform(orderId, command) {
      await handleOf(orderId).signal(commanded, command);
      await untilStored(command.commandId);
    },
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
