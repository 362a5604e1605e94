import { REFUND_OPERATIONS, type RefundOperation } from '../../../domain/refunds/commands';
import { nextRefundDeadline, type RefundDeadline, type RefundOutcome } from '../../../domain/refunds/deadlines';
import { FULL_REFUND_REASONS, NO_FULL_REFUND_REASONS } from '../../../domain/refunds/reasons';
import { allowedRefundActions, judgeNewAmount, judgeRefund } from '../../../domain/refunds/rules';
import { isOpen, isOver, isSending, REFUND_STAGES, type RefundState, reservedFen } from '../../../domain/refunds/state';
import { answered, applyRefundCommand, begun, passRefundDeadline, released } from '../../../domain/refunds/transitions';
import { asOf } from '../../../domain/shared/deadlines';
import { REFUND_POLICY, refundCommand, refundState } from '../../factories/refunds';
import { days, T0 } from '../../factories/states';

type Way = RefundOperation | RefundOutcome | 'refunded' | 'failed' | 'released';
type Node = { state: RefundState; nowMs: number; ways: Way[] };

/** Two states that differ by instants and attempts only are one. */
const keyOf = ({ enteredAtMs: _, attempt: _attempt, ...rest }: RefundState) => JSON.stringify(rest);

/** What is filled in where steps are stored: an execution may have to wait for an invoice. */
const stored = (state: RefundState): RefundState[] =>
  state.waitsFor === null ? [[], ['invoice' as const]].map((waitsFor) => ({ ...state, waitsFor })) : [state];

function waysOf({ state, nowMs }: Node): { way: Way; state: RefundState; nowMs: number }[] {
  const operated = allowedRefundActions(state).map((way) => {
    const command = refundCommand(way, state.failure === null ? 400 : (state.approvedFen ?? 0));
    expect(judgeRefund(state, command)).toBeNull();
    return { way, state: applyRefundCommand(state, command, nowMs).state, nowMs };
  });
  const due = nextRefundDeadline(state, REFUND_POLICY);
  const passed = due
    ? [{ way: due.outcome, state: passRefundDeadline(state, due, due.atMs).state, nowMs: due.atMs }]
    : [];
  const sent = isSending(state)
    ? (['refunded', 'failed'] as const).map((status) => {
        const answer = status === 'refunded' ? { status, channelRefundId: 'chr_1' } : { status, reason: 'closed' };
        return { way: status, state: answered(state, answer, nowMs)?.state ?? state, nowMs };
      })
    : [];
  const free = released(state, nowMs);
  return [...operated, ...passed, ...sent, ...(free ? [{ way: 'released' as const, state: free.state, nowMs }] : [])];
}

function explore(): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const own = begun({ initiatedBy: 'provider', reasonCode: 'other', amountFen: 1_000 }, '', T0).state;
  const first = [refundState(), refundState({ noReason: true }), ...stored(own)];
  const queue: Node[] = first.map((state) => ({ state, nowMs: T0, ways: [] }));
  for (let node = queue.pop(); node; node = queue.pop()) {
    if (nodes.has(keyOf(node.state))) continue;
    nodes.set(keyOf(node.state), node);
    for (const { way, state, nowMs } of waysOf(node)) {
      node.ways.push(way);
      for (const next of stored(state)) queue.push({ state: next, nowMs, ways: [] });
    }
  }
  return nodes;
}
const nodes = [...explore().values()];

describe('RFD: the states of a refund, explored to the last', () => {
  test('every state is reached, and every operation is possible somewhere', () => {
    expect(new Set(nodes.map(({ state }) => state.stage))).toEqual(new Set(REFUND_STAGES));
    const ways = new Set(nodes.flatMap((node) => node.ways));
    for (const operation of REFUND_OPERATIONS) expect(ways).toContain(operation);
  });

  test('no state is without a way out, but those that are over', () => {
    for (const { state, ways } of nodes) expect([state, ways.length > 0]).toEqual([state, !isOver(state)]);
  });

  test('GEN-5: where only people can go on, a deadline runs until operations have been reminded', () => {
    for (const { state } of nodes) {
      if (isOver(state) || isSending(state) || state.passed.some((name) => name.endsWith('_3'))) continue;
      expect(nextRefundDeadline(state, REFUND_POLICY)).toBeDefined();
    }
  });

  test('what is reserved is never below nothing nor above what was asked for, and nothing once it is over', () => {
    for (const { state } of nodes) {
      expect(reservedFen(state)).toBeGreaterThanOrEqual(0);
      expect(reservedFen(state)).toBeLessThanOrEqual(state.requestedFen);
      if (isOver(state)) expect([isOpen(state), reservedFen(state)]).toEqual([false, 0]);
      if (isSending(state)) expect(reservedFen(state)).toBe(state.approvedFen);
    }
  });

  test('only a refund that the channel has sent counts as refunded', () => {
    for (const { state } of nodes) expect(state.refundedFen > 0).toBe(state.stage === 'refunded');
  });

  test('once the channel has the word nobody can stop it', () => {
    for (const { state } of nodes) if (isSending(state)) expect(allowedRefundActions(state)).toEqual([]);
  });
});

describe('RFD-2, RFD-5: who may do what', () => {
  test('within the condition the provider agrees or lets the time pass; the buyer may withdraw', () => {
    expect(allowedRefundActions(refundState({ noReason: true }))).toEqual(['buyer.withdraw', 'provider.agree']);
    expect(judgeRefund(refundState({ noReason: true }), refundCommand('provider.decline'))).toMatchObject({
      code: 'REFUND.NOT_ALLOWED',
      allowedActions: ['buyer.withdraw', 'provider.agree'],
    });
  });

  test('outside of it the provider may also offer a part or decline', () => {
    const actions = ['buyer.withdraw', 'provider.agree', 'provider.offer', 'provider.decline'];
    expect(allowedRefundActions(refundState())).toEqual(actions);
  });

  test.each([0, -1, 1_000, 1_001, 1.5, Number.NaN])('a part of 1,000 fen is not %p fen', (amountFen) => {
    expect(judgeRefund(refundState(), refundCommand('provider.offer', amountFen))).toMatchObject({
      code: 'REFUND.AMOUNT_OUT_OF_RANGE',
    });
  });

  test.each([0, -1, 1_001])('operations cannot approve %p of 1,000 fen', (amountFen) => {
    const state = refundState({ stage: 'escalated' });
    expect(judgeRefund(state, refundCommand('ops.approve', amountFen))?.code).toBe('REFUND.AMOUNT_OUT_OF_RANGE');
  });

  test('RFD-6: what the channel has refused is tried again with the same amount only', () => {
    const state = refundState({ stage: 'escalated', failure: 'closed', approvedFen: 400 });
    expect(judgeRefund(state, refundCommand('ops.approve', 399))?.code).toBe('REFUND.AMOUNT_OUT_OF_RANGE');
    expect(judgeRefund(state, refundCommand('ops.approve', 400))).toBeNull();
  });

  test('a declined refund can be taken to operations for a time, then no more', () => {
    const declined = refundState({ stage: 'declined' });
    expect(allowedRefundActions(declined)).toEqual(['buyer.escalate']);
    const due = nextRefundDeadline(declined, REFUND_POLICY);
    if (due === undefined) throw new Error('a declined refund has a deadline');
    expect(due).toMatchObject({ atMs: T0 + days(3), outcome: 'declined_for_good' });
    expect(allowedRefundActions(passRefundDeadline(declined, due, due.atMs).state)).toEqual([]);
  });
});

describe('RFD-6, RFD-7: what can be asked for', () => {
  const facts = { reasonCode: 'other', noReason: false, paidFen: 1_000, refundableFen: 700 } as const;

  test.each([
    [0, 'REFUND.AMOUNT_OUT_OF_RANGE'],
    [-5, 'REFUND.AMOUNT_OUT_OF_RANGE'],
    [701, 'REFUND.AMOUNT_OUT_OF_RANGE'],
    [0.5, 'REFUND.AMOUNT_OUT_OF_RANGE'],
    [Number.NaN, 'REFUND.AMOUNT_OUT_OF_RANGE'],
    [1, null],
    [700, null],
  ])('%p of 700 fen that are left: %p', (amountFen, code) => {
    expect(judgeNewAmount({ ...facts, amountFen })?.code ?? null).toBe(code);
  });

  test('nothing where nothing is left', () => {
    expect(judgeNewAmount({ ...facts, amountFen: 1, refundableFen: 0 })?.code).toBe('REFUND.NOT_ALLOWED');
  });

  test.each(FULL_REFUND_REASONS)('RFD-7: "%s" asks for everything', (reasonCode) => {
    expect(judgeNewAmount({ ...facts, reasonCode, refundableFen: 1_000, amountFen: 1_000 })).toBeNull();
  });

  test.each(NO_FULL_REFUND_REASONS)('RFD-7: "%s" asks for a part, but within the no-reason condition', (reasonCode) => {
    const all = { ...facts, reasonCode, refundableFen: 1_000, amountFen: 1_000 };
    expect(judgeNewAmount(all)?.code).toBe('REFUND.AMOUNT_OUT_OF_RANGE');
    expect(judgeNewAmount({ ...all, amountFen: 999 })).toBeNull();
    expect(judgeNewAmount({ ...all, noReason: true })).toBeNull();
  });
});

describe('GEN-4: deadlines on both sides of their instants', () => {
  const rules = {
    nextDeadline: (state: RefundState) => nextRefundDeadline(state, REFUND_POLICY),
    passDeadline: (state: RefundState, due: RefundDeadline, nowMs: number) => passRefundDeadline(state, due, nowMs),
  };

  test('a millisecond before each nothing has passed; at it one more has', () => {
    const names = new Set<string>();
    for (const { state } of nodes) {
      const due = nextRefundDeadline(state, REFUND_POLICY);
      if (due === undefined) continue;
      names.add(due.name);
      expect(asOf(state, rules, due.atMs - 1)).toBe(state);
      expect(asOf(state, rules, due.atMs)).toEqual(passRefundDeadline(state, due, due.atMs).state);
    }
    expect([...names].sort()).toEqual([
      ...['accept_within', 'answer_within', 'auto_execute', 'escalate_within'],
      ...['invoice_reminder_1', 'invoice_reminder_2', 'invoice_reminder_3'],
      ...['operations_reminder_1', 'operations_reminder_2', 'operations_reminder_3'],
    ]);
  });

  test.each<[string, Partial<RefundState>, RefundOperation]>([
    ['RFD-2: the buyer withdraws what the system would execute', { noReason: true }, 'buyer.withdraw'],
    ['RFD-2: the provider executes it itself', { noReason: true }, 'provider.agree'],
    ['RFD-5a: the provider declines', {}, 'provider.decline'],
    ['RFD-5a: the provider offers a part', {}, 'provider.offer'],
    ['RFD-5: the buyer accepts an offer', { stage: 'offered', offeredFen: 400 }, 'buyer.accept'],
    ['RFD-5: the buyer asks operations about a refusal', { stage: 'declined' }, 'buyer.escalate'],
  ])('%s for 3 days: until a millisecond before the end, and not at it', (_, facts, action) => {
    const judged = [T0 + days(3) - 1, T0 + days(3)].map((atMs) =>
      judgeRefund(asOf({ ...refundState(facts), waitsFor: [] }, rules, atMs), refundCommand(action)),
    );
    // What is executed by the system waits for nothing here: its money is on the way.
    const [before, after] = judged.map((refused) => refused?.code ?? null);
    expect([before, after]).toEqual([null, facts.noReason ? after : 'REFUND.NOT_ALLOWED']);
    if (facts.noReason) {
      const executing = asOf(refundState(facts), rules, T0 + days(3));
      expect(executing).toMatchObject({ stage: 'executing', approvedFen: 1_000 });
      expect(judgeRefund({ ...executing, waitsFor: [] }, refundCommand(action))?.code).toBe('REFUND.NOT_ALLOWED');
    }
  });
});
