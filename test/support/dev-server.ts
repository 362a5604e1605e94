import { randomUUID } from 'node:crypto';
import { msToTs } from '@temporalio/common/lib/time';
import { type LocalTestWorkflowEnvironmentOptions, TestWorkflowEnvironment } from '@temporalio/testing';
import { registerSearchAttributes } from '../../scripts/parts/search-attributes';
import { quietTemporal } from './quiet';

/** What a test may choose: the client's data converter, for example. */
type ClientOptions = NonNullable<LocalTestWorkflowEnvironmentOptions['client']>;

const RETENTION = msToTs('1 day');

/**
 * A namespace of one test file's own on the real Temporal server that all of them share: schedules and search
 * attributes work, time passes as it does.
 */
export async function devServer(client: ClientOptions = {}): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  const address = process.env.TEST_TEMPORAL;
  if (address === undefined) throw new Error('the set-up of the tests has started no Temporal server');
  const namespace = `test-${randomUUID()}`;
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace, client });
  await env.connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: RETENTION });
  await registerSearchAttributes({ address }, namespace);
  return env;
}
