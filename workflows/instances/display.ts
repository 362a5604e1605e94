import type { InstanceState } from '../../domain/instances/state';
import { nextDeadline } from '../../domain/instances/transitions';
import type { InstancePolicy } from '../../domain/policies/catalogue';
import { DUE_AT, OVERDUE, PROVIDER_ID, STAGE } from '../shared/search-attributes';

const dueAtOf = (state: InstanceState, policy: InstancePolicy): number | null =>
  nextDeadline({ ...state, isLate: true }, policy)?.atMs ?? null;

/** The search attributes that a step changes; a destroyed instance is shown by the workflow's own status. */
export function changedAttributes(
  before: InstanceState | null,
  after: InstanceState,
  policy: InstancePolicy,
  providerId: string,
) {
  if (after.stage === 'destroyed') return [];
  const [was, is] = [before && dueAtOf(before, policy), dueAtOf(after, policy)];
  return [
    ...(before === null ? [{ key: PROVIDER_ID, value: providerId }] : []),
    ...(after.stage === before?.stage ? [] : [{ key: STAGE, value: after.stage }]),
    ...(after.isLate === (before?.isLate ?? false) ? [] : [{ key: OVERDUE, value: after.isLate }]),
    ...(is === was ? [] : [{ key: DUE_AT, value: is === null ? null : new Date(is) }]),
  ];
}

/** What operations read in the Temporal UI: how far it is, what the provider's side has not answered, and what comes next. */
export function describeInstance(state: InstanceState, policy: InstancePolicy): string {
  const [call] = state.calls;
  const due = nextDeadline(state, policy);
  const utc = (atMs: number) => `${new Date(atMs).toISOString()} (UTC)`;
  return [
    `**${state.stage}**: ${state.purchase.productName}, ${state.purchase.specName}${state.purchase.isTrial ? ' (trial)' : ''}`,
    ...(call === undefined
      ? []
      : [
          `Waiting for ${call.action} since ${utc(call.sinceMs)}${state.isLate ? ' — **operations were notified**' : ''}: see the pending activity for the last answer`,
        ]),
    ...(due === null ? [] : [`- ${utc(due.atMs)} ${due.name} → ${due.outcome.replaceAll('_', ' ')}`]),
  ].join('\n\n');
}
