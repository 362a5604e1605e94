export { delivery } from './delivery';
export { order, paymentReturn } from './order';
export { accountTicket, productApplication, shopReview } from './review';
export { webhook } from './webhook';
