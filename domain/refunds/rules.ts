import type { ErrorCode } from '../shared/errors';
import { REFUND_OPERATIONS, type RefundCommand, type RefundOperation } from './commands';
import { isFullRefundDue, type ReasonCode } from './reasons';
import { isSending, type RefundStage, type RefundState } from './state';

/** Where each operation is legal, as data; the guards below add the rest. A test walks this table. */
export const LEGAL_IN: Record<RefundOperation, readonly RefundStage[]> = {
  'buyer.withdraw': ['requested', 'offered', 'escalated', 'executing'],
  'buyer.accept': ['offered'],
  'buyer.escalate': ['offered', 'declined'],
  'provider.agree': ['requested', 'offered', 'escalated'],
  'provider.offer': ['requested'],
  'provider.decline': ['requested'],
  'ops.approve': ['escalated'],
  'ops.reject': ['escalated'],
};

function isAllowed(state: RefundState, operation: RefundOperation): boolean {
  if (!LEGAL_IN[operation].includes(state.stage) || isSending(state) || state.final) return false;
  switch (operation) {
    // Within the condition no reason is needed, and so none can be refused (RFD-2, RFD-5).
    case 'provider.offer':
    case 'provider.decline':
      return !state.noReason;
    // What the provider does by itself is not the buyer's to take back (RFD-8).
    case 'buyer.withdraw':
      return state.initiatedBy === 'buyer';
    // Once a channel has refused it, operations look first.
    case 'provider.agree':
      return state.failure === null;
    default:
      return true;
  }
}

/** What anybody may do now. */
export const allowedRefundActions = (state: RefundState): RefundOperation[] =>
  REFUND_OPERATIONS.filter((operation) => isAllowed(state, operation));

/** A refusal: a code of the taxonomy and a sentence that says what to do next. */
export type RefundRefusal = { code: ErrorCode; detail: string; allowedActions?: readonly string[] };

/** Whether a command is legal now; null when it is (RFD-1 … RFD-5). */
export function judgeRefund(state: RefundState, command: RefundCommand): RefundRefusal | null {
  if (!isAllowed(state, command.action)) {
    const detail = `"${command.action.replaceAll('.', ' ')}" is not possible while the refund is ${described(state)}: see allowedActions for what is.`;
    return { code: 'REFUND.NOT_ALLOWED', detail, allowedActions: allowedRefundActions(state) };
  }
  return 'amountFen' in command ? judgeAmount(state, command.action, command.amountFen) : null;
}

function described(state: RefundState): string {
  if (state.stage !== 'executing') return state.stage;
  return isSending(state) ? 'being executed' : `waiting for: ${(state.waitsFor ?? []).join(', ')}`;
}

function judgeAmount(state: RefundState, action: 'provider.offer' | 'ops.approve', fen: number): RefundRefusal | null {
  const { requestedFen, approvedFen, failure } = state;
  if (failure !== null && approvedFen !== null && fen !== approvedFen) {
    return outOfRange(`The channel knows this refund with ${approvedFen} fen: approve that, or reject it.`);
  }
  const most = action === 'provider.offer' ? requestedFen - 1 : requestedFen;
  if (Number.isSafeInteger(fen) && fen >= 1 && fen <= most) return null;
  return outOfRange(
    action === 'provider.offer'
      ? `Offer a part, between 1 and ${most} fen; to refund all ${requestedFen} fen, agree.`
      : `amountFen lies between 1 and the ${requestedFen} fen that were asked for.`,
  );
}

const outOfRange = (detail: string): RefundRefusal => ({ code: 'REFUND.AMOUNT_OUT_OF_RANGE', detail });

/** What a new refund asks for, and what there is to give back. */
export type NewRefundFacts = {
  amountFen: number;
  reasonCode: ReasonCode;
  noReason: boolean;
  /** What was paid, fen, and what of it is neither given back nor reserved. */
  paidFen: number;
  refundableFen: number;
};

/** Why a refund of that amount cannot be asked for, or null (RFD-6, RFD-7). */
export function judgeNewAmount({ amountFen, reasonCode, noReason, paidFen, refundableFen }: NewRefundFacts) {
  if (refundableFen < 1) {
    return { code: 'REFUND.NOT_ALLOWED' as const, detail: 'Nothing that was paid for the order is left to refund.' };
  }
  if (!Number.isSafeInteger(amountFen) || amountFen < 1 || amountFen > refundableFen) {
    return outOfRange(`amountFen lies between 1 and the ${refundableFen} fen that are left of the payment.`);
  }
  if (!noReason && !isFullRefundDue(reasonCode) && amountFen === paidFen) {
    return outOfRange(`No full refund is due for "${reasonCode}": ask for a part, below ${paidFen} fen.`);
  }
  return null;
}
