import { randomUUID } from 'node:crypto';
import express from 'express';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import { readMailInboxConfig } from '../config/sandbox';
import { inboxPage } from './inbox-page';
import { openJournal } from './journal';
import { LOOPBACK, type RunningServer, runAsMain, serve } from './server';

/** A mailbox for everybody: a real SMTP server that keeps what it is sent, to be read in the browser and by tests. */

const message = z.object({
  id: z.string(),
  messageId: z.string().nullable(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  text: z.string(),
  html: z.string().nullable(),
  receivedAt: z.string(),
});

/** A message as `GET /api/messages` lists it. */
export type InboxMessage = z.infer<typeof message>;

/** What the next messages meet. */
const faults = z.strictObject({
  /** Refused for the moment (451) before anything is kept. */
  refuseNext: z.number().int().min(0).default(0),
  /** Kept, but the connection breaks before the answer: the sender cannot know. */
  dropNextAnswers: z.number().int().min(0).default(0),
});

/** How to start the inbox; port 0 is any free one. */
export interface MailInboxOptions {
  smtpPort: number;
  httpPort: number;
  /** The loopback interface if left out. */
  host?: string | undefined;
  /** Keeps the messages across restarts. */
  file?: string | undefined;
}

/** A running inbox: `url` is the page, `smtpUrl` is where to send. */
export interface MailInbox extends RunningServer {
  smtpUrl: string;
}

/** Starts the SMTP server and the page. */
export async function startMailInbox({ smtpPort, httpPort, host, file }: MailInboxOptions): Promise<MailInbox> {
  const journal = openJournal<InboxMessage>(file, message);
  const messages = [...journal.entries];
  let misbehaviour = faults.parse({});

  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      simpleParser(stream)
        .then((mail) => {
          if (misbehaviour.refuseNext > 0) {
            misbehaviour.refuseNext -= 1;
            return done(Object.assign(new Error('Try again later'), { responseCode: 451 }));
          }
          const received: InboxMessage = {
            id: randomUUID(),
            messageId: mail.messageId ?? null,
            from: mail.from?.text ?? (session.envelope.mailFrom ? session.envelope.mailFrom.address : ''),
            to: session.envelope.rcptTo.map(({ address }) => address),
            subject: mail.subject ?? '',
            text: mail.text ?? '',
            html: mail.html || null,
            receivedAt: new Date().toISOString(),
          };
          journal.append(received);
          messages.push(received);
          if (misbehaviour.dropNextAnswers === 0) return done();
          misbehaviour.dropNextAnswers -= 1;
          return breakConnections(smtp);
        })
        .catch((error: unknown) => done(error instanceof Error ? error : new Error(String(error))));
    },
  });
  // A sender that breaks off is not our failure.
  smtp.on('error', () => undefined);
  const smtpUrl = await listen(smtp, smtpPort, host);

  const app = express().use(express.json());
  app.get('/', (_request, response) => response.type('html').send(pageOf(messages)));
  app.get('/api/messages', (request, response) => {
    const to = request.query.to;
    response.json(to === undefined ? messages : messages.filter((one) => one.to.includes(String(to))));
  });
  app.delete('/api/messages', (_request, response) => {
    messages.length = 0;
    journal.clear();
    response.status(204).end();
  });
  app.put('/api/faults', (request, response) => {
    const parsed = faults.safeParse(request.body);
    if (!parsed.success) return response.status(422).json({ message: z.prettifyError(parsed.error) });
    misbehaviour = parsed.data;
    return response.json(misbehaviour);
  });
  const http = await serve(app, httpPort, host);
  const stop = async () => {
    await http.stop();
    const closed = new Promise<void>((resolve) => smtp.close(() => resolve()));
    breakConnections(smtp);
    await closed;
  };
  return { url: http.url, smtpUrl, stop };
}

const pageOf = (messages: readonly InboxMessage[]) =>
  inboxPage(
    'Mail inbox',
    messages.map(({ subject, from, to, text, receivedAt }) => {
      return { heading: subject, at: receivedAt, way: `${from} → ${to.join(', ')}`, text };
    }),
  );

/** Closes all connections without an answer, as a failing network does. */
function breakConnections(smtp: SMTPServer): void {
  for (const connection of smtp.connections) connection.close();
}

function listen(smtp: SMTPServer, port: number, host = LOOPBACK): Promise<string> {
  return new Promise((resolve, reject) => {
    smtp.once('error', reject);
    const server = smtp.listen(port, host, () => {
      const address = server.address();
      resolve(`smtp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`);
    });
  });
}

runAsMain(module, 'mail inbox', () => startMailInbox(readMailInboxConfig()));
