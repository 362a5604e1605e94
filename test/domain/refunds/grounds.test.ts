import { monthsAfter } from '../../../domain/calendar/shanghai';
import { groundsOf, type RefundFacts } from '../../../domain/refunds/grounds';
import { days, T0 } from '../../factories/states';

const facts: RefundFacts = {
  paidAtMs: T0,
  requestedAtMs: T0 + days(1),
  requirementAtMs: null,
  confirmedAtMs: null,
  submittedAtMs: null,
  acceptedAtMs: null,
  requirementRejections: 0,
  acceptanceRejections: 0,
  buyerActedAtMs: T0,
  providerActedAtMs: null,
};
const shown = (more: Partial<RefundFacts>) => {
  const { fullRefund, noFullRefund } = groundsOf({ ...facts, ...more });
  return [...fullRefund, ...noFullRefund].filter(({ isShown }) => isShown).map(({ code }) => code);
};

describe('RFD-7: what the facts show', () => {
  test('both lists are shown whole', () => {
    const { fullRefund, noFullRefund } = groundsOf(facts);
    expect([fullRefund.length, noFullRefund.length]).toEqual([7, 5]);
  });

  test('no requirement within 3 months of the payment, to the instant', () => {
    const limit = monthsAfter(T0, 3);
    expect(shown({ requestedAtMs: limit - 1 })).toEqual(['not_begun']);
    expect(shown({ requestedAtMs: limit })).toEqual(['not_begun', 'no_requirement_3_months']);
  });

  test('a buyer who stated a requirement and is silent for 3 months, to the instant', () => {
    const acted = { requirementAtMs: T0, confirmedAtMs: T0 + days(1), buyerActedAtMs: T0 + days(2) };
    const limit = monthsAfter(T0 + days(2), 3);
    expect(shown({ ...acted, requestedAtMs: limit - 1 })).toEqual([]);
    expect(shown({ ...acted, requestedAtMs: limit })).toEqual(['buyer_silent_3_months']);
  });

  test('months are natural ones', () => {
    expect(monthsAfter(Date.UTC(2026, 10, 30, 9), 3)).toBe(Date.UTC(2027, 1, 28, 9));
    expect(monthsAfter(Date.UTC(2026, 0, 31), 3)).toBe(Date.UTC(2026, 3, 30));
    // In Shanghai it was the 30th already, and what is 28 February there is not in London.
    expect(monthsAfter(Date.UTC(2026, 10, 29, 20), 3)).toBe(Date.UTC(2027, 1, 27, 20));
  });
});
