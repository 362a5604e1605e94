import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import { z } from 'zod';
import { readSmsInboxConfig } from '../config/sandbox';
import { inboxPage } from './inbox-page';
import { openJournal } from './journal';
import { type RunningServer, runAsMain, serve } from './server';

/** A telephone for everybody: an SMS service that keeps what it is sent, to be read in the browser and by tests. */

const request = z.object({
  /** Of the message that the SMS brings: one that comes twice was sent twice. */
  messageId: z.string(),
  to: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164'),
  text: z.string().min(1).max(500),
});
const message = request.extend({ id: z.string(), receivedAt: z.string() });

/** An SMS as `GET /api/messages` lists it. */
export type SmsInboxMessage = z.infer<typeof message>;

/** What the next messages meet; each count is used up by the messages it hits. */
const faults = z.strictObject({
  /** Refused for the moment (503) before anything is kept. */
  refuseNext: z.number().int().min(0).default(0),
  /** Kept, but the connection breaks before the answer: the sender cannot know. */
  dropNextAnswers: z.number().int().min(0).default(0),
  /** Kept, but answered by something in between (502). */
  loseNextAnswers: z.number().int().min(0).default(0),
  /** Kept, and answered no sooner than the faults are set anew. */
  holdNextAnswers: z.number().int().min(0).default(0),
  /** Numbers that the service will never reach: 422. */
  deadNumbers: z.array(z.string()).default([]),
});
type Fault = 'refuseNext' | 'dropNextAnswers' | 'loseNextAnswers' | 'holdNextAnswers';

/** How to start the inbox; port 0 is any free one. */
export interface SmsInboxOptions {
  port: number;
  /** The loopback interface if left out. */
  host?: string | undefined;
  /** Keeps the messages across restarts. */
  file?: string | undefined;
}

/** A running inbox: `url` is the page, `sendUrl` is where to send (SMS_URL). */
export interface SmsInbox extends RunningServer {
  sendUrl: string;
}

/** Starts the service and its page. */
export async function startSmsInbox({ port, host, file }: SmsInboxOptions): Promise<SmsInbox> {
  const journal = openJournal<SmsInboxMessage>(file, message);
  const messages = [...journal.entries];
  const app = express().use(express.json());
  app.get('/', (_request, response) => response.type('html').send(pageOf(messages)));
  app.get('/api/messages', (asked, response) => {
    const to = asked.query.to;
    response.json(to === undefined ? messages : messages.filter((one) => one.to === String(to)));
  });
  app.delete('/api/messages', (_request, response) => {
    messages.length = 0;
    journal.clear();
    response.status(204).end();
  });
  sendRoutes(app, (received) => {
    journal.append(received);
    messages.push(received);
  });
  const server = await serve(app, port, host);
  return { ...server, sendUrl: `${server.url}/send` };
}

function sendRoutes(app: Express, keep: (received: SmsInboxMessage) => void): void {
  let misbehaviour = faults.parse({});
  const held: (() => void)[] = [];
  app.put('/api/faults', (asked, response) => {
    const parsed = faults.safeParse(asked.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    misbehaviour = parsed.data;
    for (const answer of held.splice(0)) answer();
    return response.json(misbehaviour);
  });
  const uses = (fault: Fault) => {
    if (misbehaviour[fault] === 0) return false;
    misbehaviour[fault] -= 1;
    return true;
  };
  app.post('/send', (asked, response) => {
    const parsed = request.safeParse(asked.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    if (misbehaviour.deadNumbers.includes(parsed.data.to)) {
      return response.status(422).json({ message: 'There is no such number.' });
    }
    if (uses('refuseNext')) return response.status(503).json({ message: 'Try again later.' });
    const id = `sms_${randomUUID()}`;
    keep({ ...parsed.data, id, receivedAt: new Date().toISOString() });
    if (uses('dropNextAnswers')) return response.destroy();
    if (uses('loseNextAnswers')) return response.status(502).json({ message: 'The answer got lost.' });
    const answer = () => response.status(201).json({ id });
    return uses('holdNextAnswers') ? held.push(answer) : answer();
  });
}

const pageOf = (messages: readonly SmsInboxMessage[]) =>
  inboxPage(
    'SMS inbox',
    messages.map(({ to, text, receivedAt, messageId }) => ({ heading: to, at: receivedAt, way: messageId, text })),
  );

runAsMain(module, 'SMS inbox', () => startSmsInbox(readSmsInboxConfig()));
