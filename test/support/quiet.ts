import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

let isQuiet = false;

/** The SDK reports every expected failure of a test as a warning; only errors are worth reading there. */
export function quietTemporal(): void {
  if (isQuiet) return;
  // The native half of the SDK prints by itself what the logger does not get to see.
  const telemetryOptions = { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions, shutdownSignals: [] });
  isQuiet = true;
}
