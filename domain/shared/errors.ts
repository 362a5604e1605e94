/**
 * The one taxonomy of errors: `SUBJECT.REASON` → HTTP status, a title, and whether trying the very
 * same request again may succeed. The API maps it to RFC 9457 problems in one place (api/http/problems.ts).
 */
export const ERRORS = {
  'REQUEST.INVALID': { status: 422, title: 'The request is not valid', retryable: false },
  'REQUEST.MALFORMED': { status: 400, title: 'The body cannot be read', retryable: false },
  'REQUEST.TOO_LARGE': { status: 413, title: 'The body is too large', retryable: false },
  'REQUEST.UNSUPPORTED_MEDIA_TYPE': { status: 415, title: 'The body has the wrong media type', retryable: false },
  'REQUEST.RATE_LIMITED': { status: 429, title: 'Too many requests', retryable: true },
  'ROUTE.NOT_FOUND': { status: 404, title: 'No such route', retryable: false },
  'ROUTE.METHOD_NOT_ALLOWED': { status: 405, title: 'This route does not take that method', retryable: false },
  'AUTH.REQUIRED': { status: 401, title: 'A valid bearer token is needed', retryable: false },
  'AUTH.FORBIDDEN': { status: 403, title: 'The token does not permit this', retryable: false },
  'IDEMPOTENCY.KEY_INVALID': { status: 422, title: 'The Idempotency-Key is not usable', retryable: false },
  'IDEMPOTENCY.KEY_REUSED': { status: 422, title: 'The Idempotency-Key was used for another body', retryable: false },
  'IDEMPOTENCY.KEY_EXPIRED': { status: 422, title: 'The Idempotency-Key was used too long ago', retryable: false },
  'PRECONDITION.FAILED': { status: 412, title: 'The resource has changed since it was read', retryable: false },
  'ACCOUNT.LOCKED': { status: 409, title: 'Payee info is locked', retryable: false },
  'ACCOUNT.NOT_LOCKED': { status: 409, title: 'Payee info is not locked', retryable: false },
  'ACCOUNT.HOLDER_MISMATCH': { status: 409, title: 'The account holder is not the company', retryable: false },
  'ACCOUNT.UNCHANGED': { status: 409, title: 'The account is so already', retryable: false },
  'AGREEMENT.NOT_FOUND': { status: 404, title: 'No such agreement', retryable: false },
  'AGREEMENT.OUTDATED': { status: 409, title: 'Another revision is to be signed', retryable: false },
  'AGREEMENT.SIGNED': { status: 409, title: 'The agreement is signed already', retryable: false },
  'AGREEMENT.BLOCKED': { status: 409, title: 'The agreement cannot be signed yet', retryable: false },
  'CONTACT.NOT_FOUND': { status: 404, title: 'No such contact', retryable: false },
  'CONTACT.TOO_MANY': { status: 409, title: 'There are too many contacts', retryable: false },
  'SUB_ACCOUNT.NOT_FOUND': { status: 404, title: 'No such sub-account', retryable: false },
  'SUB_ACCOUNT.TAKEN': { status: 409, title: 'The user cannot become a sub-account', retryable: false },
  'SUB_ACCOUNT.TOO_MANY': { status: 409, title: 'There are too many sub-accounts', retryable: false },
  'API_KEY.NOT_FOUND': { status: 404, title: 'No such API key', retryable: false },
  'API_KEY.TOO_MANY': { status: 409, title: 'There are too many API keys', retryable: false },
  'API_KEY.SECRET_LOST': { status: 409, title: 'The secret of the key was lost on its way', retryable: false },
  'PRODUCT.NOT_FOUND': { status: 404, title: 'No such product', retryable: false },
  'PRODUCT.NOT_FOR_SALE': { status: 409, title: 'The product is not for sale', retryable: false },
  'PRODUCT.NOT_ALLOWED': { status: 409, title: 'The product does not allow this now', retryable: false },
  'ORDER.NOT_FOUND': { status: 404, title: 'No such order', retryable: false },
  'ORDER.NOT_PAYABLE': { status: 409, title: 'The order cannot be paid', retryable: false },
  'ORDER.PRICE_NOT_ALLOWED': { status: 422, title: 'The price is not possible', retryable: false },
  'ORDER.NOT_ALLOWED': { status: 409, title: 'The order does not allow this now', retryable: false },
  'ORDER.TRIAL_USED': { status: 409, title: 'The product was tried before', retryable: false },
  'ORDER.RENEWAL_NOT_POSSIBLE': { status: 409, title: 'The instance cannot be renewed this way', retryable: false },
  'PRODUCT.NO_TRIAL': { status: 409, title: 'The product has no trial', retryable: false },
  'INSTANCE.NOT_FOUND': { status: 404, title: 'No such instance', retryable: false },
  'INSTANCE.NOT_ALLOWED': { status: 409, title: 'The instance does not allow this now', retryable: false },
  'DELIVERY_URL.NOT_VERIFIED': { status: 422, title: 'The delivery URL did not answer as it should', retryable: false },
  'COUPON.NOT_FOUND': { status: 404, title: 'No such coupon', retryable: false },
  'COUPON.NOT_ENABLED': { status: 403, title: 'The provider may not issue coupons', retryable: false },
  'COUPON.NOT_ALLOWED': { status: 409, title: 'The coupon does not allow this now', retryable: false },
  'COUPON.NOT_CLAIMABLE': { status: 409, title: 'The coupon cannot be claimed', retryable: false },
  'COUPON.CLAIMED_OUT': { status: 409, title: 'All coupons have been claimed', retryable: false },
  'COUPON.LIMIT_REACHED': { status: 409, title: 'The buyer has as many of the coupon as allowed', retryable: false },
  'COUPON.NOT_APPLICABLE': { status: 422, title: 'The coupon does not apply to the purchase', retryable: false },
  'COUPON.TAKEN': { status: 409, title: 'The coupon was taken by another order', retryable: false },
  'PROVIDER.NOT_FOUND': { status: 404, title: 'No such provider', retryable: false },
  'DELIVERY.NOT_FOUND': { status: 404, title: 'No such delivery', retryable: false },
  'DELIVERY.NOT_ALLOWED': { status: 409, title: 'The delivery does not allow this now', retryable: false },
  'DELIVERY.REFUND_OUT_OF_RANGE': { status: 422, title: 'The refund is not within what was paid', retryable: false },
  'APPEAL.NOT_FOUND': { status: 404, title: 'No such appeal', retryable: false },
  'APPEAL.NOT_OPEN': { status: 409, title: 'The appeal is resolved', retryable: false },
  'APPEAL.RULING_NOT_ALLOWED': { status: 409, title: 'The ruling is not possible here', retryable: false },
  'REFUND.NOT_FOUND': { status: 404, title: 'No such refund', retryable: false },
  'REFUND.NOT_ALLOWED': { status: 409, title: 'The refund does not allow this now', retryable: false },
  'REFUND.OPEN': { status: 409, title: 'The order has an open refund', retryable: false },
  'REFUND.APPEAL_OPEN': { status: 409, title: 'The delivery has an open appeal', retryable: false },
  'REFUND.AMOUNT_OUT_OF_RANGE': { status: 422, title: 'The amount cannot be refunded', retryable: false },
  'SHOP.NOT_FOUND': { status: 404, title: 'No such shop', retryable: false },
  'SHOP.NOT_ALLOWED': { status: 409, title: 'The shop does not allow this now', retryable: false },
  'SHOP.NOT_READY': { status: 422, title: 'The shop cannot be submitted as it is', retryable: false },
  'SHOP.UNCHANGED': { status: 409, title: 'Nothing differs from what is published', retryable: false },
  'REVIEW.NOT_FOUND': { status: 404, title: 'No such review', retryable: false },
  'REVIEW.NOT_ALLOWED': { status: 409, title: 'The review does not allow this now', retryable: false },
  'REVIEW.IN_REVIEW': { status: 409, title: 'It is being reviewed', retryable: false },
  'INVOICE.NOT_FOUND': { status: 404, title: 'No such invoice', retryable: false },
  'INVOICE.NOT_ALLOWED': { status: 409, title: 'The invoice does not allow this now', retryable: false },
  'INVOICE.AMOUNT_NOT_LEFT': { status: 422, title: 'There is not as much left to invoice', retryable: false },
  'INVOICE.ORDER_NOT_INVOICEABLE': { status: 422, title: 'An order cannot be invoiced', retryable: false },
  'INVOICE_TITLE.NOT_FOUND': { status: 404, title: 'No such invoice title', retryable: false },
  'INVOICE_TITLE.TOO_MANY': { status: 409, title: 'There are too many invoice titles', retryable: false },
  'ATTACHMENT.NOT_FOUND': { status: 404, title: 'No such attachment', retryable: false },
  'ATTACHMENT.NOT_YOURS': { status: 422, title: 'An attachment is not yours to use', retryable: false },
  'ATTACHMENT.NOT_MULTIPART': { status: 415, title: 'The upload is not multipart/form-data', retryable: false },
  'ATTACHMENT.MISSING': { status: 422, title: 'The upload has no file', retryable: false },
  'ATTACHMENT.TOO_MANY_FILES': { status: 422, title: 'The upload has more than one file', retryable: false },
  'ATTACHMENT.EMPTY': { status: 422, title: 'The file is empty', retryable: false },
  'ATTACHMENT.TOO_LARGE': { status: 413, title: 'The file is too large', retryable: false },
  'ATTACHMENT.INTERRUPTED': { status: 400, title: 'The upload broke off', retryable: true },
  'ATTACHMENT.NAME_INVALID': { status: 422, title: 'The file name is not usable', retryable: false },
  'ATTACHMENT.TYPE_MISMATCH': { status: 422, title: 'The file is not what its name says', retryable: false },
  'ATTACHMENT.TYPE_NOT_ALLOWED': { status: 422, title: 'Files of this type are not taken', retryable: false },
  'IMAGE.NOT_ACCEPTABLE': { status: 422, title: 'The image does not fit its purpose', retryable: false },
  'IMAGE.NOT_FOUND': { status: 404, title: 'No such image', retryable: false },
  'MESSAGE.NOT_FOUND': { status: 404, title: 'No such message', retryable: false },
  'MESSAGE.NOT_RETRYABLE': { status: 409, title: 'The message cannot be sent again this way', retryable: false },
  'WEBHOOK.NOT_FOUND': { status: 404, title: 'No such webhook', retryable: false },
  'WEBHOOK.EVENT_NOT_FOUND': { status: 404, title: 'No such event', retryable: false },
  'WEBHOOK.TOO_MANY': { status: 409, title: 'There are too many webhooks', retryable: false },
  'WEBHOOK.DISABLED': { status: 409, title: 'The webhook is disabled', retryable: false },
  'DIFFERENCE.RESOLVED': { status: 409, title: 'The difference is resolved', retryable: false },
  'OBJECT.INCONSISTENT': { status: 500, title: 'What is stored of the object contradicts itself', retryable: false },
  'OBJECT.NOT_FOUND': { status: 404, title: 'No such object', retryable: false },
  'SUBSCRIPTION.NOT_FOUND': { status: 404, title: 'No such group of events', retryable: false },
  'SUBSCRIPTION.RECIPIENT_UNKNOWN': {
    status: 422,
    title: 'A recipient is no account or contact of yours',
    retryable: false,
  },
  'PAYMENT.SIGNATURE_INVALID': { status: 401, title: 'The callback is not signed by the channel', retryable: false },
  'SERVICE.BUSY': { status: 503, title: 'The process has too many commands in flight', retryable: true },
  'SERVICE.UNAVAILABLE': { status: 503, title: 'A part of the system does not answer', retryable: true },
  'SERVICE.UNKNOWN': { status: 500, title: 'Something went wrong on our side', retryable: false },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** What a problem says beyond its code: fields at fault, and what is allowed instead (DLV-13). */
export type ErrorExtra = {
  errors?: { path: string; message: string }[];
  allowedActions?: string[];
};

/** An expected refusal, worded for its reader: `detail` says what to do next. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly detail: string,
    readonly extra: ErrorExtra = {},
  ) {
    super(detail);
    this.name = 'AppError';
  }
}

/** Whether a failure type that came through Temporal is one of our codes. */
export function isErrorCode(code: string | undefined | null): code is ErrorCode {
  return code != null && Object.hasOwn(ERRORS, code);
}
