import type { MessageEvent } from './events';

/** The groups of events that can be subscribed to (MSG-2). */
export const EVENT_GROUPS = [
  'shop',
  'products',
  'orders',
  'deliveries',
  'appeals',
  'refunds',
  'finance',
  'coupons',
] as const;
export type EventGroup = (typeof EVENT_GROUPS)[number];

/** Where a message can reach somebody (MSG-1). */
export const CHANNELS = ['in_site', 'email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The group that an event belongs to. What concerns locked account data is about money: finance. */
export function groupOf(event: MessageEvent): EventGroup {
  if (event.startsWith('delivery.appeal_')) return 'appeals';
  if (event === 'order.refunded' || event === 'order.payment_returned' || event === 'order.refund_stuck')
    return 'refunds';
  if (event.startsWith('delivery.')) return 'deliveries';
  if (event.startsWith('order.')) return 'orders';
  if (event.startsWith('shop.')) return 'shop';
  return event.startsWith('product.') ? 'products' : 'finance';
}

/** Events that reach a provider in-site whatever it subscribes to: rejections of reviews and opened appeals (MSG-2). */
export const ALWAYS_IN_SITE: readonly MessageEvent[] = [
  'shop.rejected',
  'product.rejected',
  'account.rejected',
  'delivery.appeal_opened',
];

/** Where a group's messages go as long as nobody chose: about the shop everywhere (SHOP-2), else in-site and by e-mail. */
export const DEFAULT_CHANNELS: Record<EventGroup, readonly Channel[]> = {
  shop: ['in_site', 'email', 'sms'],
  products: ['in_site', 'email', 'sms'],
  orders: ['in_site', 'email'],
  deliveries: ['in_site', 'email'],
  appeals: ['in_site', 'email'],
  refunds: ['in_site', 'email'],
  finance: ['in_site', 'email'],
  coupons: ['in_site', 'email'],
};
