import type { Request, Response } from 'express';
import { z } from 'zod';
import { authenticate, type Principal } from '../http/auth';
import { type ApiContext, answerOnce, expressPath, nothing } from '../http/endpoint';
import { type CommandRecord, requireUsableKey } from '../http/idempotency';
import { documentEndpoint } from '../http/openapi';
import { byId } from '../http/schemas';
import type { Spec } from '../http/spec';
import type { Upload } from './upload';

type FileSpec = Pick<Spec<z.ZodType, z.ZodType, z.ZodType>, 'path' | 'summary' | 'tag' | 'access'>;
const content = z.string().openapi({ format: 'binary' });

/** How a route receives a file, and what it makes of it: once for each Idempotency-Key. */
type Receiving<R extends { file: Upload }> = {
  /** The schema of the answer. */
  schema: z.ZodType;
  receive: (request: Request) => Promise<R>;
  /** Keeps what was received; answers what the client is answered. */
  keep: (received: R, call: { principal: Principal; request: Request; command: CommandRecord }) => Promise<object>;
};

/** A route that takes one file as a form (DLV-14, SHOP-6). */
export function uploadEndpoint<R extends { file: Upload }>(
  context: ApiContext,
  spec: FileSpec,
  { schema, receive, keep }: Receiving<R>,
): void {
  const upload = {
    ...spec,
    params: nothing,
    query: nothing,
    body: z.object({ file: content }),
    answer: { status: 201, schema },
  };
  documentEndpoint(context.registry, 'post', upload, { takes: 'multipart/form-data' });
  context.router.post(spec.path, async (request, response) => {
    request.routePattern = spec.path;
    const principal = await authenticate(context, { request, response }, spec.access);
    requireUsableKey(request.header('idempotency-key'));
    // The content decides whether two uploads under one key are the same, so it is received first.
    const received = await receive(request);
    const keyed = { route: spec.path, body: received.file, isRebuilt: false };
    await answerOnce(context, { principal, request, response }, keyed, async (command) => ({
      status: 201,
      body: JSON.stringify(await keep(received, { principal, request, command })),
    }));
  });
}

/**
 * A route that answers with a file.
 * @param type what the document says of its media type
 * @param send finds the file for who asks and sends it
 */
export function downloadEndpoint(
  context: ApiContext,
  spec: FileSpec & { type: string },
  send: (id: string, principal: Principal, response: Response) => Promise<void>,
): void {
  const { type, ...documented } = spec;
  const answer = { status: 200, schema: content };
  const download = { ...documented, params: byId, query: nothing, body: nothing, answer };
  documentEndpoint(context.registry, 'get', download, { answers: type });
  context.router.get(expressPath(spec.path), async (request, response) => {
    request.routePattern = spec.path;
    const principal = await authenticate(context, { request, response }, spec.access);
    await send(byId.parse(request.params).id, principal, response);
  });
}
