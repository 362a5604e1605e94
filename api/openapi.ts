import { extendZodWithOpenApi, OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Spec } from './endpoint';

extendZodWithOpenApi(z);

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('A stable SUBJECT.REASON code'),
    detail: z.string().describe('What to do next'),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    allowedActions: z.array(z.string()).optional().describe('With 409: what is possible now'),
  })
  .openapi('Problem');

const PROBLEMS = {
  401: 'No valid bearer token',
  403: 'The token does not permit this',
  404: 'There is no such thing, or it is not yours',
  409: 'Not possible now; see allowedActions',
  422: 'Fields are wrong, or the Idempotency-Key stands for another body',
  429: 'Too many requests',
} as const;

/** A registry with what every route shares. */
export function createRegistry(): OpenAPIRegistry {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' });
  return registry;
}

const headers = z.object({
  'X-Request-Id': z.string().optional().openapi({ description: 'Returned, logged and kept in the audit trail' }),
});
const commandHeaders = headers.extend({
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .openapi({ description: 'Same key and body: same answer. Same key, other body: 422. Kept for 24 hours at least.' }),
});

const isEmptyObject = (schema: z.ZodType) => schema instanceof z.ZodObject && Object.keys(schema.shape).length === 0;

/** Writes one route into the document, from the schemas that validate it. */
export function documentEndpoint<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  registry: OpenAPIRegistry,
  method: 'get' | 'put' | 'post',
  spec: Spec<P, Q, B>,
  mediaType = 'application/json',
): void {
  const { params, query, body, answer } = spec;
  registry.registerPath({
    method,
    path: spec.path,
    summary: spec.summary,
    tags: [spec.tag],
    security: [{ bearer: [] }],
    request: {
      headers: method === 'post' ? commandHeaders : headers,
      ...(params instanceof z.ZodObject && !isEmptyObject(params) ? { params } : {}),
      ...(query instanceof z.ZodObject && !isEmptyObject(query) ? { query } : {}),
      ...(isEmptyObject(body) ? {} : { body: { required: true, content: { [mediaType]: { schema: body } } } }),
    },
    responses: {
      [answer.status]: { description: 'Done', content: { 'application/json': { schema: answer.schema } } },
      ...Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [
          status,
          { description, content: { 'application/problem+json': { schema: problem } } },
        ]),
      ),
    },
  });
}

/** The OpenAPI 3.1 document of everything registered. */
export function openApiDocument(registry: OpenAPIRegistry) {
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Marketplace back office',
      version: '0.1.0',
      description:
        'Orders and supervised deliveries of a cloud marketplace. Money is integer fen; times are RFC 3339; refusals are RFC 9457 problems.',
    },
    servers: [{ url: '/' }],
  });
}
