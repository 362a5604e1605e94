import { ANSWER_WITHIN_MS, type SmsPort, unanswered } from './port';

/**
 * An SMS service that takes `POST {messageId, to, text}` as JSON, as the sandbox's does: 2xx it was taken, 4xx it was
 * not, of which 422 says that this number will never do, 429 not now; 503 that it takes none at all; after anything else the
 * outcome is unknown.
 * @param url where to post to
 */
export function httpSms(url: string, answerWithinMs = ANSWER_WITHIN_MS): SmsPort {
  return {
    async send({ messageId, phone, text }) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ messageId, to: phone, text }),
          signal: AbortSignal.timeout(answerWithinMs),
        });
        const answer = await response.text();
        if (response.ok) return { result: 'sent' };
        const error = `${response.status} ${answer}`;
        if (response.status === 503) return { result: 'unavailable', error };
        return response.status < 500
          ? { result: 'refused', error, isPermanent: response.status === 422 }
          : { result: 'unknown', error };
      } catch (error) {
        return unanswered(error);
      }
    },
  };
}
