import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { LOGS } from './logs';

/** The SDK is loaded once a process, so every test file of a process must find it here. */
const QUIET = Symbol.for('marketplace.quiet-temporal');

/** The SDK reports every failure, also those that tests bring about: it writes errors to a file, and nothing else. */
export function quietTemporal(): void {
  if (Reflect.has(globalThis, QUIET)) return;
  mkdirSync(LOGS, { recursive: true });
  const logger = new DefaultLogger('ERROR', note);
  // The native half of the SDK prints by itself what the logger does not get to see.
  const telemetryOptions = { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } };
  Runtime.install({ logger, telemetryOptions, shutdownSignals: [] });
  Reflect.set(globalThis, QUIET, true);
}

function note({ timestampNanos, level, message, meta }: LogEntry): void {
  const at = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  appendFileSync(path.join(LOGS, 'temporal-sdk.log'), `${at} ${level} ${message} ${inspect(meta)}\n`);
}
