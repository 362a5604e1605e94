import { extendZodWithOpenApi, OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { takesKeys } from './access';
import type { Spec } from './spec';

extendZodWithOpenApi(z);

const problem = z
  .object({
    type: z.string().openapi({ example: 'urn:problem:delivery.not-allowed' }),
    title: z.string(),
    status: z.int(),
    code: z.string().openapi({ description: 'A stable SUBJECT.REASON code', example: 'DELIVERY.NOT_ALLOWED' }),
    detail: z.string().openapi({ description: 'What to do next' }),
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'The fields at fault' }),
    allowedActions: z
      .array(z.string())
      .optional()
      .openapi({ description: 'With 409: what is possible now', example: ['buyer.requirement'] }),
  })
  .openapi('Problem', { description: 'A refusal (RFC 9457)' });

/** The refusals that routes share: the component's name and what it means. */
const REFUSALS = {
  400: ['Malformed', 'The body or the path cannot be read'],
  401: ['Unauthenticated', 'No valid token or signature'],
  403: ['Forbidden', 'The token does not permit this'],
  404: ['NotFound', 'There is no such thing, or it is not yours'],
  409: ['Conflict', 'Not possible now; see allowedActions'],
  412: ['Changed', 'The resource has changed since it was read'],
  413: ['TooLarge', 'The body is too large'],
  415: ['UnsupportedMediaType', 'The body has the wrong media type'],
  422: ['Invalid', 'Fields are wrong, or the Idempotency-Key stands for another body'],
  429: ['TooManyRequests', 'Too many requests: wait as long as Retry-After says'],
  500: ['Unknown', 'Something went wrong on our side'],
  503: ['Unavailable', 'A part of the system does not answer: send the same request, with its key, again'],
} as const;
type Refusal = keyof typeof REFUSALS;
type Method = 'get' | 'put' | 'post';

const TAGS = [
  { name: 'Orders', description: 'Buying: what was ordered, paid and refunded (ORD)' },
  {
    name: 'Coupons',
    description: 'What takes something off a price: issued by providers, claimed and used by buyers (CPN)',
  },
  { name: 'Products', description: 'What providers sell: everything done to it is an application (PRD)' },
  { name: 'Deliveries', description: 'Supervised deliveries: POST operations are those of allowedActions (DLV)' },
  { name: 'Refunds', description: 'Money back: POST operations are those of allowedActions (RFD)' },
  { name: 'Appeals', description: 'An appeal freezes its delivery until operations rule (DLV-6 … DLV-10)' },
  { name: 'Invoices', description: 'What buyers ask providers to invoice, and the titles they keep for it (INV)' },
  { name: 'Reviews', description: 'What operations decide: shops, product applications, tickets (SHOP, PRD, ACC)' },
  { name: 'Attachments', description: 'Files, uploaded first and then named by their ids (DLV-14)' },
  { name: 'Shop', description: 'A provider’s shop: its draft, its review, and what buyers see of it (SHOP)' },
  { name: 'Images', description: 'Pictures for shops and products, measured before they are kept (SHOP-6)' },
  { name: 'Account', description: 'A provider’s account: people, keys, payee info, agreements, tickets (ACC)' },
  { name: 'Me', description: 'Your profile and your in-site messages (MSG-2)' },
  {
    name: 'Instances',
    description:
      'SaaS instances, which the platform asks the provider’s delivery URL for; the URL is verified before it is saved, and tried in the debugger.',
  },
  {
    name: 'Webhooks',
    description:
      'Events for your programs, by the Standard Webhooks specification: at least once, in order per object (MSG-3)',
  },
  { name: 'Audit', description: 'Who did what, and what it changed; the timeline of every object (AUD-1)' },
  { name: 'Messages', description: 'What a provider is notified of, by which channels, and who receives it (MSG-1)' },
  { name: 'Ledger', description: 'The double-entry ledger: balances, statements, journals, reconciliation (WDR-9)' },
  { name: 'Operations', description: 'The outbox of e-mails and SMS (MSG-2)' },
  { name: 'Gateway', description: 'Where payment channels call back (ORD-6)' },
  { name: 'Sandbox', description: 'Shortcuts for trying the system out; never in production' },
  { name: 'System', description: 'Health and metrics' },
];

/** The headers that requests may carry. */
const HEADERS = {
  'X-Request-Id': {
    description:
      'Returned, logged and kept in the audit trail; one is made up where none is sent, or none of up to 128 letters, digits and ._:-',
    schema: { type: 'string' },
  },
  'Idempotency-Key': {
    description: 'Same key and body: same answer. Same key, other body: 422. Kept for 24 hours at least.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
  'If-Match': {
    description: 'The ETag that was read: 412 where the resource has changed since',
    schema: { type: 'string' },
  },
} as const;
type Header = keyof typeof HEADERS;
const HEADERS_OF: Record<Method, Header[]> = {
  get: ['X-Request-Id'],
  put: ['X-Request-Id', 'If-Match'],
  post: ['X-Request-Id', 'Idempotency-Key'],
};

/** A registry with what every route shares. */
export function createRegistry(): OpenAPIRegistry {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'sub, role (buyer, provider, ops), providerId of a provider, permissions of operations',
  });
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'mbo_<id>_<secret>',
    description: 'A key of a provider, for the areas that it was made for: POST /v1/provider/api-keys',
  });
  registry.registerComponent('securitySchemes', 'channelSignature', {
    type: 'apiKey',
    in: 'header',
    name: 'X-Channel-Signature',
    description: 't=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<channel>.<raw body>" with the secret of the channel>',
  });
  registry.register('Problem', problem);
  for (const [name, description] of Object.values(REFUSALS)) {
    const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    registry.registerComponent('responses', name, { description, content });
  }
  for (const [name, schema] of Object.entries(HEADERS)) {
    registry.registerComponent('parameters', name, { name, in: 'header', ...schema });
  }
  return registry;
}

/** The headers of what is answered when all goes well. */
const ANSWERED = { 'X-Request-Id': { schema: { type: 'string' } } } as const;

const isEmptyObject = (schema: z.ZodType) => schema instanceof z.ZodObject && Object.keys(schema.shape).length === 0;

/** How a route is described beside its Spec, where it is not like most: JSON, with a bearer token. */
export type Description = { takes?: string; answers?: string; security?: 'bearer' | 'channelSignature' };

/** Writes one route into the document, from the schemas that validate it. */
export function documentEndpoint<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  registry: OpenAPIRegistry,
  method: Method,
  spec: Spec<P, Q, B>,
  { takes = 'application/json', answers = 'application/json', security = 'bearer' }: Description = {},
): void {
  const { params, query, body, answer } = spec;
  registry.registerPath({
    method,
    path: spec.path,
    operationId: operationId(method, spec.path),
    summary: spec.summary,
    tags: [spec.tag],
    security: [{ [security]: [] }, ...(security === 'bearer' && takesKeys(spec.access) ? [{ apiKey: [] }] : [])],
    'x-access': spec.access,
    parameters: HEADERS_OF[method].map((name) => ({ $ref: `#/components/parameters/${name}` })),
    request: {
      ...(params instanceof z.ZodObject && !isEmptyObject(params) ? { params } : {}),
      ...(query instanceof z.ZodObject && !isEmptyObject(query) ? { query } : {}),
      ...(isEmptyObject(body) ? {} : { body: { required: true, content: { [takes]: { schema: body } } } }),
    },
    responses: {
      [answer.status]: {
        description: 'Done',
        headers: ANSWERED,
        content: {
          [answers]: { schema: answer.schema },
          ...(spec.asTable ? { 'text/csv': { schema: { type: 'string' } } } : {}),
        },
      },
      ...refusalsOf(method, !isEmptyObject(params)),
    },
  });
}

/** Writes a route by which anybody may ask how the process is; a null schema stands for text. */
export function documentStatus(
  registry: OpenAPIRegistry,
  path: string,
  summary: string,
  statuses: (200 | 503)[],
  schema: z.ZodType | null,
): void {
  const content = schema === null ? { 'text/plain': { schema: z.string() } } : { 'application/json': { schema } };
  const answers = statuses.map((status) => [status, { description: status === 200 ? 'Fine' : 'Not now', content }]);
  registry.registerPath({
    method: 'get',
    path,
    operationId: operationId('get', path),
    summary,
    tags: ['System'],
    security: [],
    responses: Object.fromEntries(answers),
  });
}

/** `post`, `/v1/buyer/deliveries/{id}/appeals` → `postBuyerDeliveriesByIdAppeals`: the name of a client's function. */
function operationId(method: Method, path: string): string {
  const words = path
    .replace('/v1/', '/')
    .replace(/\{(\w+)\}/g, 'by/$1')
    .split(/\W+/)
    .filter((word) => word !== '');
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

function refusalsOf(method: Method, hasParams: boolean) {
  const statuses: Refusal[] = [400, 401, 403, 422, 429, 500, 503];
  if (hasParams || method === 'post') statuses.push(404);
  if (method !== 'get') statuses.push(413, 415);
  if (method === 'put') statuses.push(412);
  if (method !== 'get') statuses.push(409);
  const component = (status: Refusal) => ({ $ref: `#/components/responses/${REFUSALS[status][0]}` });
  return Object.fromEntries(statuses.map((status) => [status, component(status)]));
}

/** The OpenAPI 3.1 document of everything registered. */
export function openApiDocument(registry: OpenAPIRegistry) {
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Marketplace back office',
      version: '0.1.0',
      description:
        'Orders and supervised deliveries of a cloud marketplace. Money is integer fen; times are RFC 3339; ' +
        'refusals are RFC 9457 problems; an Idempotency-Key makes a POST one command however often it is sent. ' +
        'Objects of others answer 404. Ids such as DLV-7 name rules of docs/rules.md in the source repository.',
    },
    servers: [{ url: '/' }],
    tags: TAGS,
  });
}
