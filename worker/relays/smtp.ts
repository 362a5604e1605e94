import { Readable } from 'node:stream';
import {
  createTransport,
  type PluginFunction,
  type SendMailOptions,
  type SMTPPoolSentMessageInfo,
  type Transporter,
} from 'nodemailer';

/** The part of nodemailer's transports that sending needs. */
export type MailTransport = Pick<Transporter<SMTPPoolSentMessageInfo>, 'sendMail' | 'use' | 'close'>;

/** How an attempt to send ended; `unknown` is the one that must not be repeated by itself. */
export type Sending =
  | { result: 'sent' }
  | { result: 'refused'; error: string; isPermanent: boolean }
  | { result: 'unknown'; error: string };

const MINUTE_MS = 60_000;

/**
 * Pooled connections to an SMTP server.
 * @param url `smtp://` or `smtps://`, with user and password where the server asks for them
 */
export function mailTransport(url: string): MailTransport {
  return createTransport({
    url,
    pool: true,
    maxConnections: 5,
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
 * A function that sends a mail and tells what became of it. A failure before the server asked for
 * the content (DATA), or one the server reported, is definite; one after it, without a word from the
 * server, is not: the mail may be on its way.
 */
export function mailSender(
  transport: MailTransport,
): (mail: SendMailOptions & { messageId: string }) => Promise<Sending> {
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

function judge(error: unknown, begun: boolean): Sending {
  const message = error instanceof Error ? error.message : String(error);
  const { code, responseCode, response } = smtpFields(error);
  if (responseCode !== undefined && responseCode >= 400) {
    // RFC 3463: X.1.X is about the address itself, which no later attempt makes right.
    const isPermanent = responseCode >= 500 && /\b5\.1\.\d{1,3}\b/.test(response ?? '');
    return { result: 'refused', error: message, isPermanent };
  }
  if (begun) return { result: 'unknown', error: message };
  // Without a reply, EENVELOPE is nodemailer's own: the address is not one.
  return { result: 'refused', error: message, isPermanent: code === 'EENVELOPE' };
}

function smtpFields(error: unknown): { code?: string; responseCode?: number; response?: string } {
  if (!(error instanceof Error)) return {};
  return {
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...('responseCode' in error && typeof error.responseCode === 'number' ? { responseCode: error.responseCode } : {}),
    ...('response' in error && typeof error.response === 'string' ? { response: error.response } : {}),
  };
}
