import { randomBytes } from 'node:crypto';
import express from 'express';
import { type RunningServer, serve } from '../../sandbox/server';

/** How the UI of a local Temporal server reaches the API's codec endpoint. */
export interface CodecRelayOptions {
  /** The API's codec endpoint. */
  decodeUrl: string;
  /** The only page that may ask. */
  uiOrigin: string;
  port: number;
  /** Signs a token that need not live longer than one request. */
  token(): Promise<string>;
}

/**
 * Decodes payloads for a Temporal UI that has no log-in: each request goes to the API with a token of its own, signed at
 * that moment. No token is on a command line, in a file or in a browser, and none needs renewal, however long the UI
 * stays open. The path is not to be guessed; the UI shows it to whoever may open the UI.
 */
export async function startCodecRelay(options: CodecRelayOptions): Promise<RunningServer & { endpoint: string }> {
  const { decodeUrl, uiOrigin, port, token } = options;
  const path = `/${randomBytes(24).toString('base64url')}`;
  const app = express();
  app.disable('x-powered-by');
  app.use(path, (request, response, next) => {
    if (request.header('origin') !== uiOrigin) return void response.sendStatus(403);
    response.setHeader('Access-Control-Allow-Origin', uiOrigin);
    response.setHeader('Access-Control-Allow-Headers', 'content-type, x-namespace');
    response.setHeader('Access-Control-Allow-Methods', 'POST');
    next();
  });
  app.options(`${path}/decode`, (_request, response) => void response.sendStatus(204));
  app.post(`${path}/decode`, express.text({ type: () => true, limit: '8mb' }), async (request, response) => {
    const headers = { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' };
    const body = typeof request.body === 'string' ? request.body : '';
    const signal = AbortSignal.timeout(30_000);
    const answer = await fetch(decodeUrl, { method: 'POST', headers, body, signal }).catch(() => null);
    if (answer === null) return void response.sendStatus(502);
    response
      .status(answer.status)
      .type('application/json')
      .send(await answer.text());
  });
  const server = await serve(app, port);
  return { ...server, endpoint: `${server.url}${path}` };
}
