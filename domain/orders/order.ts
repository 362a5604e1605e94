import type { Flow } from '../deliveries/state';

/** The channels a buyer can pay through (ORD-6). */
export const PAYMENT_CHANNELS = ['tencent_cloud', 'wechat', 'tenpay'] as const;
export type PaymentChannel = (typeof PAYMENT_CHANNELS)[number];

/** States of an order (ORD). */
export const ORDER_STATES = [
  'pending_payment',
  'awaiting_start',
  'implementing',
  'awaiting_confirmation',
  'completed',
  'closed',
  'refunding',
  'refunded',
  'cancelled',
] as const;

/** What was agreed when the order was placed; later changes to the product do not reach it (PRD-7). */
export type OrderTerms = {
  orderId: string;
  deliveryId: string;
  buyerId: string;
  providerId: string;
  productId: string;
  productName: string;
  specId: string;
  specName: string;
  paymentChannel: PaymentChannel;
  payableFen: number;
  flow: Flow;
};

/** Money that a channel reports as received. `paymentId` is ours, made when the callback was stored. */
export type PaymentFact = {
  paymentId: string;
  orderId: string;
  channel: PaymentChannel;
  transactionId: string;
  amountFen: number;
  receivedAtMs: number;
};
