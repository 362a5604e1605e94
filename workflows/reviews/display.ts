import { allowedReviewActions, reviewDeadline } from '../../domain/reviews/rules';
import type { ReviewState } from '../../domain/reviews/state';
import type { ReviewSubject } from '../../domain/reviews/step';
import { DUE_AT, OVERDUE, STAGE } from '../shared/search-attributes';

/** The search attributes that a step changes, so that an upsert is made only for a change. */
export function changedAttributes(before: ReviewState | null, after: ReviewState) {
  return [
    ...(after.stage === before?.stage ? [] : [{ key: STAGE, value: after.stage }]),
    ...(after.overdue === (before?.overdue ?? false) ? [] : [{ key: OVERDUE, value: after.overdue }]),
    ...(after.due === null || after.due.atMs === before?.due?.atMs
      ? []
      : [{ key: DUE_AT, value: new Date(after.due.atMs) }]),
  ];
}

/** What operations read in the Temporal UI: what is asked for, how far it is, what is possible, and by when. */
export function describeReview({ kind, operation, title, reviewId }: ReviewSubject, state: ReviewState): string {
  const what = `**${kind} ${operation.replaceAll('_', ' ')}**: ${title} (${reviewId})`;
  const deadline = reviewDeadline(state);
  return [
    what,
    `**${state.stage.replaceAll('_', ' ')}**${state.overdue ? ' — overdue: operations managers were notified' : ''}`,
    `Possible now: ${allowedReviewActions(state).join(', ') || 'nothing'}`,
    ...(deadline === null
      ? []
      : [
          `- ${new Date(deadline.atMs).toISOString()} (UTC) ${deadline.name.replaceAll('_', ' ')} → managers are notified` +
            `${state.due?.provisional ? ' (provisional: the calendar of that year is not published)' : ''}`,
        ]),
  ].join('\n\n');
}
