import type { Area } from '../accounts/areas';
import type { Language, MessageEvent } from './events';

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

/** The area of a provider that a group's events belong to (ACC-0). */
export const AREA_OF_GROUP: Record<EventGroup, Area> = {
  shop: 'shop',
  products: 'products',
  orders: 'orders',
  deliveries: 'deliveries',
  appeals: 'deliveries',
  refunds: 'refunds',
  finance: 'finance',
  coupons: 'coupons',
};

/** What people read for a group, and search for. */
export const GROUP_NAMES: Record<EventGroup, Record<Language, string>> = {
  shop: { 'zh-CN': '店铺', en: 'Shop' },
  products: { 'zh-CN': '商品', en: 'Products' },
  orders: { 'zh-CN': '订单', en: 'Orders' },
  deliveries: { 'zh-CN': '交付', en: 'Deliveries' },
  appeals: { 'zh-CN': '申诉', en: 'Appeals' },
  refunds: { 'zh-CN': '退款', en: 'Refunds' },
  finance: { 'zh-CN': '账户与财务', en: 'Account and finance' },
  coupons: { 'zh-CN': '优惠券', en: 'Coupons' },
};

/** Where a message can reach somebody (MSG-1). */
export const CHANNELS = ['in_site', 'email', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

/** The channels by which a message is sent to somebody outside the system, each with a notification delivery of its own. */
export const OUTBOUND_CHANNELS = ['email', 'sms'] as const satisfies readonly Channel[];
export type OutboundChannel = (typeof OUTBOUND_CHANNELS)[number];

/** The group that an event belongs to. What concerns locked account data is about money: finance. */
export function groupOf(event: MessageEvent): EventGroup {
  if (event.startsWith('delivery.appeal_')) return 'appeals';
  if (event.startsWith('refund.')) return 'refunds';
  if (event === 'order.refunded' || event === 'order.payment_returned' || event.startsWith('order.refund_'))
    return 'refunds';
  if (event.startsWith('delivery.')) return 'deliveries';
  if (['order.', 'operations.', 'instance.'].some((start) => event.startsWith(start))) return 'orders';
  if (event.startsWith('shop.')) return 'shop';
  if (event.startsWith('coupon.')) return 'coupons';
  return event.startsWith('product.') ? 'products' : 'finance';
}

/** Events that reach a provider in-site whatever it subscribes to: rejections of reviews and opened appeals (MSG-2). */
export const ALWAYS_IN_SITE: readonly MessageEvent[] = [
  'shop.rejected',
  'product.rejected',
  'account.rejected',
  'delivery.appeal_opened',
];

/** The channels of a group's messages as long as nobody chose: about the shop everywhere (SHOP-2), else in-site and by e-mail. */
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

/** The channels of an event for a provider that has chosen nothing, and whether its main account receives it in any case. */
export type Route = { group: EventGroup; channels: readonly Channel[]; always: boolean };

export function routeOf(event: MessageEvent): Route {
  const group = groupOf(event);
  return { group, channels: DEFAULT_CHANNELS[group], always: ALWAYS_IN_SITE.includes(event) };
}

/** Whether a word is one of the groups. */
export function isEventGroup(word: string): word is EventGroup {
  return Object.hasOwn(GROUP_NAMES, word);
}

/** Whether a group's name, in any language, holds what somebody searches for; the empty search finds all. */
export function isNamed(group: EventGroup, search: string): boolean {
  const wanted = search.toLowerCase();
  return [group, ...Object.values(GROUP_NAMES[group])].some((name) => name.toLowerCase().includes(wanted));
}
