import { labelled, shanghaiTime, type WordingOf, wordOf, wordsOf } from '../wording';
import { ROLES, reason } from './words';

const STAGES = {
  awaiting_dispatch: 'operations are to dispatch the delivery',
  awaiting_requirement: 'the buyer is to state the requirement',
  awaiting_requirement_confirmation: 'the provider is to confirm the requirement',
  implementing: 'the provider is to implement and submit for acceptance',
  awaiting_platform_check: 'operations are to check the submission',
  awaiting_acceptance: 'the buyer is to accept or reject',
};
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
const ESCALATIONS = {
  requirement_missing: 'the buyer has stated no requirement for a long time',
  implementing_overdue: 'the provider has been implementing for a long time',
  appeal_overdue: 'an appeal is past its target time',
};

export const deliveries: WordingOf<'delivery'> = {
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
};
