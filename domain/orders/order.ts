import type { Reduction, Scene } from '../coupons/coupon';
import type { Flow } from '../deliveries/state';
import type { Span } from '../instances/term';
import type { ProductType } from '../products/kinds';

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

/** Where an order is, by the name that its row has. */
export type OrderStage = (typeof ORDER_STATES)[number];

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
  /** What is to be paid, fen, at the price version 1. */
  payableFen: number;
  /** The price of the spec when the order was placed, fen, before any reduction: no later price is above it (ORD-5). */
  originalFen: number;
  productType: ProductType;
  supervised: boolean;
  /** The product's version; its content holds the text of the service agreement, whose hash is `agreementSha256`. */
  productVersion: number;
  agreementSha256: string | null;
  /** The platform's share of what is paid (WDR-1). */
  feeBasisPoints: number;
  flow: Flow;
  /** The coupon that is reserved for the order; absent of orders from before coupons. */
  coupon?: OrderCoupon | null;
  /** How long an instance runs (INS-4); only of orders that one is made for, or that are for more of one. */
  span?: Span;
  /** How a direct order is fulfilled (PRD-2): both absent where they are needed, as they are unless the product says no. */
  needsImplementation?: boolean;
  needsBuyerConfirmation?: boolean;
  /** A free trial of what an instance is made for (PRD-2). */
  isTrial?: boolean;
  /** The instance that it is for more of; absent of what begins with it. */
  renews?: Renewal;
};

/** An instance of the buyer's own that an order makes last longer, or that it makes formal (INS-4). */
export type Renewal = { instanceId: string; scene: Exclude<Scene, 'new'> };

/** What kind of purchase an order is: coupons are for one of them (CPN-1). */
export const sceneOf = ({ renews }: Pick<OrderTerms, 'renews'>): Scene => renews?.scene ?? 'new';

/**
 * A coupon on an order (CPN-3): the one of the buyer's that it reserves, what it takes off any price of the order, and
 * what it takes off the first one, fen.
 */
export type OrderCoupon = { id: string; claimId: string; reduction: Reduction; reductionFen: number };

/** Who brings what was bought (ORD-8). */
export const FULFILMENTS = ['delivery', 'direct', 'instance', 'immediate'] as const;
export type Fulfilment = (typeof FULFILMENTS)[number];

/**
 * How a paid order is fulfilled: by a supervised delivery (DLV-1), by the provider directly (ORD-2), by an instance
 * that is made automatically (INS-3), or at once by the payment itself (ORD-8).
 */
export function fulfilmentOf({ productType, supervised }: Pick<OrderTerms, 'productType' | 'supervised'>): Fulfilment {
  // Of orders placed before their terms said so, all are.
  if (supervised !== false) return 'delivery';
  if (productType === 'human_service') return 'direct';
  return productType === 'saas' ? 'instance' : 'immediate';
}

/** Money that a channel reports as received. `paymentId` is ours, made when the callback was stored. */
export type PaymentFact = {
  paymentId: string;
  orderId: string;
  channel: PaymentChannel;
  transactionId: string;
  amountFen: number;
  receivedAtMs: number;
  /** The version of the order's price that it was made for (ORD-5); absent where the channel does not know it. */
  priceVersion?: number;
};
