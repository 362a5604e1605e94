import { Readable } from 'node:stream';
import {
  createTransport,
  type PluginFunction,
  type SendMailOptions,
  type SMTPPoolSentMessageInfo,
  type Transporter,
} from 'nodemailer';
import type { Outcome } from './sender';

/** The part of nodemailer's transports that is used here. */
export type MailTransport = Pick<Transporter<SMTPPoolSentMessageInfo>, 'sendMail' | 'use' | 'close'>;

const MINUTE_MS = 60_000;
/** How many mails are sent at the same time. */
export const CONNECTIONS = 10;

/**
 * Pooled connections to an SMTP server.
 * @param url `smtp://` or `smtps://`, with user and password where the server asks for them
 */
export function mailTransport(url: string): MailTransport {
  return createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: Number.POSITIVE_INFINITY,
    // Whether to send again is decided here, not by the pool.
    maxRequeues: 0,
    connectionTimeout: MINUTE_MS / 2,
    greetingTimeout: MINUTE_MS / 2,
    socketTimeout: MINUTE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/**
 * A function that sends a mail and answers how that ended. A failure before the server asked for the content (DATA), or
 * one the server reported, is definite; one after it, without a reply, is not: the mail may be on its way. Without any
 * reply, or with one before it was given the mail, the server is unavailable.
 */
export function mailSender(
  transport: MailTransport,
): (mail: SendMailOptions & { messageId: string }) => Promise<Outcome> {
  const begun = new Set<string>();
  transport.use('stream', noteFirstRead(begun));
  return async (mail) => {
    try {
      await transport.sendMail(mail);
      return { result: 'sent' };
    } catch (error) {
      return judge(error, begun.has(mail.messageId));
    } finally {
      begun.delete(mail.messageId);
    }
  };
}

/** The content is read for the first time once the server has answered DATA. */
function noteFirstRead(begun: Set<string>): PluginFunction<SMTPPoolSentMessageInfo> {
  return (mail, done) => {
    const { messageId } = mail.data;
    async function* noticing(content: Readable) {
      if (typeof messageId === 'string') begun.add(messageId);
      yield* content;
    }
    mail.message.processFunc((content: Readable) => Readable.from(noticing(content), { objectMode: false }));
    done();
  };
}

/** How an attempt ended, by its error. Nothing of a mail is known to the server until it has taken MAIL FROM. */
function judge(error: unknown, begun: boolean): Outcome {
  const message = error instanceof Error ? error.message : String(error);
  const reply = smtpReply(error);
  if (reply.responseCode >= 400) {
    if (!begun && isBeforeMail(reply)) return { result: 'unavailable', error: message };
    return { result: 'refused', error: message, isPermanent: isAboutAddress(reply) };
  }
  if (begun) return { result: 'unknown', error: message };
  // Without a reply, EENVELOPE is nodemailer's own: the address is not one.
  if (reply.code === 'EENVELOPE') return { result: 'refused', error: message, isPermanent: true, isLocal: true };
  return { result: 'unavailable', error: message };
}

/** Whether a refusal is of us, or of every mail: at the greeting, the login, or our own address; not of its size (552). */
const isBeforeMail = ({ command, responseCode }: SmtpReply): boolean =>
  /^(CONN|EHLO|HELO|LHLO|STARTTLS|AUTH.*|MAIL FROM)$/.test(command) && responseCode !== 552;

/** Whether a refusal is about the address itself, which no later attempt makes right. */
function isAboutAddress({ responseCode, response, command }: SmtpReply): boolean {
  // RFC 3463: 5.1.X is a permanent failure of addressing. RFC 5321: 501 and 553 say the syntax is wrong.
  if (responseCode >= 500 && /\b5\.1\.\d{1,3}\b/.test(response)) return true;
  return command === 'RCPT TO' && (responseCode === 501 || responseCode === 553);
}

type SmtpReply = { code: string; command: string; response: string; responseCode: number };

/** What nodemailer noted on an error; empty and 0 where it did not. */
function smtpReply(error: unknown): SmtpReply {
  const noted = new Map(error instanceof Error ? Object.entries(error) : []);
  const text = (name: string) => {
    const value: unknown = noted.get(name);
    return typeof value === 'string' ? value : '';
  };
  const responseCode: unknown = noted.get('responseCode');
  return {
    code: text('code'),
    command: text('command'),
    response: text('response'),
    responseCode: typeof responseCode === 'number' ? responseCode : 0,
  };
}
