import { setTimeout as sleep } from 'node:timers/promises';
import type { CallbackSecrets } from '../config/callback-secrets';
import type { ChannelPayment } from './payment-channel';
import { signCallback } from './signature';

/** Sends the callbacks of payments, each until it is acknowledged. */
export interface Notifier {
  notify(payment: ChannelPayment): void;
  stop(): Promise<void>;
}

const firstRetryMs = 200;
const longestRetryMs = 10_000;
const answerTimeoutMs = 5_000;

/** Starts with nothing to send; `acknowledged` is called when all callbacks of a payment were answered with 2xx. */
export function startNotifier(secrets: CallbackSecrets, acknowledged: (transactionId: string) => void): Notifier {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const sendOnce = async (payment: ChannelPayment, status: string): Promise<boolean> => {
    const { transactionId, orderId, channel, amountFen, priceVersion, callbackUrl, behaviour } = payment;
    const [secret = ''] = secrets[channel];
    const rawBody = JSON.stringify({ transactionId, orderId, status, amountFen, priceVersion });
    const signature = signCallback({ secret: behaviour.badSignature ? `not ${secret}` : secret, channel, rawBody });
    try {
      const response = await fetch(callbackUrl, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Channel-Signature': signature },
        body: rawBody,
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  };

  const sendUntilAcknowledged = async (payment: ChannelPayment, status: string) => {
    let waitMs = firstRetryMs;
    while (!(await sendOnce(payment, status)) && !payment.behaviour.badSignature) {
      await sleep(waitMs, undefined, { signal: stopping.signal });
      waitMs = Math.min(waitMs * 2, longestRetryMs);
    }
  };

  const sendAll = async (payment: ChannelPayment) => {
    const { status, forgotten, delayMs, duplicates, failedAfterwards } = payment.behaviour;
    if (forgotten || status === 'processing') return;
    await sleep(delayMs, undefined, { signal: stopping.signal });
    await sendUntilAcknowledged(payment, status);
    for (let extra = 0; extra < duplicates; extra += 1) await sendOnce(payment, status);
    if (failedAfterwards) await sendUntilAcknowledged(payment, 'failed');
    acknowledged(payment.transactionId);
  };

  return {
    notify: (payment) => {
      // Stopping interrupts the waits; what was not acknowledged is sent again after the next start.
      const work = sendAll(payment)
        .catch(() => undefined)
        .finally(() => running.delete(work));
      running.add(work);
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(running);
    },
  };
}
