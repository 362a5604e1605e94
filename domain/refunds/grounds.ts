import { monthsAfter } from '../calendar/shanghai';
import { FULL_REFUND_REASONS, NO_FULL_REFUND_REASONS, type ReasonCode } from './reasons';

/** What happened to an order until its refund was asked for; instants in epoch ms, null where it did not happen (RFD-7). */
export type RefundFacts = {
  paidAtMs: number | null;
  requestedAtMs: number;
  requirementAtMs: number | null;
  confirmedAtMs: number | null;
  submittedAtMs: number | null;
  acceptedAtMs: number | null;
  requirementRejections: number;
  acceptanceRejections: number;
  /** The last thing that each party did; of a buyer who did nothing, the payment. */
  buyerActedAtMs: number | null;
  providerActedAtMs: number | null;
};

/** A ground, and whether the facts show it; null where they cannot, and people have to say. */
export type Ground = { code: ReasonCode; isShown: boolean | null };

const SILENT_MONTHS = 3;
const isOverdue = (sinceMs: number | null, { requestedAtMs }: RefundFacts): boolean =>
  sinceMs !== null && monthsAfter(sinceMs, SILENT_MONTHS) <= requestedAtMs;

function isShown(code: ReasonCode, facts: RefundFacts): boolean | null {
  switch (code) {
    case 'not_begun':
      return facts.confirmedAtMs === null && facts.submittedAtMs === null;
    case 'no_requirement_3_months':
      return facts.requirementAtMs === null && isOverdue(facts.paidAtMs, facts);
    case 'buyer_silent_3_months':
      return facts.requirementAtMs !== null && isOverdue(facts.buyerActedAtMs, facts);
    default:
      return null;
  }
}

/** Both lists of grounds beside what the facts show of them: what operations decide on (RFD-7). */
export const groundsOf = (facts: RefundFacts): { fullRefund: Ground[]; noFullRefund: Ground[] } => ({
  fullRefund: FULL_REFUND_REASONS.map((code) => ({ code, isShown: isShown(code, facts) })),
  noFullRefund: NO_FULL_REFUND_REASONS.map((code) => ({ code, isShown: isShown(code, facts) })),
});
