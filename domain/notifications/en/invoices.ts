import { labelled, shanghaiTime, type WordingOf, wordOf, yuan } from '../wording';
import { ROLES, reason } from './words';

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

export const invoices: WordingOf<'invoice'> = {
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
};
