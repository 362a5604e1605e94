export { delivery } from './deliveries/workflow';
export { instance, providerCheck } from './instances/workflow';
export { invoice } from './invoices/workflow';
export { reconciliation } from './ledger/workflow';
export { orderReturn } from './orders/order-return';
export { order, paymentReturn } from './orders/workflow';
export { refund } from './refunds/workflow';
export { accountTicket, productApplication, shopReview } from './reviews/workflow';
export { webhook } from './webhooks/workflow';
