import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export type ApiMetrics = ReturnType<typeof createMetrics>;

/** The API's Prometheus metrics: one registry for each API process, so that tests can have several. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a request, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const updates = new Histogram({
    name: 'workflow_update_duration_seconds',
    help: 'Time until a workflow has answered a command, by action and result',
    labelNames: ['action', 'result'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return { registry, requests, updates };
}
