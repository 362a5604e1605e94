import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';

/** What the server does with a mail once it has all of it; it has taken the mail where the answer is 250. */
export type Behaviour =
  | { answer: 250 }
  | { answer: number; text: string }
  /** Takes the mail, but the connection dies before the answer. */
  | { answer: 'cut' }
  /** Takes the mail, and answers when released. */
  | { answer: 'late'; released: Promise<void> };

/** A real SMTP server that misbehaves as it is set up. */
export type SmtpInbox = {
  url: string;
  /** Every mail the server took, whatever it answered. */
  taken: ParsedMail[];
  /** How many times a content arrived, taken or not. */
  arrivals(): number;
  /** What to do with the next mails; the last entry is for all that follow. */
  behave(...behaviours: Behaviour[]): void;
  /** Refuses these addresses at RCPT TO. */
  refuseRecipient(address: string, code: number, text: string): void;
  /** Refuses every mail at MAIL FROM; null takes them again. */
  refuseSender(code: number | null, text: string): void;
  /** Cuts every connection at MAIL FROM, before any content, as long as it is on. */
  cutEarly(on: boolean): void;
  close(): Promise<void>;
};

export async function startSmtpInbox(): Promise<SmtpInbox> {
  const taken: ParsedMail[] = [];
  const sockets = new Set<Socket>();
  const refused = new Map<string, Error>();
  let planned: Behaviour[] = [{ answer: 250 }];
  let arrived = 0;
  let isCuttingEarly = false;
  let senderRefusal: Error | undefined;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };

  async function receive(stream: SMTPServerDataStream): Promise<void> {
    const mail = await simpleParser(stream);
    arrived += 1;
    const behaviour = (planned.length > 1 ? planned.shift() : planned[0]) ?? { answer: 250 };
    if ('text' in behaviour) throw failure(behaviour.answer, behaviour.text);
    taken.push(mail);
    if (behaviour.answer === 'late') await behaviour.released;
    if (behaviour.answer === 'cut') cut();
  }

  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onMailFrom: (_address, _session, done) => (isCuttingEarly ? cut() : done(senderRefusal)),
    onRcptTo: ({ address }, _session, done) => done(refused.get(address)),
    onData: (stream, _session, done) => {
      receive(stream).then(
        () => done(),
        (error: Error) => done(error),
      );
    },
  });
  server.on('error', () => undefined);
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const address: AddressInfo | string | null = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the SMTP server does not listen');
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    taken,
    arrivals: () => arrived,
    behave(...behaviours) {
      planned = behaviours;
    },
    refuseRecipient(recipient, code, text) {
      refused.set(recipient, failure(code, text));
    },
    refuseSender(code, text) {
      senderRefusal = code === null ? undefined : failure(code, text);
    },
    cutEarly(on) {
      isCuttingEarly = on;
    },
    close: () => {
      cut();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function failure(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
