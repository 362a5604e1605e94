import { labelled, shanghaiTime, type WordingOf, wordOf, yuan } from '../wording';
import { reason } from './words';

const ORDER_STATES = {
  awaiting_start: 'the provider is to start',
  implementing: 'the provider is to implement and say that it is done',
  awaiting_confirmation: 'the buyer is to confirm',
};
const ORDER_COMPLETIONS = {
  confirmed: 'The buyer has confirmed it.',
  auto_confirmed: 'The buyer did not act within the time allowed, so it was confirmed automatically.',
  implemented: 'The provider has implemented it; the product needs no confirmation.',
  delivered: 'What was bought can be used now; the order shows how.',
};
const REFUND_REASONS = {
  delivery_cancelled: 'the delivery was cancelled',
  order_cancelled: 'the provider did not start in time',
  not_delivered: 'what was bought cannot be delivered any more',
  order_closed: 'the order is closed',
  already_paid: 'the order had been paid already',
  wrong_channel: 'it came through another payment channel than the order says',
  wrong_amount: 'the amount is not that of the order',
  old_price: 'it was made at a price that has been changed since',
  unknown_order: 'there is no such order',
  refund_request: 'it was asked for',
};

export const orders: WordingOf<'order' | 'coupon' | 'instance'> = {
  'order.paid': (p) => ({
    subject: `Order paid: ${p('productName')}`,
    body: ['The order has been paid and its delivery is about to start.'],
  }),
  'order.closed_unpaid': (p) => ({
    subject: `Order closed: ${p('productName')}`,
    body: ['The order was not paid in time and has been closed. Please order again if you still need it.'],
  }),
  'order.price_changed': (p) => ({
    subject: `Price changed: ${p('productName')}`,
    body: [
      `The provider has changed the price of your order: ${yuan(p('payableFen'))} are to be paid now. A payment made at the old price is sent back.`,
      labelled('In their words: ', p('reason')),
    ],
  }),
  'order.requirement_stated': (p) => ({
    subject: `Requirement stated: ${p('productName')}`,
    body: ['The buyer has stated the requirement. Please get in touch, and start when you are ready.'],
  }),
  'order.started': (p) => ({
    subject: `The provider has started: ${p('productName')}`,
    body: ['The provider has started to implement your order.'],
  }),
  'order.done': (p) => ({
    subject: `Please confirm: ${p('productName')}`,
    body: ['The provider has implemented your order. Please look at the details of the order, and confirm.'],
  }),
  'order.completed': (p) => ({
    subject: `Order completed: ${p('productName')}`,
    body: ['The order is completed.', wordOf(ORDER_COMPLETIONS, p('outcome'))],
  }),
  'order.cancelled': (p) => ({
    subject: `Order cancelled: ${p('productName')}`,
    body: ['The provider did not start within the time allowed: the order is cancelled and refunded in full.'],
  }),
  'order.not_delivered': (p) => ({
    subject: `Order cannot be delivered: ${p('productName')}`,
    body: ['What was bought cannot be delivered any more: the order is cancelled, and what was paid goes back.'],
  }),
  'order.reminder': (p) => ({
    subject: `Reminder of an order: ${p('productName')}`,
    body: [
      labelled('The order is waiting: ', wordOf(ORDER_STATES, p('state'))),
      labelled('Due (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'order.escalated': (p) => ({
    subject: `An order needs operations: ${p('productName')}`,
    body: ['The provider has been implementing an order for a long time. Please get in touch with both sides.'],
  }),
  'order.refunded': (p) => ({
    subject: `Order refunded: ${p('productName')}`,
    body: [`${yuan(p('amountFen'))} has gone back the way it was paid.`],
  }),
  'order.refund_waits': (p) => ({
    subject: `Refund waits for an invoice: ${p('productName')}`,
    body: [
      `${yuan(p('amountFen'))} go back as soon as the invoice of the order is withdrawn, void or returned.`,
      labelled('Invoice: ', p('invoiceId')),
    ],
  }),
  'order.payment_returned': (p) => ({
    subject: `Payment sent back: ${p('productName')}`,
    body: [
      `A payment of ${yuan(p('amountFen'))} could not be taken for the order and has been sent back.`,
      reason(wordOf(REFUND_REASONS, p('reason'))),
    ],
  }),
  'order.refund_refused': (p) => ({
    subject: `Refund not owed: ${p('productName')}`,
    body: [
      `A refund of ${yuan(p('amountFen'))} was asked for that the system does not know as owed. Nothing was sent, and the order waits; please look into it.`,
      labelled('Refunded because: ', wordOf(REFUND_REASONS, p('reason'))),
    ],
  }),
  'order.refund_stuck': (p) => ({
    subject: `Refund not done: ${p('productName')}`,
    body: [
      `The payment channel keeps not taking a refund of ${yuan(p('amountFen'))}. It is being retried; please look into it.`,
      labelled('Refunded because: ', wordOf(REFUND_REASONS, p('reason'))),
    ],
  }),
  'instance.created': (p) => ({
    subject: `Your instance is ready: ${p('productName')}`,
    body: [
      'The instance is ready; where to log in is shown with it.',
      labelled('Instance: ', p('instanceId')),
      labelled('Ends (Shanghai time): ', shanghaiTime(p('expiresAt'))),
    ],
  }),
  'instance.renewed': (p) => ({
    subject: `The end of your instance has changed: ${p('productName')}`,
    body: [labelled('Instance: ', p('instanceId')), labelled('Ends (Shanghai time): ', shanghaiTime(p('expiresAt')))],
  }),
  'instance.changed': (p) => ({
    subject: `The spec of your instance has changed: ${p('productName')}`,
    body: [labelled('Instance: ', p('instanceId')), labelled('Ends (Shanghai time): ', shanghaiTime(p('expiresAt')))],
  }),
  'instance.expired': (p) => ({
    subject: `Your instance has expired: ${p('productName')}`,
    body: [
      'The instance has expired. Renew it to go on using it; without renewal it will be destroyed.',
      labelled('Instance: ', p('instanceId')),
    ],
  }),
  'instance.destroyed': (p) => ({
    subject: `Your instance is destroyed: ${p('productName')}`,
    body: ['The instance is destroyed; what was in it cannot be restored.', labelled('Instance: ', p('instanceId'))],
  }),
  'instance.delayed': (p) => ({
    subject: `A delivery URL does not answer as it should: ${p('productName')}`,
    body: [
      'The provider’s side has given no usable answer for a long time; the call is tried again.',
      labelled('Call: ', p('call')),
      labelled('Instance: ', p('instanceId')),
    ],
  }),
  'coupon.claimed_out': (p) => ({
    subject: `Coupon claimed out: ${p('title')}`,
    body: ['The last one of the coupon has been claimed. Those claimed stay usable within its validity.'],
  }),
};
