import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { ERRORS } from '../../domain/shared/errors';
import type { Exchange } from './http';

/** A problem as every refusal must look (RFC 9457). */
const problem = z.strictObject({
  type: z.string().startsWith('urn:problem:'),
  title: z.string().min(1),
  status: z.int(),
  code: z.string().refine((code) => Object.hasOwn(ERRORS, code), 'must be in the taxonomy'),
  detail: z.string().min(1),
  requestId: z.string().min(1),
  errors: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  allowedActions: z.array(z.string()).optional(),
});
export type ProblemAnswer = z.infer<typeof problem>;

/** The routes that the OpenAPI document describes. */
export function routesOf(registry: OpenAPIRegistry): RouteConfig[] {
  return registry.definitions.flatMap((definition) => (definition.type === 'route' ? [definition.route] : []));
}

/** Reads a refusal, and fails where it is no clear problem. */
export function problemOf({ answer }: Pick<Exchange, 'answer'>): ProblemAnswer {
  const { status, headers, body } = answer;
  const read = problem.parse(body);
  if (!headers.get('content-type')?.startsWith('application/problem+json')) throw new Error('not sent as a problem');
  if (read.status !== status) throw new Error(`${read.code} says ${read.status}, but the answer is ${status}`);
  if (ERRORS[read.code as keyof typeof ERRORS].status !== status) throw new Error(`${read.code} is not a ${status}`);
  return read;
}

/**
 * Fails unless the OpenAPI document describes the answer: its status, its media type, and each of its
 * fields. What no route takes must be a problem all the same.
 */
export function requireConformity(registry: OpenAPIRegistry, exchange: Exchange): void {
  const { method, path, answer } = exchange;
  const [pathname = ''] = path.split('?');
  const route = routesOf(registry).find(
    (candidate) => candidate.method.toUpperCase() === method && patternOf(candidate.path).test(pathname),
  );
  try {
    if (answer.status >= 400 && pathname.startsWith('/v1/')) problemOf(exchange);
    if (route !== undefined) requireDocumented(route, exchange);
  } catch (error) {
    const wrong = error instanceof Error ? error.message : String(error);
    throw new Error(`${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}\n${wrong}`);
  }
}

const patterns = new Map<string, RegExp>();

function patternOf(path: string): RegExp {
  const pattern = patterns.get(path) ?? new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`);
  patterns.set(path, pattern);
  return pattern;
}

function requireDocumented(route: RouteConfig, { answer }: Exchange): void {
  const documented = route.responses[String(answer.status)];
  if (documented === undefined) throw new Error('the document does not know this status');
  // What routes share are the refusals, which are problems.
  if ('$ref' in documented) return;
  const type = (answer.headers.get('content-type') ?? '').replace(/;.*/, '');
  const content = documented.content ?? {};
  const media = content[type] ?? content[type.replace(/\/.*/, '/*')] ?? content['*/*'];
  if (Object.keys(content).length === 0) return;
  if (media === undefined || '$ref' in media) throw new Error(`the document does not know ${type} here`);
  if (!(media.schema instanceof z.ZodType) || !type.endsWith('json')) return;
  // Parsing drops what the schema does not know, so that nothing undocumented goes unseen.
  expect(answer.body).toEqual(media.schema.parse(answer.body));
}
