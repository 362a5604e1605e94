import { nextRefundDeadline, type RefundPolicy, refundDeadlines } from '../../domain/refunds/deadlines';
import { allowedRefundActions } from '../../domain/refunds/rules';
import { isOver, isSending, type RefundState } from '../../domain/refunds/state';
import type { RefundTerms } from '../../domain/refunds/step';
import { DUE_AT, STAGE } from '../shared/search-attributes';

/** The search attributes that a step changes, so that an upsert is made only for a change. */
export function changedAttributes(before: RefundState | null, after: RefundState, policy: RefundPolicy) {
  if (before !== null && isOver(after)) return [];
  const dueAtMs = nextRefundDeadline(after, policy)?.atMs ?? null;
  const dueBefore = before === null ? null : (nextRefundDeadline(before, policy)?.atMs ?? null);
  return [
    ...(after.stage === before?.stage ? [] : [{ key: STAGE, value: after.stage }]),
    ...(dueAtMs === dueBefore ? [] : [{ key: DUE_AT, value: dueAtMs === null ? null : new Date(dueAtMs) }]),
  ];
}

const words = (name: string) => name.replaceAll('_', ' ');

/** What operations read in the Temporal UI: how much, of what, what it waits for, and by when. */
export function describeRefund(
  { orderId, initiatedBy }: RefundTerms,
  state: RefundState,
  policy: RefundPolicy,
): string {
  const { stage, requestedFen, approvedFen, reasonCode, noReason, waitsFor, failure } = state;
  const amount = `${approvedFen ?? requestedFen} fen of order ${orderId}`;
  const waiting = waitsFor?.length ? ` — waits for: ${waitsFor.join(', ')}` : '';
  const running = refundDeadlines(state, policy).map(
    ({ name, atMs, outcome }) => `- ${new Date(atMs).toISOString()} ${words(name)} → ${words(outcome)}`,
  );
  return [
    `**${words(stage)}**: ${amount}${isSending(state) ? ', asked of the channel' : waiting}`,
    `Asked for by the ${initiatedBy}: ${words(reasonCode)}${noReason ? ', within the no-reason condition' : ''}`,
    ...(failure === null ? [] : [`The channel refused it: ${failure}`]),
    ...(isOver(state) ? [] : [`Possible now: ${allowedRefundActions(state).join(', ') || 'nothing'}`]),
    ...(running.length === 0 ? [] : ['If nobody acts, next first (UTC):', running.join('\n')]),
  ].join('\n\n');
}
