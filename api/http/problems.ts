import type { ErrorRequestHandler, RequestHandler } from 'express';
import { z } from 'zod';
import type { Logger } from '../../config/logger';
import { AppError, ERRORS } from '../../domain/shared/errors';
import type { Fault } from '../../domain/shared/faults';
import { isDatabaseLost } from '../../prisma/store/shared/database';

/** RFC 9457 problem, as every refusal is answered. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
  errors?: { path: string; message: string }[];
  allowedActions?: string[];
};

/** An expected error as the problem that the client reads. */
export function problemOf(error: AppError, requestId: string): Problem {
  const { status, title } = ERRORS[error.code];
  const type = `urn:problem:${error.code.toLowerCase().replaceAll('_', '-')}`;
  return { type, title, status, code: error.code, detail: error.detail, requestId, ...error.extra };
}

/** A refusal of the fields at fault, all of them. */
export const invalid = (errors: Fault[]): AppError =>
  new AppError('REQUEST.INVALID', 'Correct the fields listed in "errors" and send the request again.', { errors });

/**
 * A refusal of fields by the store, which knows no requests, as one of the same fields of the body.
 * @returns anything else as it is
 */
export function inBody(error: unknown): unknown {
  if (!(error instanceof AppError) || error.extra.errors === undefined) return error;
  const { code, detail, extra } = error;
  const errors = error.extra.errors.map(({ path, message }) => ({ path: `body.${path}`, message }));
  return new AppError(code, detail, { ...extra, errors });
}

/** Errors of Express and its body parsers that are the client's fault. */
const clientError = z.object({ status: z.int().min(400).max(499) });

/** Errors of Express and its body parsers in our own taxonomy; undefined for what nobody expected. */
function expected(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof URIError) return new AppError('REQUEST.MALFORMED', 'The path is not well encoded.');
  const parsed = clientError.safeParse(error);
  if (!parsed.success) return undefined;
  switch (parsed.data.status) {
    case 413:
      return new AppError('REQUEST.TOO_LARGE', 'A JSON body may have 64 KB at most.');
    case 415:
      return new AppError('REQUEST.UNSUPPORTED_MEDIA_TYPE', 'Send UTF-8 JSON, uncompressed.');
    default:
      return new AppError('REQUEST.MALFORMED', 'The body must be a JSON object.');
  }
}

/** The one mapping of errors to HTTP: problems for what is expected, 500 without internals for the rest. */
export function problems(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = expected(error);
    if (known === undefined)
      logger.error({ err: error, requestId: request.requestId, route: request.routePattern }, 'unexpected error');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const answer = known ?? unexpected(error, request.requestId);
    const problem = problemOf(answer, request.requestId);
    if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
    if (ERRORS[answer.code].retryable && !response.hasHeader('Retry-After')) response.setHeader('Retry-After', '1');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
}

/** What a client reads of an error that is on our side: nothing of its inside, but whether to try again. */
function unexpected(error: unknown, requestId: string): AppError {
  return isDatabaseLost(error)
    ? new AppError('SERVICE.UNAVAILABLE', 'The database does not answer. Send the same request, with its key, again.')
    : new AppError('SERVICE.UNKNOWN', `Report this with the request id ${requestId}.`);
}

export const noSuchRoute: RequestHandler = () => {
  throw new AppError('ROUTE.NOT_FOUND', 'See /docs for the routes there are.');
};
