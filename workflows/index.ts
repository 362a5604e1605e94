export { delivery } from './delivery';
export { order, paymentReturn } from './order';
