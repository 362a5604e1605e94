import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const called = z.object({ action: z.string(), requestId: z.string(), instanceExpireTime: z.string().optional() });
const answered = z.looseObject({ signId: z.string().optional(), success: z.string().optional() });

/** A call, and what the server behind the proxy did with it, whether or not the caller ever heard of it. */
export type Recorded = z.output<typeof called> & { answer: z.output<typeof answered> };

type Held = { call: z.output<typeof called>; send(): void; response: ServerResponse };

/** Hands calls on to a server and records its answers; it can hold answers back that were given. */
export async function startRecordingProxy(target: string) {
  const answers: Recorded[] = [];
  let holding: { held: Held[]; wanted: number; full(): void; passing: Set<string> } | null = null;

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const answer = await fetch(`${target}${request.url}`, { method: 'POST', body });
    const [{ status }, text] = [answer, await answer.text()];
    const call = called.parse(JSON.parse(body));
    answers.push({ ...call, answer: answered.parse(JSON.parse(text)) });
    const send = () => void response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    if (holding === null || holding.passing.has(call.action)) return send();
    holding.held.push({ call, send, response });
    if (new Set(holding.held.map((one) => one.call.requestId)).size === holding.wanted) holding.full();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}/`,
    answers,
    /** Holds answers back from now on; `full` settles when they are to so many calls. */
    hold(wanted: number) {
      const held: Held[] = [];
      const passing = new Set<string>();
      const full = new Promise<void>((resolve) => {
        holding = { held, wanted, full: resolve, passing };
      });
      return {
        full,
        /** Lets the latest answer of each action through, and those that are given from now on. */
        letThrough(...actions: string[]): void {
          for (const action of actions) {
            passing.add(action);
            held.findLast(({ call }) => call.action === action)?.send();
          }
        },
        /** Nobody hears of the others; what comes from now on is answered. */
        breakOff(): void {
          holding = null;
          for (const { response } of held) if (!response.writableEnded) response.destroy();
        },
      };
    },
    async stop(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
