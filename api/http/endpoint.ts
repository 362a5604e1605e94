import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../domain/shared/errors';
import { type Fault, read } from '../../domain/shared/faults';
import { type Authentication, authenticate, type Principal } from './auth';
import { sendCsv, type Table, wantsCsv } from './csv';
import { type CommandRecord, type Keyed, type Memory, once } from './idempotency';
import { type Description, documentEndpoint } from './openapi';
import { invalid } from './problems';
import type { Spec } from './spec';

/** For routes without parameters, without a query, or without a body. */
export const nothing = z.strictObject({});

/** What a handler gets: who asks, and everything that was validated. */
export type Call<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  principal: Principal;
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
  request: Request;
  response: Response;
};

/** Where routes are registered, and what they all need. */
export type ApiContext = Memory & Authentication & { router: Router; registry: OpenAPIRegistry };

type Method = 'get' | 'put' | 'post';
/** What else is wrong with a body whose form is at fault, by what it names: so that everything is reported at once. */
type FurtherFaults<P extends z.ZodType> = (sent: {
  principal: Principal;
  params: z.output<P>;
  body: unknown;
}) => Promise<Fault[]>;
type Serving<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Spec<P, Q, B> & {
  handle: (call: Call<P, Q, B>) => Promise<unknown>;
};

const answering =
  (method: 'get' | 'put') =>
  <P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(context: ApiContext, spec: Serving<P, Q, B>): void =>
    serve(context, method, spec, async (call) => {
      call.response.status(spec.answer.status).json(await spec.handle(call));
    });

/** A read: answers what `handle` returns. */
export const get = answering('get');

/** A read whose answer is a table as well: JSON, or CSV where the request asks for it. */
export function getTable<P extends z.ZodType, Q extends z.ZodType, A>(
  context: ApiContext,
  spec: Spec<P, Q, typeof nothing> & {
    handle: (call: Call<P, Q, typeof nothing>) => Promise<A>;
    table: Table<A>;
  },
): void {
  const { handle, table } = spec;
  const answer = async (call: Call<P, Q, typeof nothing>) => {
    const answered = await handle(call);
    const { status } = spec.answer;
    if (wantsCsv(call.request)) sendCsv(call.response, status, table, answered);
    else call.response.vary('Accept').status(status).json(answered);
  };
  serve(context, 'get', { ...spec, asTable: true }, answer);
}
/** A replacement of a resource: repeating it changes nothing more. */
export const put = answering('put');

/** A read that writes its own answer, which is no JSON. */
export function download<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  context: ApiContext,
  spec: Spec<P, Q, B> & { handle: (call: Call<P, Q, B>) => Promise<void> },
): void {
  serve(context, 'get', spec, spec.handle, { description: { answers: '*/*' } });
}

/**
 * A command: one effect and one answer per Idempotency-Key.
 * @param spec `isRebuilt` where the answer to an accepted command follows from the step that it stored alone
 */
export function post<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  context: ApiContext,
  spec: Spec<P, Q, B> & {
    isRebuilt?: true;
    furtherFaults?: FurtherFaults<P>;
    handle: (call: Call<P, Q, B> & { command: CommandRecord }) => Promise<unknown>;
  },
): void {
  const { isRebuilt = false, furtherFaults } = spec;
  const answer = async (call: Call<P, Q, B>) => {
    const keyed = { route: pathOf(spec.path, call.params), body: call.body, isRebuilt };
    await answerOnce(context, call, keyed, async (command) => ({
      status: spec.answer.status,
      body: JSON.stringify(await spec.handle({ ...call, command })),
    }));
  };
  serve(context, 'post', spec, answer, { furtherFaults });
}

/**
 * Answers a POST through its idempotency record.
 * @param keyed `route`: what the key is used on, the path in its one spelling; `body`: what makes two requests the same
 */
export async function answerOnce(
  memory: Memory,
  { principal, request, response }: Pick<Call<z.ZodType, z.ZodType, z.ZodType>, 'principal' | 'request' | 'response'>,
  keyed: Pick<Keyed, 'route' | 'body' | 'isRebuilt'>,
  perform: (command: CommandRecord) => Promise<{ status: number; body: string }>,
): Promise<void> {
  const key = request.header('idempotency-key');
  const { requestId } = request;
  const answer = await once(memory, { ...keyed, principal, key, requestId }, perform);
  const type = answer.status < 400 ? 'application/json' : 'application/problem+json';
  response.status(answer.status).type(type).send(answer.body);
}

type Further<P extends z.ZodType> = { furtherFaults?: FurtherFaults<P> | undefined; description?: Description };

function serve<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  context: ApiContext,
  method: Method,
  spec: Spec<P, Q, B>,
  answer: (call: Call<P, Q, B>) => Promise<void>,
  { furtherFaults = async () => [], description = {} }: Further<P> = {},
): void {
  documentEndpoint(context.registry, method, spec, description);
  context.router[method](expressPath(spec.path), async (request: Request, response: Response) => {
    request.routePattern = spec.path;
    const principal = await authenticate(context, { request, response }, spec.access);
    if (method !== 'get') requireJson(request);
    const params = read(spec.params, request.params, 'path');
    const query = read(spec.query, request.query, 'query');
    const body = read(spec.body, request.body ?? {}, 'body');
    if (params.isRead && query.isRead && body.isRead) {
      await answer({ principal, params: params.data, query: query.data, body: body.data, request, response });
      return;
    }
    const ofForm = [params, query, body].flatMap((part) => (part.isRead ? [] : part.faults));
    const further = params.isRead && !body.isRead ? { principal, params: params.data, body: request.body } : null;
    throw invalid([...ofForm, ...(further === null ? [] : await furtherFaults(further))]);
  });
}

/** `/v1/orders/{id}` as Express writes it. */
export const expressPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

/** `/v1/orders/{id}` with its parameters filled in: however a client escaped them, one spelling. */
function pathOf(path: string, params: unknown): string {
  const values = new Map(Object.entries(params ?? {}));
  return path.replace(/\{(\w+)\}/g, (_, name: string) => String(values.get(name)));
}

/** Says 405 and what there is instead, where a path is right and its method is not. Comes after all routes. */
export function refuseOtherMethods({ router, registry }: ApiContext): void {
  const methods = new Map<string, string[]>();
  for (const definition of registry.definitions) {
    if (definition.type !== 'route') continue;
    const { path, method } = definition.route;
    methods.set(path, [...(methods.get(path) ?? []), method.toUpperCase()]);
  }
  for (const [path, known] of methods) {
    const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
    router.all(expressPath(path), (request, response) => {
      request.routePattern = path;
      response.setHeader('Allow', allow);
      if (request.method !== 'OPTIONS') throw new AppError('ROUTE.METHOD_NOT_ALLOWED', `This route takes ${allow}.`);
      response.status(204).end();
    });
  }
}

function requireJson(request: Request): void {
  const hasBody =
    request.header('transfer-encoding') !== undefined || Number(request.header('content-length') ?? 0) > 0;
  if (!hasBody || request.is('application/json')) return;
  throw new AppError('REQUEST.UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
}
