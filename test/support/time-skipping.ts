import { temporal } from '@temporalio/proto';
import { TestWorkflowEnvironment, type TimeSkippingTestWorkflowEnvironmentOptions } from '@temporalio/testing';
import { binaryPath } from '../../scripts/parts/binaries';
import { searchAttributes } from '../../scripts/parts/temporal';
import { quietTemporal } from './quiet';

/** What a test may choose: the client's data converter, for example. */
type ClientOptions = NonNullable<TimeSkippingTestWorkflowEnvironmentOptions['client']>;

/**
 * A Temporal server that skips time while nothing happens: thirty days pass in milliseconds.
 * Its clock belongs to the whole server, so give every test file one of its own and let its tests run one by one.
 */
export async function timeSkippingServer(client: ClientOptions = {}): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  const executable = { type: 'existing-path' as const, path: binaryPath('testServer') };
  const env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable }, client });
  const { IndexedValueType } = temporal.api.enums.v1;
  const types = {
    Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    Bool: IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
    Datetime: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
  };
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(Object.entries(searchAttributes).map(([name, type]) => [name, types[type]])),
  });
  return env;
}
