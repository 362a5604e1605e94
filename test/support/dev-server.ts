import path from 'node:path';
import { type LocalTestWorkflowEnvironmentOptions, TestWorkflowEnvironment } from '@temporalio/testing';
import { projectRoot } from '../../scripts/parts/root';
import { startTemporal } from '../../scripts/parts/temporal';
import { quietTemporal } from './quiet';

/** What a test may choose: the client's data converter, for example. */
type ClientOptions = NonNullable<LocalTestWorkflowEnvironmentOptions['client']>;

/** Where servers of tests write; named by the reporter when something has failed (test/support/log-reporter.cjs). */
const LOGS = path.join(projectRoot, '.cache', 'test-logs');

/** A real Temporal server for one test file: schedules and search attributes work, time passes as it does. */
export async function devServer(client: ClientOptions = {}): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  const suite = path.basename(expect.getState().testPath ?? 'unknown', '.test.ts');
  const server = await startTemporal({ logFile: path.join(LOGS, `temporal-${suite}.log`), attached: true });
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address: server.address, client });
  const disconnect = env.teardown.bind(env);
  return Object.assign(env, {
    async teardown() {
      await disconnect();
      await server.stop();
    },
  });
}
