import { createServer, type Server, type ServerResponse } from 'node:http';
import { collectDefaultMetrics, type Registry } from 'prom-client';

/** What the worker's own HTTP server reports: alive, ready, and its metrics with those of the Temporal SDK. */
export type WorkerStatus = {
  isReady: () => Promise<boolean>;
  sdkMetricsAddress: string | undefined;
  registry: Registry;
};

async function sdkMetrics(address: string | undefined): Promise<string> {
  if (address === undefined) return '';
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(2_000) });
  return response.text();
}

/** Starts `/healthz`, `/readyz` and `/metrics` for the worker process. */
export async function serveStatus(status: WorkerStatus, host: string, port: number): Promise<Server> {
  const { registry } = status;
  collectDefaultMetrics({ register: registry });

  async function answer(path: string | undefined, response: ServerResponse): Promise<void> {
    if (path === '/healthz') response.end('ok\n');
    else if (path === '/readyz') {
      const ready = await status.isReady();
      response.writeHead(ready ? 200 : 503).end(ready ? 'ready\n' : 'not ready\n');
    } else if (path === '/metrics') {
      const text = (await registry.metrics()) + (await sdkMetrics(status.sdkMetricsAddress));
      response.setHeader('content-type', registry.contentType);
      response.end(text);
    } else response.writeHead(404).end();
  }

  const server = createServer((request, response) => {
    answer(request.url, response).catch((error) => {
      response.writeHead(503).end(`${error instanceof Error ? error.message : error}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
