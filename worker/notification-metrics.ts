import { Counter, Gauge, type Registry } from 'prom-client';
import { OUTBOUND_CHANNELS } from '../domain/notifications/groups';
import { countWaiting, pausedChannels } from '../prisma/store/notifications/channels';
import type { Database } from '../prisma/store/shared/database';

/** The metrics of notifications: what was sent, what waits, which channels are paused, what had no recipient. */
export function notificationMetrics(registry: Registry, db: Database) {
  const attempts = new Counter({
    name: 'notification_attempts_total',
    help: 'Attempts to send e-mails and SMS, by channel and result',
    labelNames: ['channel', 'result'] as const,
    registers: [registry],
  });
  const unaddressed = new Counter({
    name: 'notices_without_recipient_total',
    help: 'Notices without a recipient, by event and audience',
    labelNames: ['event', 'audience'] as const,
    registers: [registry],
  });
  new Gauge({
    name: 'notification_channel_paused',
    help: '1 while a channel is paused because its server takes no messages',
    labelNames: ['channel'] as const,
    registers: [registry],
    async collect() {
      const paused = (await pausedChannels(db)).map(({ channel }) => channel);
      for (const channel of OUTBOUND_CHANNELS) this.set({ channel }, paused.includes(channel) ? 1 : 0);
    },
  });
  new Gauge({
    name: 'notifications_waiting',
    help: 'E-mails and SMS that wait to be sent',
    labelNames: ['channel'] as const,
    registers: [registry],
    async collect() {
      const waiting = await countWaiting(db);
      for (const channel of OUTBOUND_CHANNELS) this.set({ channel }, waiting.get(channel) ?? 0);
    },
  });
  return { attempts, unaddressed };
}
