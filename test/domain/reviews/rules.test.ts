import { REVIEW_OPERATIONS, type ReviewOperation } from '../../../domain/reviews/commands';
import { allowedReviewActions, LEGAL_IN, reviewDeadline } from '../../../domain/reviews/rules';
import { isDecided, newReview, REVIEW_STAGES, type ReviewStage, type ReviewState } from '../../../domain/reviews/state';
import { applyReviewCommand, passReviewTarget, submitted } from '../../../domain/reviews/transitions';

const T0 = Date.UTC(2026, 2, 2, 9);
const subject = {
  reviewId: 'app_1',
  kind: 'product',
  operation: 'publish',
  objectId: 'prd_1',
  providerId: 'prv_demo',
  title: '云备份',
} as const;
const at = (stage: ReviewStage, facts: Partial<ReviewState> = {}): ReviewState => ({
  stage,
  enteredAtMs: T0,
  due: { atMs: T0 + 1_000, calendarVersion: 'test', provisional: false },
  overdue: false,
  ...facts,
});
const after = (action: ReviewOperation, note = '') => applyReviewCommand(subject, { action, note }, T0 + 500);

describe('SHOP-2, PRD-5, PRD-6: each operation is possible at its stages', () => {
  test.each<[ReviewStage, ReviewOperation[]]>([
    ['security_check', ['provider.withdraw', 'ops.security.pass', 'ops.security.fail']],
    ['in_review', ['provider.withdraw', 'ops.approve', 'ops.reject']],
    ['approved', []],
    ['rejected', []],
    ['withdrawn', []],
  ])('%s: %j', (stage, operations) => {
    expect(allowedReviewActions(at(stage))).toEqual(operations);
    expect(isDecided(at(stage))).toBe(operations.length === 0);
  });

  test('every stage is reached from a submission, and every open one has a way out', () => {
    const reached = new Set<ReviewStage>([newReview(true, T0).stage, newReview(false, T0).stage]);
    for (const stage of reached) {
      for (const action of allowedReviewActions(at(stage))) reached.add(after(action).state.stage);
    }
    expect(reached).toEqual(new Set(REVIEW_STAGES));
    for (const operation of REVIEW_OPERATIONS) expect(LEGAL_IN[operation].length).toBeGreaterThan(0);
  });
});

describe('SHOP-2, SHOP-3, PRD-6: each command leads a review on', () => {
  test.each<[ReviewStage, ReviewOperation, ReviewStage, string | null]>([
    ['in_review', 'provider.withdraw', 'withdrawn', null],
    ['security_check', 'provider.withdraw', 'withdrawn', null],
    ['security_check', 'ops.security.pass', 'in_review', 'product.security_passed'],
    ['security_check', 'ops.security.fail', 'rejected', 'product.rejected'],
    ['in_review', 'ops.approve', 'approved', 'product.approved'],
    ['in_review', 'ops.reject', 'rejected', 'product.rejected'],
  ])('%s, %s → %s, notifying of %s', (stage, action, next, event) => {
    expect(LEGAL_IN[action]).toContain(stage);
    const { state, notices } = after(action, 'the reason');
    expect(state).toEqual({ stage: next, enteredAtMs: T0 + 500, due: null, overdue: false });
    const params = { title: '云备份', reviewId: 'app_1', operation: 'publish', productId: 'prd_1' };
    const words = event === 'product.rejected' ? { ...params, reason: 'the reason' } : params;
    expect(notices).toEqual(event === null ? [] : [{ event, to: ['provider'], params: words }]);
  });

  test('PRD-6: what is checked for security is not yet in review; both ask operations to act', () => {
    expect(submitted(subject, true, T0).state.stage).toBe('security_check');
    expect(submitted(subject, false, T0).state.stage).toBe('in_review');
    expect(submitted(subject, true, T0).notices).toMatchObject([{ event: 'product.submitted', to: ['ops'] }]);
  });
});

describe('SHOP-5: the target', () => {
  test('it runs while the review is open, until it has passed', () => {
    expect(reviewDeadline(at('security_check'))).toMatchObject({ name: 'security_check_target', atMs: T0 + 1_000 });
    expect(reviewDeadline(at('in_review'))).toMatchObject({ name: 'review_target', outcome: 'escalated_to_managers' });
    for (const stage of ['approved', 'rejected', 'withdrawn'] as const) expect(reviewDeadline(at(stage))).toBeNull();
    expect(reviewDeadline(at('in_review', { overdue: true }))).toBeNull();
    expect(reviewDeadline(at('in_review', { due: null }))).toBeNull();
  });

  test('SHOP-5: passed, managers are notified, and nothing is decided', () => {
    const late = at('in_review');
    const { state, notices } = passReviewTarget(subject, late);
    expect(state).toEqual({ ...late, overdue: true });
    expect(notices).toMatchObject([
      { event: 'product.overdue', to: ['managers'], params: { dueAt: new Date(T0 + 1_000).toISOString() } },
    ]);
    expect(allowedReviewActions(state)).toEqual(allowedReviewActions(late));
  });
});
