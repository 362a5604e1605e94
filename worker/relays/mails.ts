import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../config/logger';
import { isMessageEvent, type Language } from '../../domain/messages/events';
import { renderMessage } from '../../domain/messages/templates';
import { type Database, isDatabaseLost } from '../../prisma/store/client';
import {
  type ClaimedMail,
  claimMails,
  markFailed,
  markRetry,
  markSent,
  markSkipped,
  markUnconfirmed,
  releaseStale,
} from '../../prisma/store/mails';
import { type Relay, startRelay } from './loop';
import { CONNECTIONS, type MailTransport, mailSender, type Sending } from './smtp';

export { mailTransport } from './smtp';

const MAX_ATTEMPTS = 12;
const FIRST_DELAY_MS = 30_000;
const MAX_DELAY_MS = 3_600_000;
/** Longer than any attempt can take, all of SMTP's timeouts together. */
const STALE_AFTER_MS = 15 * 60_000;
const STALE_CHECK_MS = 60_000;
const STORE_AGAIN_MS = 1_000;

/** What the mail relay needs. The transport is its own: it is closed when the relay stops. */
export type MailOutbox = {
  db: Database;
  transport: MailTransport;
  /** The sender, with or without a name; its domain is also that of the message ids. */
  from: string;
  logger: Logger;
  intervalMs: number;
  /** How many mails are claimed, and sent at the same time, at most: none that would have to wait for a connection. */
  batch?: number;
  clock?: () => number;
};

/**
 * Sends the e-mails of the outbox (MSG-2), each once, however many workers do so at the same time.
 * A definite failure is tried again with growing delays, 12 times; a mail of which nobody can tell
 * whether it went out is never sent again but by a person's decision.
 */
export function startMailRelay(outbox: MailOutbox): Relay {
  const { db, transport, logger, intervalMs, batch = CONNECTIONS, clock = Date.now } = outbox;
  const send = sender(outbox);
  const stopping = new AbortController();
  let staleCheckAtMs = 0;

  const relay = startRelay('mails', logger, intervalMs, async () => {
    if (clock() >= staleCheckAtMs) {
      staleCheckAtMs = clock() + STALE_CHECK_MS;
      const count = await releaseStale(db, new Date(clock() - STALE_AFTER_MS));
      if (count > 0) logger.warn({ count }, 'mails of an ended process: nobody can tell whether they went out');
    }
    const mails = await claimMails(db, batch, new Date(clock()));
    await Promise.all(mails.map((mail) => handle(outbox, send, mail, stopping.signal)));
    return mails.length;
  });
  return {
    wake: () => relay.wake(),
    async stop() {
      stopping.abort();
      await relay.stop();
      transport.close();
    },
  };
}

type Send = (mail: ClaimedMail, address: string) => Promise<Sending>;

/** Words a mail in its reader's language and sends it, under the same Message-ID at every attempt. */
function sender({ transport, from }: MailOutbox): Send {
  const send = mailSender(transport);
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return async (mail, address) => {
    const { event, params } = mail;
    // A release newer than this one may know it: some other worker, or this one once it is updated.
    if (!isMessageEvent(event)) return { result: 'refused', error: `Unknown event ${event}`, isPermanent: false };
    const language: Language = mail.language === 'en' ? 'en' : 'zh-CN';
    return send({
      from,
      to: { name: '', address },
      messageId: `<${mail.messageId}@${domain}>`,
      // RFC 3834: nobody's absence notice shall answer it.
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
      ...renderMessage({ event, language, params }),
    });
  };
}

/** Sends one mail and stores how that ended. Where even that fails, the attempt goes stale and is seen. */
async function handle(outbox: MailOutbox, send: Send, mail: ClaimedMail, stopping: AbortSignal): Promise<void> {
  const { db, logger } = outbox;
  const { messageId, address, attempts, event } = mail;
  const about = { messageId, event, attempts };
  try {
    if (address === null || address.trim() === '') return await markSkipped(db, mail);
    // Sending itself never rejects: what does is the wording, before anything was sent.
    const sending = await send(mail, address.trim()).catch(notWorded);
    await untilStored(() => store(outbox, mail, sending), stopping);
    if (sending.result === 'sent') logger.info(about, 'mail sent');
    else logger.warn({ ...about, ...sending }, 'mail not sent');
  } catch (err) {
    logger.error({ ...about, err }, 'what became of a mail could not be stored');
  }
}

const notWorded = (error: unknown): Sending => ({ result: 'refused', error: String(error), isPermanent: false });

/** Nobody else knows what became of a mail: while the database is away it is stored again and again. */
async function untilStored(work: () => Promise<void>, stopping: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseLost(error)) throw error;
      await sleep(STORE_AGAIN_MS, undefined, { signal: stopping });
    }
  }
}

async function store({ db, clock = Date.now }: MailOutbox, mail: ClaimedMail, sending: Sending): Promise<void> {
  if (sending.result === 'sent') return markSent(db, mail, new Date(clock()));
  if (sending.result === 'unknown') return markUnconfirmed(db, mail, sending.error);
  if (sending.isPermanent || mail.attempts >= MAX_ATTEMPTS) return markFailed(db, mail, sending.error);
  const delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (mail.attempts - 1));
  return markRetry(db, mail, sending.error, new Date(clock() + delayMs));
}
