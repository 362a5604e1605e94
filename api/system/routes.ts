import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import express, { type NextFunction, type Request, type Response } from 'express';
import swaggerUi from 'swagger-ui-express';
import { z } from 'zod';
import type { EncryptingCodec } from '../../codec/payloads';
import { AppError } from '../../domain/shared/errors';
import type { Database } from '../../prisma/store/shared/database';
import { authenticate } from '../http/auth';
import type { ApiContext } from '../http/endpoint';
import type { ApiMetrics } from '../http/metrics';
import { documentStatus, openApiDocument } from '../http/openapi';

/** What the technical routes look at. */
export type System = {
  db: Database;
  client: Client;
  /** Opens payloads, and nothing that a table holds sealed. */
  codec: EncryptingCodec;
  metrics: ApiMetrics;
  temporalUiOrigin: string | undefined;
};

/** Health, readiness, metrics, the OpenAPI document and its page, and the codec endpoint of the Temporal UI. */
export function systemRoutes(context: ApiContext, { db, client, codec, metrics, temporalUiOrigin }: System): void {
  const { router, registry } = context;
  documentStatus(registry, '/healthz', 'The process is alive', [200], z.object({ status: z.literal('ok') }));
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  const parts = z.object({ database: z.boolean(), temporal: z.boolean() });
  documentStatus(registry, '/readyz', 'Whether it reaches what it needs: 503 where it does not', [200, 503], parts);
  router.get('/readyz', async (_request, response) => {
    const [database, workflows] = await Promise.all([
      db.$queryRaw`SELECT 1`.then(() => true).catch(() => false),
      client.connection
        .ensureConnected()
        .then(() => client.workflowService.getSystemInfo({}))
        .then(() => true)
        .catch(() => false),
    ]);
    response.status(database && workflows ? 200 : 503).json({ database, temporal: workflows });
  });
  documentStatus(registry, '/metrics', 'Prometheus metrics', [200], null);
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  router.get('/openapi.json', (_request, response) => {
    response.json(openApiDocument(registry));
  });
  // Nothing is fetched from elsewhere, nor is the document sent to a validator on the Internet.
  const swaggerOptions = { url: '/openapi.json', validatorUrl: null };
  router.use('/docs', swaggerUi.serve);
  router.get('/docs/', swaggerUi.setup(undefined, { swaggerOptions }));

  const allowOrigin = (response: Response) => {
    if (temporalUiOrigin === undefined) return;
    response.setHeader('Access-Control-Allow-Origin', temporalUiOrigin);
    response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type, x-namespace');
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    response.setHeader('Access-Control-Allow-Credentials', 'true');
  };
  // The Temporal UI sends its user's token; one that has no log-in is served by a relay that signs its own.
  router.options('/codec/decode', (_request, response) => {
    allowOrigin(response);
    response.status(204).end();
  });
  router.post(
    '/codec/decode',
    async (request: Request, response: Response, next: NextFunction) => {
      request.routePattern = '/codec/decode';
      allowOrigin(response);
      await authenticate(context, { request, response }, { ops: 'payloads.read' });
      next();
    },
    express.json({ limit: '8mb' }),
    async (request, response) => {
      response.json(await decodePayloads(codec, request.body));
    },
  );
}

const payloadsBody = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), z.string()), data: z.string().optional() })).max(1_000),
});

/** Decodes payloads in the JSON form of the remote codec protocol (base64 fields). */
async function decodePayloads(codec: EncryptingCodec, body: unknown) {
  const parsed = payloadsBody.safeParse(body);
  if (!parsed.success)
    throw new AppError('REQUEST.MALFORMED', 'Send {"payloads": […]} as the remote codec protocol has it.');
  const payloads = parsed.data.payloads.map((payload) => temporal.api.common.v1.Payload.fromObject(payload));
  const decoded = await codec.decode(payloads).catch(() => {
    throw new AppError('REQUEST.INVALID', 'A payload was sealed with a key that is not held here, or was altered.');
  });
  return {
    payloads: decoded.map((payload) =>
      temporal.api.common.v1.Payload.toObject(temporal.api.common.v1.Payload.fromObject(payload), { bytes: String }),
    ),
  };
}
