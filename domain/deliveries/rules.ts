import type { DeliveryPolicy } from '../policies/catalogue';
import type { ErrorCode } from '../shared/errors';
import { type DeliveryAction, type DeliveryCommand, OPERATIONS, type Operation } from './commands';
import { type DeliveryState, type Ground, isClosed, isFrozen, type Ruling, type Stage } from './state';

/** Where each operation is legal, as data; the guards below add the counters. A test walks this table. */
export const LEGAL_IN: Record<Operation, readonly Stage[]> = {
  'ops.dispatch': ['awaiting_dispatch'],
  'buyer.requirement': ['awaiting_requirement', 'awaiting_requirement_confirmation'],
  'provider.requirement.confirm': ['awaiting_requirement_confirmation'],
  'provider.requirement.reject': ['awaiting_requirement_confirmation'],
  'provider.implementation.submit': ['implementing'],
  'ops.check.pass': ['awaiting_platform_check'],
  'ops.check.return': ['awaiting_platform_check'],
  'buyer.acceptance.accept': ['awaiting_acceptance'],
  'buyer.acceptance.reject': ['awaiting_acceptance'],
  'buyer.appeals': ['awaiting_requirement', 'awaiting_requirement_confirmation', 'implementing', 'awaiting_acceptance'],
  'provider.appeals': ['implementing'],
  'ops.resolve': [],
};

/** A refusal: a code of the taxonomy and a sentence that says what to do next. */
export type Refusal = { code: ErrorCode; detail: string };

/** Every ground that is met now; an appeal records them all when it is opened (DLV-10). */
export function groundsMet(state: DeliveryState, policy: DeliveryPolicy): Ground[] {
  const grounds: Ground[] = [];
  if (state.stalled) grounds.push('stall');
  if (state.requirementRejections >= policy.requirementRejections) grounds.push('requirement_rejections');
  if (state.acceptanceRejections >= policy.acceptanceRejections) grounds.push('acceptance_rejections');
  return grounds;
}

/** The ground that lets the buyer appeal in each stage (DLV-6, DLV-7, DLV-8). */
const BUYER_GROUND: Partial<Record<Stage, Ground>> = {
  awaiting_requirement: 'requirement_rejections',
  awaiting_requirement_confirmation: 'stall',
  implementing: 'stall',
  awaiting_acceptance: 'acceptance_rejections',
};

function mayAppeal(state: DeliveryState, action: 'buyer.appeals' | 'provider.appeals', policy: DeliveryPolicy) {
  const needed = action === 'provider.appeals' ? 'acceptance_rejections' : BUYER_GROUND[state.stage];
  return needed !== undefined && groundsMet(state, policy).includes(needed);
}

function isAllowed(state: DeliveryState, operation: Operation, policy: DeliveryPolicy): boolean {
  if (state.appeal !== null) return operation === 'ops.resolve';
  if (isFrozen(state)) return false;
  if (!LEGAL_IN[operation].includes(state.stage)) return false;
  if (operation === 'buyer.appeals' || operation === 'provider.appeals') return mayAppeal(state, operation, policy);
  return true;
}

/** What anybody may do now, in the order of the flow (DLV-13). */
export function allowedActions(state: DeliveryState, policy: DeliveryPolicy): Operation[] {
  return OPERATIONS.filter((operation) => isAllowed(state, operation, policy));
}

/** Which rulings are possible on the open appeal (DLV-10). */
export function allowedRulings(state: DeliveryState): Ruling[] {
  if (state.appeal === null) return [];
  const rulings: Ruling[] = ['resume', 'redo_requirement'];
  if (state.requirementConfirmed) rulings.push('redo_implementation');
  if (state.submitted) rulings.push('accept');
  return [...rulings, 'cancel_and_refund'];
}

function judgeAppealCommand(state: DeliveryState, appealId: string): Refusal | null {
  if (state.appeal?.id === appealId) return null;
  return {
    code: 'APPEAL.NOT_OPEN',
    detail: 'This appeal has been resolved; nothing can be added to it or ruled on it.',
  };
}

function judgeRuling(state: DeliveryState, ruling: Ruling, refundFen: number | null, paidFen: number): Refusal | null {
  const possible = allowedRulings(state);
  if (!possible.includes(ruling)) {
    return {
      code: 'APPEAL.RULING_NOT_ALLOWED',
      detail: `The ruling "${ruling}" is not possible at this point of the delivery; choose one of: ${possible.join(', ')}.`,
    };
  }
  if (refundFen !== null && (ruling !== 'cancel_and_refund' || refundFen < 1 || refundFen > paidFen)) {
    return {
      code: 'DELIVERY.REFUND_OUT_OF_RANGE',
      detail: `refundFen goes with cancel_and_refund only and lies between 1 and the ${paidFen} fen that were paid.`,
    };
  }
  return null;
}

const words = (action: DeliveryAction) => action.replaceAll('.', ' ');

function describe(state: DeliveryState, action: DeliveryAction, policy: DeliveryPolicy): string {
  if (state.appeal !== null) {
    return `The delivery is frozen by appeal ${state.appeal.id}: nothing but its ruling by operations is possible.`;
  }
  if (state.refund)
    return `The delivery waits for refund ${state.refund.id}: it goes on when that is declined or withdrawn.`;
  if (isClosed(state)) return `The delivery is ${state.stage}: nothing more can be done to it.`;
  const now = allowedActions(state, policy).map(words).join(', ');
  return `"${words(action)}" is not possible while the delivery is ${state.stage.replaceAll('_', ' ')}; possible now: ${now}.`;
}

/**
 * Whether a command is legal now; null when it is (DLV-2 … DLV-13).
 * @param paidFen what the buyer paid for the order, the most that can be refunded
 */
export function judge(
  state: DeliveryState,
  command: DeliveryCommand,
  policy: DeliveryPolicy,
  paidFen: number,
): Refusal | null {
  switch (command.action) {
    case 'buyer.evidence':
    case 'provider.evidence':
      return judgeAppealCommand(state, command.appealId);
    case 'ops.resolve':
      return (
        judgeAppealCommand(state, command.appealId) ??
        judgeRuling(state, command.ruling, command.refundFen, paidFen - (state.refundedFen ?? 0))
      );
    default:
      if (isAllowed(state, command.action, policy)) return null;
      return { code: 'DELIVERY.NOT_ALLOWED', detail: describe(state, command.action, policy) };
  }
}
