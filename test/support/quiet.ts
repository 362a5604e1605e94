import { DefaultLogger, Runtime } from '@temporalio/worker';

let isQuiet = false;

/** The SDK reports every expected failure of a test as a warning; only errors are worth reading there. */
export function quietTemporal(): void {
  if (!isQuiet) Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  isQuiet = true;
}
