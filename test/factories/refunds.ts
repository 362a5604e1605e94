import { parsePolicy, refundPolicy } from '../../domain/policies/catalogue';
import type { RefundCommand, RefundOperation } from '../../domain/refunds/commands';
import type { RefundState } from '../../domain/refunds/state';
import { begun } from '../../domain/refunds/transitions';
import { roleOf } from '../../domain/shared/actor';
import { ACTORS, PROVIDER, unique } from './commands';
import { T0 } from './states';

/** The policies with their defaults (GEN-3). */
export const REFUND_POLICY = refundPolicy(parsePolicy());

/** A buyer's request of 1,000 fen made at T0; `facts` are what the test is about. */
export function refundState(facts: Partial<RefundState> = {}): RefundState {
  const { state } = begun({ initiatedBy: 'buyer', reasonCode: 'other', amountFen: 1_000 }, 'too late', T0);
  return { ...state, noReason: false, ...facts };
}

/** One command as its role would send it through the API. */
export function refundCommand(action: RefundOperation, amountFen = 400, note = `note of ${action}`): RefundCommand {
  const role = roleOf(action);
  const providerId = role === 'provider' ? PROVIDER : null;
  const origin = { actorId: ACTORS[role], providerId, requestId: 'req_test', sourceIp: '127.0.0.1' };
  const common = { commandId: `cmd_${unique()}`, note, origin };
  if (action === 'provider.offer' || action === 'ops.approve') return { ...common, action, amountFen };
  return { ...common, action };
}
