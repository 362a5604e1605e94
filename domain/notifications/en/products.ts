import { labelled, shanghaiTime, type WordingOf, wordOf } from '../wording';
import { reason } from './words';

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

export const products: WordingOf<'product' | 'shop' | 'account'> = {
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
};
