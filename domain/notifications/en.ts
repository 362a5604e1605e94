import { labelled, shanghaiTime, type Wording, wordOf, wordsOf, yuan } from './wording';

const STAGES = {
  awaiting_dispatch: 'operations are to dispatch the delivery',
  awaiting_requirement: 'the buyer is to state the requirement',
  awaiting_requirement_confirmation: 'the provider is to confirm the requirement',
  implementing: 'the provider is to implement and submit for acceptance',
  awaiting_platform_check: 'operations are to check the submission',
  awaiting_acceptance: 'the buyer is to accept or reject',
};
const ROLES = { buyer: 'the buyer', provider: 'the provider', ops: 'operations' };
const GROUNDS = {
  stall: 'the provider has not acted in time',
  requirement_rejections: 'the requirement was rejected repeatedly',
  acceptance_rejections: 'the acceptance was rejected repeatedly',
};
const RULINGS = {
  resume: 'the delivery goes on where it froze',
  redo_requirement: 'the requirement is to be stated again',
  redo_implementation: 'the implementation is to be done again',
  accept: 'the delivery counts as accepted',
  cancel_and_refund: 'the delivery is cancelled and refunded',
};
const COMPLETIONS = {
  accepted: 'The buyer has accepted it.',
  auto_accepted: 'The buyer did not act within the time allowed, so it was accepted automatically.',
  accepted_by_ruling: "By the operations manager's ruling it counts as accepted.",
};
const CANCELLATIONS = {
  start_overdue: 'The provider did not start within the time allowed: the order is cancelled and refunded in full.',
  cancelled_and_refunded: 'The money goes back to the buyer.',
};
const INVOICE_OUTCOMES = {
  confirmed: 'The buyer has confirmed the receipt.',
  auto_confirmed:
    'The buyer did not confirm within the time allowed, so it counts as received. If it was not, both sides can still return it.',
};
const INVOICE_WAITS = {
  issue: 'The invoice that the buyer asked for is not mailed yet: please process it soon.',
  receipt: 'The invoice was mailed: please confirm when you have it.',
  return: 'The other side would like to return the invoice: please answer.',
};
const INVOICE_ESCALATIONS = {
  not_mailed: 'the provider has not mailed the invoice in time',
  return_unanswered: 'nobody has answered the proposal to return the invoice',
};
const ORDER_STATES = {
  awaiting_start: 'the provider is to start',
  implementing: 'the provider is to implement and say that it is done',
  awaiting_confirmation: 'the buyer is to confirm',
};
const ORDER_COMPLETIONS = {
  confirmed: 'The buyer has confirmed it.',
  auto_confirmed: 'The buyer did not act within the time allowed, so it was confirmed automatically.',
  delivered: 'What was bought can be used now; the order shows how.',
};
const REFUND_REASONS = {
  delivery_cancelled: 'the delivery was cancelled',
  order_cancelled: 'the provider did not start in time',
  order_closed: 'the order is closed',
  already_paid: 'the order had been paid already',
  wrong_channel: 'it came through another payment channel than the order says',
  wrong_amount: 'the amount is not that of the order',
  old_price: 'it was made at a price that has been changed since',
  unknown_order: 'there is no such order',
  refund_request: 'it was asked for',
};
const ESCALATIONS = {
  requirement_missing: 'the buyer has stated no requirement for a long time',
  implementing_overdue: 'the provider has been implementing for a long time',
  appeal_overdue: 'an appeal is past its target time',
};
const OPERATIONS = {
  publish: 'publish',
  modify: 'modify',
  delist: 'delist',
  relist: 'relist',
  upgrade: 'upgrade to certified',
  downgrade: 'downgrade to bazaar',
  exit: 'leave the market',
  payee: 'payee information',
  licence_number: 'business licence number',
};

const REASON_CODES = {
  service_late: 'the service is late',
  not_as_described: 'the product is not as described',
  provider_unable: 'the provider is unable to serve',
  provider_closing: 'the provider is bankrupt or changes its business',
  provider_unreachable: 'the provider cannot be reached',
  not_begun: 'the service has not begun',
  other: 'another reason',
  no_requirement_3_months: 'no requirement within 3 months of the payment',
  buyer_silent_3_months: 'the buyer has not answered for 3 months',
  requirements_added: 'requirements were added beyond what was agreed',
  buyer_legal_obstacle: 'a legal obstacle of the buyer',
  resources_spent: 'resources were spent for a change of the buyer',
};
const REFUND_ESCALATIONS = {
  buyer_asked: 'the buyer asks operations to decide',
  no_answer: 'nobody has answered within the time allowed',
};
const APPROVERS = { buyer: 'the buyer', provider: 'the provider', ops: 'operations', system: 'the system' };
const REFUND_TURNS = {
  ops: 'A refund waits for the decision of operations.',
  invoice: 'A refund waits for the invoice of its order to be withdrawn, or returned once it was mailed.',
};

const reason = (text: string) => labelled('Reason: ', text);

/** English */
export const en: Wording = {
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
  'operations.inconsistent': (p) => ({
    subject: `Stored records contradict each other: ${p('objectId')}`,
    body: [
      `What is stored of ${p('objectId')} contradicts the next step of its workflow, which has stopped. The log of the worker says what was found; the step is tried again every hour, and with every command, until the records are repaired.`,
    ],
  }),
  'operations.payments_waiting': (p) => ({
    subject: `Payments wait to be handled: ${p('objectId')}`,
    body: [
      `${p('count')} reported payments have not been handed to their orders; the oldest, for ${p('objectId')}, was received at ${shanghaiTime(p('receivedAt'))}. They are being retried. Please check that the workers and Temporal are running, and read the log of the worker.`,
    ],
  }),
  'operations.books_differ': (p) => ({
    subject: `The books differ: ${p('objectId')}`,
    body: [
      `The reconciliation of ${p('objectId')} has found ${p('count')} new differences. Please resolve each of them.`,
    ],
  }),
  'delivery.started': (p) => ({
    subject: `Delivery started: ${p('productName')}`,
    body: [
      'The order is paid and its delivery has started. The buyer is to state the requirement; a self-operated product is dispatched by operations first.',
    ],
  }),
  'delivery.dispatched': (p) => ({
    subject: `Delivery dispatched: ${p('productName')}`,
    body: ['Operations have dispatched the delivery to the provider. The buyer is to state the requirement.'],
  }),
  'delivery.requirement_submitted': (p) => ({
    subject: `Requirement submitted: ${p('productName')}`,
    body: ['The buyer has submitted the requirement. The provider is to confirm it, or to reject it with a reason.'],
  }),
  'delivery.requirement_edited': (p) => ({
    subject: `Requirement edited: ${p('productName')}`,
    body: ['The buyer has edited the requirement before it was confirmed. Its latest text is the one that counts.'],
  }),
  'delivery.requirement_confirmed': (p) => ({
    subject: `Requirement confirmed: ${p('productName')}`,
    body: ['The provider has confirmed the requirement and is implementing it.'],
  }),
  'delivery.requirement_rejected': (p) => ({
    subject: `Requirement rejected: ${p('productName')}`,
    body: ['The provider has rejected the requirement. The buyer is to edit and resubmit it.', reason(p('reason'))],
  }),
  'delivery.submitted': (p) => ({
    subject: `Implementation submitted: ${p('productName')}`,
    body: [
      'The provider has submitted the implementation. The buyer is to accept or reject it; a self-operated product is checked by operations first.',
    ],
  }),
  'delivery.check_passed': (p) => ({
    subject: `Implementation passed the check: ${p('productName')}`,
    body: ['Operations have checked the implementation. The buyer is to accept or reject it.'],
  }),
  'delivery.check_returned': (p) => ({
    subject: `Implementation sent back: ${p('productName')}`,
    body: ['Operations have sent the submission back. The provider is to go on and submit again.', reason(p('reason'))],
  }),
  'delivery.acceptance_rejected': (p) => ({
    subject: `Acceptance rejected: ${p('productName')}`,
    body: ['The buyer has rejected the acceptance. The provider is to go on and submit again.', reason(p('reason'))],
  }),
  'delivery.completed': (p) => ({
    subject: `Delivery completed: ${p('productName')}`,
    body: ['The delivery is completed.', wordOf(COMPLETIONS, p('outcome'))],
  }),
  'delivery.cancelled': (p) => ({
    subject: `Delivery cancelled: ${p('productName')}`,
    body: ['The delivery is cancelled.', wordOf(CANCELLATIONS, p('outcome'))],
  }),
  'delivery.stalled': (p) => ({
    subject: `The provider has not acted in time: ${p('productName')}`,
    body: [
      "The provider's step has lasted longer than allowed: the buyer may appeal now. Once the provider acts, this ground is gone.",
    ],
  }),
  'delivery.reminder': (p) => ({
    subject: `Reminder: ${p('productName')}`,
    body: [
      `The delivery is waiting for ${wordOf(ROLES, p('turn'))}.`,
      labelled('Now: ', wordOf(STAGES, p('of') || p('stage'))),
      labelled('Due (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'delivery.escalated': (p) => ({
    subject: `Operations needed: ${p('productName')}`,
    body: [
      'A delivery has not moved for a long time. Please get in touch with both sides.',
      reason(wordOf(ESCALATIONS, p('reason'))),
    ],
  }),
  'delivery.appeal_opened': (p) => ({
    subject: `Appeal opened: ${p('productName')}`,
    body: [
      `An appeal has been opened by ${wordOf(ROLES, p('openedBy'))}. The delivery is frozen until the operations manager has resolved it; both sides may add evidence.`,
      labelled('Grounds: ', wordsOf(GROUNDS, p('grounds'), '; ')),
      labelled('In their words: ', p('reason')),
    ],
  }),
  'delivery.appeal_evidence': (p) => ({
    subject: `New evidence in an appeal: ${p('productName')}`,
    body: ['The other side has added evidence to the appeal.'],
  }),
  'delivery.appeal_resolved': (p) => ({
    subject: `Appeal resolved: ${p('productName')}`,
    body: [
      `The operations manager has resolved the appeal: ${wordOf(RULINGS, p('ruling'))}.`,
      labelled('In their words: ', p('reason')),
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
  'refund.requested': (p) => ({
    subject: `Refund requested: ${p('productName')}`,
    body: [`${yuan(p('amountFen'))} is asked back: ${wordOf(REASON_CODES, p('reasonCode'))}.`, reason(p('reason'))],
  }),
  'refund.offered': (p) => ({
    subject: `Partial refund offered: ${p('productName')}`,
    body: [
      `The provider offers to refund ${yuan(p('amountFen'))}. Accept it, withdraw the request, or ask operations.`,
      reason(p('reason')),
    ],
  }),
  'refund.declined': (p) => ({
    subject: `Refund declined: ${p('productName')}`,
    body: ['The provider has declined the refund; the order goes on. You can ask operations.', reason(p('reason'))],
  }),
  'refund.withdrawn': (p) => ({
    subject: `Refund request withdrawn: ${p('productName')}`,
    body: ['The buyer has withdrawn the refund request; the order goes on where it was.'],
  }),
  'refund.escalated': (p) => ({
    subject: `Refund for operations to decide: ${p('productName')}`,
    body: [`Refund of ${yuan(p('amountFen'))}: ${wordOf(REFUND_ESCALATIONS, p('why'))}.`, reason(p('reason'))],
  }),
  'refund.approved': (p) => ({
    subject: `Refund approved: ${p('productName')}`,
    body: [`${yuan(p('amountFen'))} will be refunded, as approved by ${wordOf(APPROVERS, p('by'))}.`],
  }),
  'refund.rejected': (p) => ({
    subject: `Refund rejected: ${p('productName')}`,
    body: ['Operations have rejected the refund; the order goes on where it was.', reason(p('reason'))],
  }),
  'refund.refunded': (p) => ({
    subject: `Refunded: ${p('productName')}`,
    body: [`${yuan(p('amountFen'))} has gone back the way it was paid.`],
  }),
  'refund.failed': (p) => ({
    subject: `Refund failed: ${p('productName')}`,
    body: [
      `The payment channel has refused the refund of ${yuan(p('amountFen'))}: nothing was sent. Operations decide how to go on.`,
      reason(p('reason')),
    ],
  }),
  'refund.reminder': (p) => ({
    subject: `Refund waiting: ${p('productName')}`,
    body: [wordOf(REFUND_TURNS, p('turn'))],
  }),
  'shop.submitted': (p) => ({
    subject: `Shop to review: ${p('title')}`,
    body: [
      'A shop introduction was submitted. Please review it.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'shop.approved': (p) => ({
    subject: `Shop approved: ${p('title')}`,
    body: ['The shop introduction was approved and is published.'],
  }),
  'shop.rejected': (p) => ({
    subject: `Shop rejected: ${p('title')}`,
    body: [
      'The shop introduction was rejected: please correct it and submit it again. What is published stays as it is.',
      reason(p('reason')),
    ],
  }),
  'shop.overdue': (p) => ({
    subject: `Shop review overdue: ${p('title')}`,
    body: [
      'The review of a shop is past its target. Operations managers, please follow up.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'product.submitted': (p) => ({
    subject: `Product application to review (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: [
      'A product application was submitted. Please process it.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'product.security_passed': (p) => ({
    subject: `Product passed the security check (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The image product passed its security check and is now being reviewed.'],
  }),
  'product.approved': (p) => ({
    subject: `Product application approved (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The application was approved and has taken effect.'],
  }),
  'product.rejected': (p) => ({
    subject: `Product application rejected (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The application was rejected: please correct it and apply again.', reason(p('reason'))],
  }),
  'product.overdue': (p) => ({
    subject: `Product review overdue (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: [
      'A product application is past its target. Operations managers, please follow up.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'product.changed': (p) => ({
    subject: `Product application in effect (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The application has taken effect at once. Orders already placed are not touched.'],
  }),
  'account.submitted': (p) => ({
    subject: `Ticket to process (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: [
      'A provider asks for a change of its account data. Please process it.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'account.approved': (p) => ({
    subject: `Ticket approved (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The change of account data was approved and has taken effect.'],
  }),
  'account.rejected': (p) => ({
    subject: `Ticket refused (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: ['The change of account data was refused.', reason(p('reason'))],
  }),
  'account.overdue': (p) => ({
    subject: `Ticket overdue (${wordOf(OPERATIONS, p('operation'))}): ${p('title')}`,
    body: [
      'A ticket for account data is past its target. Operations managers, please follow up.',
      labelled('Target (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'invoice.requested': (p) => ({
    subject: `Invoice asked for: ${yuan(p('amountFen'))}`,
    body: [
      'The buyer asks for an invoice. Please process and mail it.',
      labelled('To be mailed by (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'invoice.withdrawn': (p) => ({
    subject: `Invoice request withdrawn: ${yuan(p('amountFen'))}`,
    body: ['The buyer has withdrawn the request: there is nothing more to do.'],
  }),
  'invoice.processing': (p) => ({
    subject: `Invoice being processed: ${yuan(p('amountFen'))}`,
    body: ['The provider is processing the invoice that you asked for.'],
  }),
  'invoice.mailed': (p) => ({
    subject: `Invoice mailed: ${yuan(p('amountFen'))}`,
    body: [
      'The provider has mailed the invoice. Please confirm when you have it.',
      labelled('Courier: ', p('courier')),
      labelled('Tracking number: ', p('trackingNumber')),
    ],
  }),
  'invoice.done': (p) => ({
    subject: `Invoice done: ${yuan(p('amountFen'))}`,
    body: [wordOf(INVOICE_OUTCOMES, p('outcome'))],
  }),
  'invoice.return_proposed': (p) => ({
    subject: `Return of an invoice proposed: ${yuan(p('amountFen'))}`,
    body: [`The invoice should be returned, says ${wordOf(ROLES, p('by'))}. Please agree, or talk to each other.`],
  }),
  'invoice.return_declined': (p) => ({
    subject: `Invoice kept: ${yuan(p('amountFen'))}`,
    body: ['The invoice is not returned and stays as it is.', reason(p('reason'))],
  }),
  'invoice.returned': (p) => ({
    subject: `Invoice returned: ${yuan(p('amountFen'))}`,
    body: ['Both sides have agreed to return the invoice; its amount can be invoiced anew.'],
  }),
  'invoice.void': (p) => ({
    subject: `Invoice void: ${yuan(p('amountFen'))}`,
    body: ['The invoice is void; its amount can be invoiced anew.', reason(p('reason'))],
  }),
  'invoice.reminder': (p) => ({
    subject: `Reminder of an invoice: ${yuan(p('amountFen'))}`,
    body: [wordOf(INVOICE_WAITS, p('of')), labelled('Due (Shanghai time): ', shanghaiTime(p('dueAt')))],
  }),
  'invoice.overdue': (p) => ({
    subject: `Invoice overdue: ${yuan(p('amountFen'))}`,
    body: [
      'The invoice was not mailed in time. Operations will follow up.',
      labelled('Was to be mailed by (Shanghai time): ', shanghaiTime(p('dueAt'))),
    ],
  }),
  'invoice.escalated': (p) => ({
    subject: `Invoice needs operations: ${yuan(p('amountFen'))}`,
    body: [labelled('Reason: ', wordOf(INVOICE_ESCALATIONS, p('reason')))],
  }),
  'coupon.claimed_out': (p) => ({
    subject: `Coupon claimed out: ${p('title')}`,
    body: ['The last one of the coupon has been claimed. Those claimed stay usable within its validity.'],
  }),
};
