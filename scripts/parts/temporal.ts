import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { binaryPath } from './binaries';
import { startChild, untilReady } from './children';
import { freePort } from './ports';

/** What operations can search for in the Temporal UI. */
export const searchAttributes = {
  ProviderId: 'Keyword',
  Stage: 'Keyword',
  Frozen: 'Bool',
  DueAt: 'Datetime',
  Overdue: 'Bool',
} as const;

/** How to start a Temporal development server. */
export interface TemporalOptions {
  /** Any free port by default. */
  port?: number;
  /** The web UI's port; without one there is no UI. */
  uiPort?: number;
  /** Where to keep everything; without one it is gone when the server stops. */
  dbFile?: string;
  /** Lets the UI show payloads that are encrypted for everybody else; kept from the command line, which all may read. */
  uiCodecEndpoint?: string;
  namespace?: string;
  /** After how long the server gives a workflow task of a worker that has died to another, e.g. `3s`; 10 s by default. */
  workflowTaskTimeout?: string;
  logFile: string;
  /** For tests: ends with Ctrl-C. */
  attached?: boolean;
  /** Told of the server process at once, before it is ready. */
  onSpawn?: (pid: number) => void;
}

/** A running Temporal development server. */
export interface Temporal {
  address: string;
  uiUrl: string | undefined;
  pid: number;
  /** Settles when the server has ended, for whatever reason. */
  ended: Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts `temporal server start-dev` and waits until it answers. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  const port = options.port ?? (await freePort());
  const namespace = options.namespace ?? 'default';
  if (options.dbFile !== undefined) mkdirSync(path.dirname(options.dbFile), { recursive: true });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'];
  args.push('--namespace', namespace, '--ui-disable-news-fetch');
  if (options.workflowTaskTimeout !== undefined) {
    args.push('--dynamic-config-value', `history.defaultWorkflowTaskTimeout="${options.workflowTaskTimeout}"`);
  }
  if (options.uiPort === undefined) args.push('--headless');
  else args.push('--ui-ip', '127.0.0.1', '--ui-port', String(options.uiPort));
  if (options.dbFile !== undefined) args.push('--db-filename', options.dbFile);
  args.push(...uiSettings(options));
  for (const [name, type] of Object.entries(searchAttributes)) args.push('--search-attribute', `${name}=${type}`);
  const { logFile, onSpawn, attached } = options;
  const server = startChild({ name: 'Temporal', command: binaryPath('temporalCli'), args, logFile, onSpawn, attached });
  const address = `127.0.0.1:${port}`;
  try {
    await untilReady(server, () => knowsSearchAttributes(address, namespace));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    address,
    uiUrl: options.uiPort === undefined ? undefined : `http://127.0.0.1:${options.uiPort}`,
    pid: server.pid,
    ended: server.ended,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

/** What the command line must not show, in a file that only its owner reads. */
function uiSettings({ uiCodecEndpoint, logFile }: TemporalOptions): string[] {
  if (uiCodecEndpoint === undefined) return [];
  const file = path.join(path.dirname(logFile), 'temporal-cli.yaml');
  const settings = { env: { ui: { 'ui-codec-endpoint': uiCodecEndpoint } } };
  mkdirSync(path.dirname(file), { recursive: true });
  // A file that is there already would keep its mode.
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  return ['--env-file', file, '--env', 'ui'];
}

/** The server answers before its search attributes are registered, and workflows would fail until they are. */
async function knowsSearchAttributes(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 2_000 });
  try {
    const known = await connection.operatorService.listSearchAttributes({ namespace });
    return Object.keys(searchAttributes).every((name) => name in known.customAttributes);
  } finally {
    await connection.close();
  }
}
