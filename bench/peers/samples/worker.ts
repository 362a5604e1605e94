import { createServer } from 'node:http';
import path from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { chineseCalendar } from '../../../activities/calendar';
import { deliveryActivities } from '../../../activities/deliveries';
import { orderActivities } from '../../../activities/orders';
import { readConfig } from '../../../config';
import { loadHolidays } from '../../../config/calendar';
import { temporalConnection } from '../../../config/temporal';
import { openDatabase } from '../../../prisma/store/shared/database';

export const SAMPLES_QUEUE = 'samples';

/** The worker process of the samples' way: the system's own activities, without its codec. */
async function main(): Promise<void> {
  const config = readConfig();
  const db = openDatabase(config.DATABASE_URL, 10);
  const calendar = chineseCalendar(loadHolidays(config));
  const connection = await NativeConnection.connect(temporalConnection(config));
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: SAMPLES_QUEUE,
    workflowsPath: path.join(__dirname, 'workflow.js'),
    activities: { ...orderActivities({ db }), ...deliveryActivities({ db, calendar }) },
  });
  const running = worker.run();
  const status = createServer((_request, response) => response.end('ready\n'));
  status.listen(config.WORKER_PORT, config.WORKER_HOST);
  process.once('SIGTERM', () => worker.shutdown());
  await running;
  status.close();
  await connection.close();
  await db.$disconnect();
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
