import { type WordingOf, wordOf, yuan } from '../wording';
import { reason } from './words';

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

export const refunds: WordingOf<'refund'> = {
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
};
