import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';

const KEEP_ALIVE_MS = 600_000;

/** Where the sandbox listens unless it is told otherwise: nobody else may use it. */
export const LOOPBACK = '127.0.0.1';

/** A server that runs until it is stopped. */
export interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

/** Serves HTTP, on the loopback interface unless a host says otherwise; port 0 is any free one. */
export async function serve(listener: RequestListener, port: number, host = LOOPBACK): Promise<RunningServer> {
  const server = createServer(listener);
  // Idle connections are left to the client to close: one that it uses again must not just have been closed.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const actualPort = typeof address === 'object' && address !== null ? address.port : port;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${actualPort}`, stop };
}

/** Starts a server when its module is the program that was called, until SIGTERM or Ctrl-C. */
export function runAsMain(module: NodeModule, name: string, start: () => Promise<RunningServer>): void {
  if (require.main !== module) return;
  start()
    .then((server) => {
      console.log(`${name}: ${server.url}`);
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.stop());
    })
    .catch((error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
}
