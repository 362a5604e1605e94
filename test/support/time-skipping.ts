import { TestWorkflowEnvironment, type TimeSkippingTestWorkflowEnvironmentOptions } from '@temporalio/testing';
import { binaryPath } from '../../scripts/parts/binaries';
import { quietTemporal } from './quiet';

/** What a test may choose: the client's data converter, for example. */
type ClientOptions = NonNullable<TimeSkippingTestWorkflowEnvironmentOptions['client']>;

/**
 * A Temporal server that skips time while nothing happens: thirty days pass in milliseconds.
 * Its clock belongs to the whole server, so give every test file one of its own and let its tests run one by one.
 */
export function timeSkippingServer(client: ClientOptions = {}): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  const executable = { type: 'existing-path' as const, path: binaryPath('testServer') };
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable }, client });
}
