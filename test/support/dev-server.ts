import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { type LocalTestWorkflowEnvironmentOptions, TestWorkflowEnvironment } from '@temporalio/testing';
import { binaryPath } from '../../scripts/parts/binaries';
import { searchAttributes } from '../../scripts/parts/temporal';
import { quietTemporal } from './quiet';

/** What a test may choose: the client's data converter, for example. */
type ClientOptions = NonNullable<LocalTestWorkflowEnvironmentOptions['client']>;

const types = {
  Keyword: SearchAttributeType.KEYWORD,
  Bool: SearchAttributeType.BOOL,
  Datetime: SearchAttributeType.DATETIME,
} as const;

/** A real Temporal server for one test file: schedules and search attributes work, time passes as it does. */
export function devServer(client: ClientOptions = {}): Promise<TestWorkflowEnvironment> {
  quietTemporal();
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: binaryPath('temporalCli') },
      searchAttributes: Object.entries(searchAttributes).map(([name, type]) =>
        defineSearchAttributeKey(name, types[type]),
      ),
    },
    client,
  });
}
