import { z } from 'zod';
import type { InvoicePolicy } from '../invoices/rules';
import { GRADES, PRODUCT_TYPES } from '../products/kinds';
import { PRODUCT_OPERATIONS } from '../products/rules';
import type { RefundPolicy } from '../refunds/deadlines';
import type { ReviewPolicy } from '../reviews/rules';
import type { ReviewKind } from '../reviews/state';
import { DAY_MS, type Duration, type Elapsed, parseDuration } from './duration';

/**
 * The typed catalogue of policies (GEN-3): every duration and limit of the business with
 * its default. An override file may replace any value; what it cannot do is name an unknown key.
 */

/** A duration in either unit: elapsed time or Chinese working days. */
const duration = z.string().transform((text, context): Duration => {
  try {
    return parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is not a duration' });
    return z.NEVER;
  }
});

/** A duration that runs on a clock, where counting working days would have no meaning. */
const elapsed = duration.transform((value, context): Elapsed => {
  if (value.kind === 'elapsed') return value;
  context.addIssue({ code: 'custom', message: 'must not be in working days' });
  return z.NEVER;
});

/** Instants after something began: at least one (GEN-5), each later than the one before. */
const instantsAfter = z
  .array(elapsed)
  .min(1)
  .refine((list) => isRising(list.map(({ ms }) => ms)), 'must go from the shortest to the longest, none twice');

/** Instants before something ends: at least one (GEN-5), each closer to the end. */
const instantsBefore = z
  .array(elapsed)
  .min(1)
  .refine((list) => isRising(list.map(({ ms }) => -ms)), 'must go from the longest to the shortest, none twice');

const MESSAGES_SHOWN_MS = 30 * DAY_MS;
/** Nobody is absent after a long holiday. */
const ABSENT_AT_LEAST_MS = 30 * DAY_MS;

const count = z.int().min(1).max(1_000);
const basisPoints = z.int().min(0).max(10_000);
const amountFen = z.int().min(0);
const workingDayRange = z
  .tuple([count, count])
  .refine(([from, to]) => from <= to, 'must be [from, to] with from not above to');
const feeByCategory = z
  .record(z.string().min(1), amountFen)
  .refine((tiers) => Object.hasOwn(tiers, '*'), 'needs "*", the tier of every category not named');
const productOperation = z.enum(PRODUCT_OPERATIONS);

/** The platform's share (WDR-1): the last row that fits an order counts, so that exceptions follow the rule. */
const feeTable = z
  .array(
    z.strictObject({
      basisPoints,
      productType: z.enum(PRODUCT_TYPES).optional(),
      grade: z.enum(GRADES).optional(),
      /** The first day in Shanghai on which it holds. */
      from: z.iso.date().optional(),
    }),
  )
  .refine(
    ([first]) => first !== undefined && Object.keys(first).length === 1,
    'must begin with {"basisPoints": …}, the share of every order that no other row is for',
  );
export type FeeTable = z.infer<typeof feeTable>;

const catalogue = z.strictObject({
  'shop.reviewTarget': duration.prefault('7 working days'),
  'shop.bestSellersMax': count.default(6),
  'product.reviewTarget': duration.prefault('7 working days'),
  'product.reviewed': z
    .array(productOperation)
    .refine((list) => new Set(list).size === list.length, 'must not name an operation twice')
    .default(['publish', 'modify', 'relist', 'upgrade']),

  'product.securityCheckTarget': duration.prefault('3 working days'),
  'account.ticketTarget': duration.prefault('3 working days'),

  'delivery.providerStall': elapsed.prefault('5 days'),
  'delivery.requirementRejections': count.default(3),
  'delivery.acceptanceRejections': count.default(3),
  'delivery.autoAcceptAfter': elapsed.prefault('30 days'),
  'delivery.appealTarget': duration.prefault('3 working days'),
  'delivery.providerReminders': instantsAfter.prefault(['3 days', '5 days']),
  'delivery.acceptanceReminders': instantsBefore.prefault(['7 days', '3 days', '1 day']),
  'delivery.requirementReminders': instantsAfter.prefault(['3 days', '7 days', '30 days']),
  'delivery.requirementTaskAfter': elapsed.prefault('90 days'),
  'delivery.implementingEscalations': instantsAfter.prefault(['15 days', '30 days']),
  'delivery.operationsReminders': instantsAfter.prefault(['1 day', '3 days', '7 days']),

  'order.startWithin': elapsed.prefault('15 days'),
  'order.autoConfirmAfter': elapsed.prefault('15 days'),
  'order.payWithin': elapsed.prefault('72 hours'),

  'instance.destroyAfter': elapsed.prefault('7 days'),
  // When operations look at a call that a provider's side does not answer, or answers with "not ready".
  'instance.unansweredAfter': elapsed.prefault('1 hour'),
  'invoice.issueWithin': duration.prefault('10 working days'),
  'invoice.issueReminderBefore': elapsed.prefault('3 days'),
  'invoice.receiptReminderAfter': elapsed.prefault('7 days'),
  'invoice.autoConfirmAfter': elapsed.prefault('15 days'),
  'invoice.returnReminderAfter': elapsed.prefault('3 days'),
  'invoice.returnWithin': elapsed.prefault('7 days'),

  'refund.autoExecuteAfter': elapsed.prefault('3 days'),
  'refund.noReasonDays': count.default(5),
  'refund.answerWithin': elapsed.prefault('3 days'),
  'refund.buyerAnswerWithin': elapsed.prefault('3 days'),
  'refund.operationsReminders': instantsAfter.prefault(['1 day', '3 days', '7 days']),
  'refund.invoiceReminders': instantsAfter.prefault(['3 days', '7 days', '30 days']),

  'deposit.requiredFen': feeByCategory.default({ '*': 500_000 }),
  'deposit.refundTarget': duration.prefault('45 days'),
  'fee.table': feeTable.default([
    { basisPoints: 1_000 },
    { basisPoints: 300, productType: 'api', grade: 'bazaar', from: '2023-01-01' },
  ]),
  // How long money may be held after its order has ended, or without any, before it is a task of operations.
  'ledger.clearingOpenFor': elapsed.prefault('3 days'),
  'settlement.splitAfter': elapsed.prefault('31 days'),
  // A day every month has: the 29th would silently skip February.
  'settlement.tenpayDayOfMonth': z.int().min(1).max(28).default(3),
  'withdrawal.tencentEtaWorkingDays': workingDayRange.default([15, 25]),
  'withdrawal.bankEtaWorkingDays': workingDayRange.default([1, 2]),
  'subsidy.paymentTarget': duration.prefault('20 working days'),
  'subsidy.ordinaryInvoiceDeductionBasisPoints': basisPoints.default(600),
  'subsidy.earnedBefore': z.iso.date().default('2022-04-01'),

  'idempotency.keepFor': elapsed
    .refine(({ ms }) => ms >= DAY_MS, 'must be at least 24 hours, which clients are promised')
    .prefault('48 hours'),

  'webhook.retryFor': elapsed.prefault('3 days'),
  'webhook.secretOverlap': elapsed.prefault('24 hours'),
  'webhook.endpointsMax': count.default(10),
  // From the moment an event was delivered or given up; until then it can be sent again.
  'webhook.keepEventsFor': elapsed.prefault('90 days'),
  // Subscriptions show which groups sent something in the last 30 days.
  'notification.keepFor': elapsed
    .refine(({ ms }) => ms >= MESSAGES_SHOWN_MS, 'must be 30 days at least')
    .prefault('365 days'),
  // From when their newest token was issued: longer than tokens are valid.
  'notification.operationsAbsentAfter': elapsed
    .refine(({ ms }) => ms >= ABSENT_AT_LEAST_MS, 'must be 30 days at least')
    .prefault('90 days'),
});

/** Every policy by its dotted key: `policy['delivery.providerStall'].ms`. */
export type Policy = z.infer<typeof catalogue>;

/** The policies a delivery keeps from its start (GEN-3), as plain JSON. Times in milliseconds. */
export type DeliveryPolicy = {
  providerStallMs: number;
  requirementRejections: number;
  acceptanceRejections: number;
  autoAcceptAfterMs: number;
  startWithinMs: number;
  /** After the provider's turn began. */
  providerRemindersMs: number[];
  /** Before the automatic acceptance, the farthest first. */
  acceptanceRemindersMs: number[];
  /** After the buyer's turn to state the requirement began. */
  requirementRemindersMs: number[];
  requirementTaskAfterMs: number;
  /** After implementing began. */
  implementingEscalationsMs: number[];
  /** After the turn of operations (dispatch, platform check) began. */
  operationsRemindersMs: number[];
  appealTarget: Duration;
};

/** The policies an order keeps from its start (GEN-3), those of its delivery included. */
export type OrderPolicy = {
  payWithinMs: number;
  autoConfirmAfterMs: number;
  delivery: DeliveryPolicy;
  /** Absent of orders that were placed before instances were sold. */
  instance?: InstancePolicy;
};

/** The policies an instance keeps from its start (GEN-3). Times in milliseconds. */
export type InstancePolicy = { destroyAfterMs: number; unansweredAfterMs: number };

/**
 * Completes overrides with the defaults of the catalogue (GEN-3).
 * @param overrides the parsed JSON of a policy file: an object of dotted key to value; none by default.
 * @throws Error naming every unknown key and every bad value, for the process must then not start.
 */
export function parsePolicy(overrides: unknown = {}): Policy {
  const result = catalogue.safeParse(overrides);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => `${key}: is not a policy`)
      : [`${issue.path.join(' › ') || 'policies'}: ${issue.message}`],
  );
  throw new Error(`The policies are not usable:\n${problems.map((line) => `  ${line}`).join('\n')}`);
}

/** The snapshot a delivery carries for life (GEN-3): later policy changes do not reach it. */
export function deliveryPolicy(policy: Policy): DeliveryPolicy {
  return {
    providerStallMs: policy['delivery.providerStall'].ms,
    requirementRejections: policy['delivery.requirementRejections'],
    acceptanceRejections: policy['delivery.acceptanceRejections'],
    autoAcceptAfterMs: policy['delivery.autoAcceptAfter'].ms,
    startWithinMs: policy['order.startWithin'].ms,
    providerRemindersMs: inMs(policy['delivery.providerReminders']),
    acceptanceRemindersMs: inMs(policy['delivery.acceptanceReminders']),
    requirementRemindersMs: inMs(policy['delivery.requirementReminders']),
    requirementTaskAfterMs: policy['delivery.requirementTaskAfter'].ms,
    implementingEscalationsMs: inMs(policy['delivery.implementingEscalations']),
    operationsRemindersMs: inMs(policy['delivery.operationsReminders']),
    appealTarget: policy['delivery.appealTarget'],
  };
}

/** The snapshot a review carries for life (GEN-3). */
export function reviewPolicy(policy: Policy, kind: ReviewKind): ReviewPolicy {
  const target = {
    shop: 'shop.reviewTarget',
    product: 'product.reviewTarget',
    account: 'account.ticketTarget',
  } as const;
  return { target: policy[target[kind]], securityTarget: policy['product.securityCheckTarget'] };
}

/** The snapshot an invoice carries for life (GEN-3). */
export function invoicePolicy(policy: Policy): InvoicePolicy {
  return {
    issueWithin: policy['invoice.issueWithin'],
    remindBeforeMs: policy['invoice.issueReminderBefore'].ms,
    receiptReminderMs: policy['invoice.receiptReminderAfter'].ms,
    autoConfirmMs: policy['invoice.autoConfirmAfter'].ms,
    returnReminderMs: policy['invoice.returnReminderAfter'].ms,
    returnWithinMs: policy['invoice.returnWithin'].ms,
  };
}

/** The snapshot an order carries for life (GEN-3). */
export function orderPolicy(policy: Policy): OrderPolicy {
  return {
    payWithinMs: policy['order.payWithin'].ms,
    autoConfirmAfterMs: policy['order.autoConfirmAfter'].ms,
    delivery: deliveryPolicy(policy),
    instance: instancePolicy(policy),
  };
}

/** The snapshot an instance carries for life (GEN-3). */
export const instancePolicy = (policy: Policy): InstancePolicy => ({
  destroyAfterMs: policy['instance.destroyAfter'].ms,
  unansweredAfterMs: policy['instance.unansweredAfter'].ms,
});

/** The snapshot a refund carries for life (GEN-3). */
export function refundPolicy(policy: Policy): RefundPolicy {
  return {
    noReasonDays: policy['refund.noReasonDays'],
    autoExecuteAfterMs: policy['refund.autoExecuteAfter'].ms,
    answerWithinMs: policy['refund.answerWithin'].ms,
    buyerAnswerWithinMs: policy['refund.buyerAnswerWithin'].ms,
    operationsRemindersMs: inMs(policy['refund.operationsReminders']),
    invoiceRemindersMs: inMs(policy['refund.invoiceReminders']),
  };
}

function inMs(list: Elapsed[]): number[] {
  return list.map(({ ms }) => ms);
}

function isRising(values: number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}
