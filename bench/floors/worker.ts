import { createServer } from 'node:http';
import path from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readConfig } from '../../config';
import { temporalConnection } from '../../config/temporal';

export const FLOOR_QUEUE = 'floor';

/** The worker process of the floors F2 and F3: no codec, no database, an empty activity. */
async function main(): Promise<void> {
  const config = readConfig();
  const connection = await NativeConnection.connect(temporalConnection(config));
  const worker = await Worker.create({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: FLOOR_QUEUE,
    workflowsPath: path.join(__dirname, 'workflow.js'),
    activities: { nothing: async () => undefined },
  });
  const running = worker.run();
  const status = createServer((_request, response) => response.end('ready\n'));
  status.listen(config.WORKER_PORT, config.WORKER_HOST);
  process.once('SIGTERM', () => worker.shutdown());
  await running;
  status.close();
  await connection.close();
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
}
