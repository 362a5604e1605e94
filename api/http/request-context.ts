import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Logger } from '../../config/logger';
import type { ApiMetrics } from './metrics';

declare module 'express-serve-static-core' {
  interface Request {
    requestId: string;
    /** The route's pattern, once one matched: what metrics and logs group by. */
    routePattern?: string;
    /** The workflow that the request's command went to. */
    workflow?: { workflowId: string; runId?: string };
  }
}

const USABLE_REQUEST_ID = /^[\w.:-]{1,128}$/;

/** Gives every request an id (the client's if usable), returns it, and logs and measures the answer. */
export function requestContext(logger: Logger, metrics: ApiMetrics): RequestHandler {
  return (request, response, next) => {
    const sent = request.header('x-request-id');
    request.requestId =
      sent !== undefined && USABLE_REQUEST_ID.test(sent) ? sent : `req_${randomBytes(9).toString('base64url')}`;
    response.setHeader('X-Request-Id', request.requestId);
    const startedAt = process.hrtime.bigint();
    response.on('close', () => {
      const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
      const route = request.routePattern ?? 'unmatched';
      const { method, requestId, workflow } = request;
      const status = response.statusCode;
      metrics.requests.observe({ method, route, status }, seconds);
      logger.info({ requestId, method, route, status, durationMs: Math.round(seconds * 1000), ...workflow }, 'request');
    });
    next();
  };
}
