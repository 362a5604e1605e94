import { activityInfo, log } from '@temporalio/activity';
import { Webhook } from 'standardwebhooks';
import type { KeyRing } from '../codec/keys';
import { openSecrets } from '../codec/webhook-secrets';
import { nextAttempt, pauseOf } from '../domain/webhooks/backoff';
import { bodyOf } from '../domain/webhooks/event';
import { signingAt } from '../domain/webhooks/secrets';
import type { Database } from '../prisma/store/shared/database';
import { type EndpointChange, recordGone } from '../prisma/store/webhooks/endpoints';
import { type Attempt, type DueEvent, findDueEvent, recordAttempt } from '../prisma/store/webhooks/events';
import type { WebhookAnswer, WebhookPort, WebhookRequest } from './ports/webhook-sender';
import { runIdOf } from './shared/run-id';

export type WebhookActivities = ReturnType<typeof webhookActivities>;

/** Which events to look for, when (epoch ms, by the workflow's clock), and for how long each is tried. */
export type DeliverNext = { endpointId: string; objectId: string; nowMs: number; retryForMs: number };

/**
 * What came of it: `retry` says when to look again; `disabled` and `nothing`, that there is no more to do until
 * somebody asks for it.
 */
export type DeliveredNext =
  | { outcome: 'delivered' | 'given_up'; eventId: string }
  | { outcome: 'retry'; eventId: string; atMs: number }
  | { outcome: 'disabled' | 'nothing' };

const GONE = 410;
/** The answers whose Retry-After is honoured. */
const ASKING_FOR_TIME = [429, 503];

/** The activity that posts events to a provider's webhooks (MSG-3). */
export function webhookActivities({ db, keys, webhooks }: { db: Database; keys: KeyRing; webhooks: WebhookPort }) {
  return {
    /**
     * Sends the oldest event of an object that an endpoint has not got, if it is due, and records the attempt. A worker that
     * dies between the receiver's answer and the record repeats it, under the same id: events arrive at least once.
     */
    async deliverNextWebhook({ endpointId, objectId, nowMs, retryForMs }: DeliverNext): Promise<DeliveredNext> {
      const event = await findDueEvent(db, { endpointId, objectId });
      if (event === null) return { outcome: 'nothing' };
      if (event.disabledAt !== null) return { outcome: 'disabled' };
      // The later of two clocks: a task that waited long for a worker is not judged by when it was made.
      const at = new Date(Math.max(nowMs, Date.now()));
      if (event.nextAttemptAt !== null && event.nextAttemptAt > at) return retryOf(event.id, event.nextAttemptAt);

      const begunMs = Date.now();
      const answer = await webhooks.send(requestOf(event, endpointId, keys, at));
      const attempt = attemptOf(event, answer, { at, durationMs: Date.now() - begunMs, retryForMs });
      const { status, responseStatus, error } = attempt;
      log.info('webhook attempt', { endpointId, objectId, eventId: event.id, status, responseStatus, error });
      if (responseStatus === GONE) {
        await recordGone(db, goneOf(event, endpointId, at), attempt);
        return { outcome: 'disabled' };
      }
      await recordAttempt(db, attempt);
      if (attempt.nextAttemptAt !== null) return retryOf(event.id, attempt.nextAttemptAt);
      return { outcome: status === 'delivered' ? 'delivered' : 'given_up', eventId: event.id };
    },
  };
}

const retryOf = (eventId: string, at: Date): DeliveredNext => ({ outcome: 'retry', eventId, atMs: at.getTime() });

/** The request by the Standard Webhooks specification, signed with each secret that is in use. */
function requestOf(event: DueEvent, endpointId: string, keys: KeyRing, at: Date): WebhookRequest {
  const body = bodyOf(event);
  // The receiver's clock is compared with this: the real one.
  const sentAt = new Date();
  const secrets = signingAt(openSecrets(keys, event.sealed, endpointId), at.getTime());
  const signatures = secrets.map(({ secret }) => new Webhook(secret).sign(event.id, sentAt, body));
  return {
    url: event.url,
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'marketplace-webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': signatures.join(' '),
    },
  };
}

type Circumstances = { at: Date; durationMs: number; retryForMs: number };

/** What an answer means for its event: any 2xx has delivered it, everything else is tried again while there is time. */
function attemptOf(event: DueEvent, answer: WebhookAnswer, { at, durationMs, retryForMs }: Circumstances): Attempt {
  const { status: responseStatus } = answer;
  const common = { event, at, durationMs, responseStatus };
  if (responseStatus !== null && responseStatus >= 200 && responseStatus < 300) {
    return { ...common, error: null, status: 'delivered', nextAttemptAt: null };
  }
  const error = answer.error ?? `The receiver answered ${responseStatus}.`;
  // What is gone is kept for the day on which the endpoint is enabled again.
  if (responseStatus === GONE) return { ...common, error, status: 'pending', nextAttemptAt: null };
  const mayAsk = responseStatus !== null && ASKING_FOR_TIME.includes(responseStatus);
  const failure = {
    firstTriedMs: (event.firstTriedAt ?? at).getTime(),
    atMs: at.getTime(),
    retryForMs,
    askedPauseMs: mayAsk ? pauseOf(answer.retryAfter, Date.now()) : null,
  };
  const nextMs = nextAttempt(failure, Math.random());
  if (nextMs === null) return { ...common, error, status: 'failed', nextAttemptAt: null };
  return { ...common, error, status: 'pending', nextAttemptAt: new Date(nextMs) };
}

/** The change that a receiver makes by saying that it is gone, for the audit trail (AUD-1). */
const goneOf = (event: DueEvent, endpointId: string, at: Date): EndpointChange => ({
  objectId: endpointId,
  providerId: event.providerId,
  commandId: `${event.id}/${event.attempts + 1}/gone`,
  action: 'webhook.gone',
  actorRole: 'system',
  actorId: 'system',
  note: `410 Gone for ${event.id}`,
  requestId: null,
  sourceIp: null,
  runId: runIdOf(activityInfo()),
  at,
});
