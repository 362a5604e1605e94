import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { sealSecrets } from '../../codec/webhook-secrets';
import { EVENT_GROUPS, type EventGroup } from '../../domain/notifications/groups';
import { parsePolicy } from '../../domain/policies/catalogue';
import type { Database } from '../../prisma/store/shared/database';
import { createEndpoint, type EndpointChange } from '../../prisma/store/webhooks/endpoints';
import { startWebhookRelay } from '../../worker/relays/webhooks';
import type { WebhookReceiver } from '../support/webhook-receiver';
import { KEYS, type World } from '../support/world';
import { unique } from './commands';

/** A change by usr_provider_demo, as a route would make it. */
export const changeBy = (objectId: string, action: string): EndpointChange => ({
  objectId,
  action,
  providerId: 'prv_demo',
  commandId: `cmd_${unique()}`,
  actorRole: 'provider',
  actorId: 'usr_provider_demo',
  requestId: 'req_test',
  sourceIp: '127.0.0.1',
  at: new Date(),
});

/** Subscribes prv_demo's receiver to groups of events; answers the endpoint's id. The receiver knows the secret then. */
export async function subscribe(
  db: Database,
  receiver: WebhookReceiver,
  eventGroups: EventGroup[] = [...EVENT_GROUPS],
): Promise<string> {
  const id = `whk_${unique()}`;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const sealed = sealSecrets(KEYS, [{ secret, untilMs: null }], id);
  const terms = { url: receiver.url, description: '', eventGroups };
  await createEndpoint(db, changeBy(id, 'webhook.create'), terms, sealed, 1_000);
  receiver.trust(secret);
  return id;
}

/** The relay of webhooks of a world's worker. */
export const webhookRelay = ({ db, client }: Pick<World, 'db' | 'client'>, policy: Record<string, unknown> = {}) =>
  startWebhookRelay({
    db,
    client,
    taskQueue: 'back-office',
    policy: parsePolicy(policy),
    logger: pino({ level: 'silent' }),
    intervalMs: 25,
  });

/** An endpoint's events as the table has them, in the order in which they are due. */
export const eventsOf = (db: Database, endpointId: string) =>
  db.webhookDelivery.findMany({
    where: { endpointId },
    orderBy: [{ objectId: 'asc' }, { sequence: 'asc' }, { id: 'asc' }],
  });
