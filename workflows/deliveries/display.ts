import { deadlines, nextDeadline, RESPONSIBLE_ROLES } from '../../domain/deliveries/deadlines';
import { allowedActions } from '../../domain/deliveries/rules';
import { type DeliveryState, isClosed, isFrozen } from '../../domain/deliveries/state';
import type { DeliveryPolicy } from '../../domain/policies/catalogue';
import { DUE_AT, FROZEN, PROVIDER_ID, STAGE } from '../shared/search-attributes';

const dueAtOf = (state: DeliveryState, policy: DeliveryPolicy): number | null =>
  nextDeadline(state, policy)?.atMs ?? null;

/**
 * The search attributes that a step changes, so that an upsert is made only for a change. A closed delivery is shown by
 * the workflow's own status and result; an upsert more would only cost an event.
 */
export function changedAttributes(before: DeliveryState | null, after: DeliveryState, policy: DeliveryPolicy) {
  if (before === null || isClosed(after)) return [];
  const dueAtMs = dueAtOf(after, policy);
  const frozen = isFrozen(after);
  return [
    ...(after.stage === before.stage ? [] : [{ key: STAGE, value: after.stage }]),
    ...(frozen === isFrozen(before) ? [] : [{ key: FROZEN, value: frozen }]),
    ...(dueAtMs === dueAtOf(before, policy)
      ? []
      : [{ key: DUE_AT, value: dueAtMs === null ? null : new Date(dueAtMs) }]),
  ];
}

/** The search attributes a delivery starts with. */
export function initialSearchAttributes(input: { providerId: string }, state: DeliveryState, policy: DeliveryPolicy) {
  const dueAtMs = dueAtOf(state, policy);
  return [
    { key: PROVIDER_ID, value: input.providerId },
    { key: STAGE, value: state.stage },
    { key: FROZEN, value: false },
    ...(dueAtMs === null ? [] : [{ key: DUE_AT, value: new Date(dueAtMs) }]),
  ];
}

const words = (name: string) => name.replaceAll('_', ' ');

/** What operations read in the Temporal UI: the stage, who has to act, what the next deadlines will do. */
export function describeDelivery(state: DeliveryState, policy: DeliveryPolicy): string {
  if (isClosed(state)) return `**${state.stage}**: ${words(state.outcome ?? '')}`;
  const { appeal, refund } = state;
  const running = deadlines(state, policy).map(
    ({ name, atMs, outcome }) => `- ${new Date(atMs).toISOString()} ${words(name)} → ${words(outcome)}`,
  );
  return [
    `**${words(state.stage)}**${appeal === null ? '' : ` — frozen by appeal ${appeal.id} of the ${appeal.openedBy}`}${refund ? ` — waits for refund ${refund.id}` : ''}`,
    `To act: ${appeal === null ? RESPONSIBLE_ROLES[state.stage].join(', ') : 'ops'}`,
    `Possible now: ${allowedActions(state, policy).join(', ') || 'nothing'}`,
    `Rejections: requirement ${state.requirementRejections}, acceptance ${state.acceptanceRejections}`,
    'If nobody acts, next first (UTC):',
    running.join('\n'),
  ].join('\n\n');
}
