/** The languages a message is worded in; a reader of any other gets Chinese (MSG-2). */
export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What every message carries. `deliveryId` is empty where there is no delivery. */
export const COMMON_PARAMS = ['orderId', 'deliveryId', 'productName'] as const;

/** Every event people are notified of (MSG-2), with the parameters it carries beside the common ones. */
export const MESSAGE_EVENTS = {
  'order.paid': [],
  'order.closed_unpaid': [],
  /** The provider has changed what is to be paid (ORD-5). */
  'order.price_changed': ['payableFen', 'reason'],
  /** The stations of an order that its provider fulfils directly (ORD-2 … ORD-4). */
  'order.requirement_stated': [],
  'order.started': [],
  'order.done': [],
  'order.completed': ['outcome'],
  'order.cancelled': [],
  /** What was bought cannot be brought any more: the money goes back (ORD-8). */
  'order.not_delivered': [],
  /** `state` is what is waited for, `dueAt` RFC 3339 or empty. */
  'order.reminder': ['state', 'dueAt'],
  'order.escalated': [],
  'order.refunded': ['amountFen'],
  /** What a cancelled order gives back waits for an invoice of it (RFD-4). */
  'order.refund_waits': ['amountFen', 'invoiceId'],
  /** A late, surplus or wrong payment is sent back; `reason` is why it was not taken. */
  'order.payment_returned': ['amountFen', 'reason'],
  /** To operations: a payment channel does not take the refund. */
  'order.refund_stuck': ['amountFen', 'reason'],
  /** To operations: the database does not know a refund as owed, so it is not sent. */
  'order.refund_refused': ['amountFen', 'reason'],
  /** To operations: what is stored of an object contradicts itself, so that nothing more can be recorded of it. */
  'operations.inconsistent': ['objectId'],
  /** To operations: payments that were reported and not handled; of the oldest `objectId` is the order. */
  'operations.payments_waiting': ['objectId', 'receivedAt', 'count'],
  /** To operations: the reconciliation has found new differences; `objectId` is the day. */
  'operations.books_differ': ['objectId', 'count'],
  'delivery.started': [],
  'delivery.dispatched': [],
  'delivery.requirement_submitted': [],
  'delivery.requirement_edited': [],
  'delivery.requirement_confirmed': [],
  'delivery.requirement_rejected': ['reason'],
  'delivery.submitted': [],
  'delivery.check_passed': [],
  'delivery.check_returned': ['reason'],
  'delivery.acceptance_rejected': ['reason'],
  'delivery.completed': ['outcome'],
  'delivery.cancelled': ['outcome'],
  /** The provider's step has lasted too long: the buyer may appeal (DLV-6). */
  'delivery.stalled': [],
  /** `turn` is whose it is; `of` what is waited for where that is not the `stage` itself; `dueAt` RFC 3339 or empty. */
  'delivery.reminder': ['turn', 'stage', 'of', 'dueAt'],
  /** To operations: `reason` is what has been waiting too long. */
  'delivery.escalated': ['reason'],
  /** `grounds` is a comma-separated list. */
  'delivery.appeal_opened': ['openedBy', 'grounds', 'reason'],
  'delivery.appeal_evidence': [],
  'delivery.appeal_resolved': ['ruling', 'reason'],

  /** Instances of SaaS products (INS); `expiresAt` RFC 3339, or empty where there is no end. */
  'instance.created': ['instanceId', 'expiresAt'],
  'instance.renewed': ['instanceId', 'expiresAt'],
  'instance.changed': ['instanceId', 'expiresAt'],
  'instance.expired': ['instanceId'],
  'instance.destroyed': ['instanceId'],
  /** To operations and provider: the provider's side has not answered `call` as it should, for long. */
  'instance.delayed': ['instanceId', 'call'],

  /** A buyer asks for money back (RFD-1). */
  'refund.requested': ['refundId', 'amountFen', 'reasonCode', 'reason'],
  'refund.offered': ['refundId', 'amountFen', 'reason'],
  'refund.declined': ['refundId', 'reason'],
  'refund.withdrawn': ['refundId'],
  /** `why` is `buyer_asked` or `no_answer` (RFD-5, RFD-5a). */
  'refund.escalated': ['refundId', 'amountFen', 'why', 'reason'],
  /** `by` is who agreed: a role, or `system`. */
  'refund.approved': ['refundId', 'amountFen', 'by'],
  'refund.rejected': ['refundId', 'reason'],
  'refund.refunded': ['refundId', 'amountFen'],
  /** The channel refused it for good; operations decide again. */
  'refund.failed': ['refundId', 'amountFen', 'reason'],
  /** `turn` is `ops`, or `invoice` where the execution waits for one (RFD-4). */
  'refund.reminder': ['refundId', 'turn'],

  /** Reviews: `title` is what the shop or product is called, `operation` what is asked for, `dueAt` RFC 3339. */
  'shop.submitted': ['title', 'reviewId', 'shopId', 'dueAt'],
  'shop.approved': ['title', 'reviewId', 'shopId'],
  'shop.rejected': ['title', 'reviewId', 'shopId', 'reason'],
  /** To operations managers: a review is past its target (SHOP-5). */
  'shop.overdue': ['title', 'reviewId', 'shopId', 'dueAt'],
  'product.submitted': ['title', 'reviewId', 'productId', 'operation', 'dueAt'],
  'product.security_passed': ['title', 'reviewId', 'productId', 'operation'],
  'product.approved': ['title', 'reviewId', 'productId', 'operation'],
  'product.rejected': ['title', 'reviewId', 'productId', 'operation', 'reason'],
  'product.overdue': ['title', 'reviewId', 'productId', 'operation', 'dueAt'],
  /** What takes effect at once: delisted, downgraded, left the market (PRD-5). */
  'product.changed': ['title', 'reviewId', 'productId', 'operation'],
  'account.submitted': ['title', 'reviewId', 'operation', 'dueAt'],
  'account.approved': ['title', 'reviewId', 'operation'],
  'account.rejected': ['title', 'reviewId', 'operation', 'reason'],
  'account.overdue': ['title', 'reviewId', 'operation', 'dueAt'],

  /** Invoices (INV-1): each names the invoice and its amount, never whom it is made out to. */
  'invoice.requested': ['invoiceId', 'amountFen', 'dueAt'],
  'invoice.withdrawn': ['invoiceId', 'amountFen'],
  'invoice.processing': ['invoiceId', 'amountFen'],
  'invoice.mailed': ['invoiceId', 'amountFen', 'courier', 'trackingNumber'],
  /** `outcome`: confirmed by the buyer, or auto_confirmed. */
  'invoice.done': ['invoiceId', 'amountFen', 'outcome'],
  /** To the party that has not agreed yet; `by` is the one that wants it returned. */
  'invoice.return_proposed': ['invoiceId', 'amountFen', 'by'],
  'invoice.return_declined': ['invoiceId', 'amountFen', 'reason'],
  'invoice.returned': ['invoiceId', 'amountFen'],
  'invoice.void': ['invoiceId', 'amountFen', 'reason'],
  /** `of` is what is waited for: issue, receipt or return. */
  'invoice.reminder': ['invoiceId', 'amountFen', 'of', 'dueAt'],
  'invoice.overdue': ['invoiceId', 'amountFen', 'dueAt'],
  /** To operations: `reason` is what has been waiting too long. */
  'invoice.escalated': ['invoiceId', 'amountFen', 'reason'],

  /** To the provider: the last one of a coupon was claimed (CPN-2); `title` is its name. */
  'coupon.claimed_out': ['title', 'couponId'],
} as const satisfies Record<string, readonly string[]>;

export type MessageEvent = keyof typeof MESSAGE_EVENTS;

/** The names of an event's parameters. */
export type ParamOf<E extends MessageEvent> = (typeof MESSAGE_EVENTS)[E][number] | (typeof COMMON_PARAMS)[number];

/** Whether a stored event is one of ours: a newer release may have stored others. */
export function isMessageEvent(event: string): event is MessageEvent {
  return Object.hasOwn(MESSAGE_EVENTS, event);
}
