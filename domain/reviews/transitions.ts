import type { Audience, Notice } from '../notifications/notice';
import type { Transition } from '../shared/step';
import type { ReviewCommand } from './commands';
import { newReview, type ReviewState } from './state';
import type { ReviewSubject } from './step';

/** What a step makes of a review. */
export type ReviewTransition = Transition<ReviewState>;

type Word = 'submitted' | 'approved' | 'rejected' | 'overdue';

/** What every notice about a review says of it: its object by the name of its kind, so that programs find it. */
export function noticeParams({ kind, title, reviewId, operation, objectId }: ReviewSubject): Record<string, string> {
  const object = { shop: { shopId: objectId }, product: { productId: objectId }, account: {} };
  return { title, reviewId, operation, ...object[kind] };
}

/** A notice about a review; `dueAt` is left for the activity to fill in, which alone knows the calendar. */
function notice(subject: ReviewSubject, word: Word, to: Audience[], params: Record<string, string> = {}): Notice {
  return { event: `${subject.kind}.${word}`, to, params: { ...noticeParams(subject), ...params } };
}

/** Something was submitted: operations have it to review, an image product to check for security first (PRD-6). */
export function submitted(subject: ReviewSubject, needsSecurityCheck: boolean, nowMs: number): ReviewTransition {
  return {
    state: newReview(needsSecurityCheck, nowMs),
    notices: [notice(subject, 'submitted', ['ops'], { dueAt: '' })],
  };
}

/** What a legal command makes of a review (SHOP-2, SHOP-3, PRD-5, PRD-6). */
export function applyReviewCommand(
  subject: ReviewSubject,
  { action, note }: Pick<ReviewCommand, 'action' | 'note'>,
  nowMs: number,
): ReviewTransition {
  const enter = (stage: ReviewState['stage']): ReviewState => ({
    stage,
    enteredAtMs: nowMs,
    due: null,
    overdue: false,
  });
  switch (action) {
    case 'provider.withdraw':
      return { state: enter('withdrawn'), notices: [] };
    case 'ops.security.pass': {
      const passed: Notice = { event: 'product.security_passed', to: ['provider'], params: noticeParams(subject) };
      return { state: enter('in_review'), notices: [passed] };
    }
    case 'ops.approve':
      return { state: enter('approved'), notices: [notice(subject, 'approved', ['provider'])] };
    case 'ops.security.fail':
    case 'ops.reject':
      return { state: enter('rejected'), notices: [notice(subject, 'rejected', ['provider'], { reason: note })] };
  }
}

/** The target has passed: the review is overdue, and managers are notified; it is never decided by a timer (SHOP-5). */
export function passReviewTarget(subject: ReviewSubject, state: ReviewState): ReviewTransition {
  const dueAt = new Date(state.due?.atMs ?? state.enteredAtMs).toISOString();
  return { state: { ...state, overdue: true }, notices: [notice(subject, 'overdue', ['managers'], { dueAt })] };
}
