import { renderMessage } from '../../domain/notifications/templates';
import type { Sender } from './sender';
import { CONNECTIONS, type MailTransport, mailSender } from './smtp';

/**
 * Sends messages by e-mail, each under the same Message-ID at every attempt.
 * @param from the sender, with or without a name; its domain is also that of the message ids
 */
export function emailSender(transport: MailTransport, from: string): Sender {
  const send = mailSender(transport);
  const domain = /@([\w.-]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return {
    channel: 'email',
    slots: CONNECTIONS,
    async send({ messageId, event, language, params }, address) {
      return send({
        from,
        to: { name: '', address },
        messageId: `<${messageId}@${domain}>`,
        // RFC 3834: nobody's absence notice shall answer it.
        headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
        ...renderMessage({ event, language, params }),
      });
    },
    close: () => transport.close(),
  };
}
