import { OPERATIONS, type Operation } from '../../../domain/deliveries/commands';
import { type DeadlineOutcome, nextDeadline } from '../../../domain/deliveries/deadlines';
import { allowedActions, allowedRulings } from '../../../domain/deliveries/rules';
import {
  type DeliveryState,
  type Flow,
  isClosed,
  newDelivery,
  RULINGS,
  STAGES,
} from '../../../domain/deliveries/state';
import { applyCommand, passDeadline } from '../../../domain/deliveries/transitions';
import { command, type Extras } from '../../factories/commands';
import { days, POLICY, T0 } from '../../factories/states';

/** Low limits, so that every state can be visited. */
const policy = { ...POLICY, requirementRejections: 2, acceptanceRejections: 2 };

type Node = { state: DeliveryState; nowMs: number; fresh: boolean; next: Edge[] };
type Edge = { by: Operation | 'inactivity'; ruling?: string; outcome?: DeadlineOutcome; to: string };

/** What distinguishes two states, instants left aside; counters above their limit are as good as at it. */
function keyOf(state: DeliveryState): string {
  const { stageClock: _, startClock, appeal, ...rest } = state;
  return JSON.stringify({
    ...rest,
    requirementRejections: Math.min(state.requirementRejections, policy.requirementRejections),
    acceptanceRejections: Math.min(state.acceptanceRejections, policy.acceptanceRejections),
    waitsForStart: startClock.runningSinceMs !== null,
    appeal: appeal && { grounds: appeal.grounds, escalated: appeal.escalated },
  });
}

/** What every operation that is allowed in a state makes of it; a ruling in each of its possible ways. */
function operated({ state, nowMs }: Node): { by: Operation; ruling?: string; state: DeliveryState }[] {
  return allowedActions(state, policy).flatMap((by) => {
    const wishes: Extras[] = by === 'ops.resolve' ? allowedRulings(state).map((ruling) => ({ ruling })) : [{}];
    return wishes.map((extras) => {
      const next = applyCommand(
        state,
        command(by, { appealId: state.appeal?.id ?? 'apl_1', ...extras }),
        policy,
        nowMs,
      );
      return { by, ...(extras.ruling && { ruling: extras.ruling }), state: withTarget(next.state, nowMs) };
    });
  });
}

/** A new appeal gets its target from the calendar, which is outside the rules. */
function withTarget(state: DeliveryState, nowMs: number): DeliveryState {
  if (state.appeal === null || state.appeal.due !== null) return state;
  const due = { atMs: nowMs + days(3), calendarVersion: 'test', provisional: false };
  return { ...state, appeal: { ...state.appeal, due } };
}

/** Every state that operations and inactivity lead to from a new delivery. */
function explore(flow: Flow): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const queue: Node[] = [];
  const visit = (state: DeliveryState, nowMs: number, fresh: boolean): string => {
    const key = keyOf(state);
    const known = nodes.get(key);
    if (known !== undefined) known.fresh ||= fresh;
    else {
      const node = { state, nowMs, fresh, next: [] };
      nodes.set(key, node);
      queue.push(node);
    }
    return key;
  };
  visit(newDelivery(flow, T0), T0, true);
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    for (const { state, ...edge } of operated(node)) node.next.push({ ...edge, to: visit(state, node.nowMs, true) });
    const due = nextDeadline(node.state, policy);
    if (due === undefined) continue;
    const after = passDeadline(node.state, due, policy, due.atMs).state;
    node.next.push({ by: 'inactivity', outcome: due.outcome, to: visit(after, due.atMs, false) });
  }
  return nodes;
}

const flows = { standard: explore('standard'), self_operated: explore('self_operated') };
const nodesOf = (flow: Flow) => [...flows[flow].values()];
const all = [...nodesOf('standard'), ...nodesOf('self_operated')];
const edges = all.flatMap(({ next }) => next);
const isOpen = ({ state }: Node) => !isClosed(state);

/** The keys from which some path of such edges ends the delivery. */
function endable(nodes: Map<string, Node>, follows: (edge: Edge) => boolean): Set<string> {
  const ends = new Set([...nodes].filter(([, node]) => !isOpen(node)).map(([key]) => key));
  for (let size = -1; size !== ends.size; ) {
    size = ends.size;
    for (const [key, { next }] of nodes) if (next.some((edge) => follows(edge) && ends.has(edge.to))) ends.add(key);
  }
  return ends;
}

/** What happens, in order, when nobody does anything any more. */
function outcomesWithoutActs({ state, nowMs }: Pick<Node, 'state' | 'nowMs'>): DeadlineOutcome[] {
  const due = nextDeadline(state, policy);
  if (due === undefined) return [];
  const next = passDeadline(state, due, policy, Math.max(nowMs, due.atMs)).state;
  return [due.outcome, ...outcomesWithoutActs({ state: next, nowMs: due.atMs })];
}

describe('DLV-2 … DLV-13: every stage can be reached and left', () => {
  test('each stage, by its own flow', () => {
    const stages = (flow: Flow) => new Set(nodesOf(flow).map(({ state }) => state.stage));
    const selfOperatedOnly = ['awaiting_dispatch', 'awaiting_platform_check'];
    expect(stages('self_operated')).toEqual(new Set(STAGES));
    expect(stages('standard')).toEqual(new Set(STAGES.filter((stage) => !selfOperatedOnly.includes(stage))));
  });

  test('each operation, ruling, outcome and kind of deadline happens somewhere', () => {
    expect(new Set(edges.map(({ by }) => by))).toEqual(new Set([...OPERATIONS, 'inactivity']));
    expect(new Set(edges.flatMap(({ ruling }) => ruling ?? []))).toEqual(new Set(RULINGS));
    expect(new Set(all.flatMap(({ state }) => state.outcome ?? []))).toEqual(
      new Set(['accepted', 'auto_accepted', 'accepted_by_ruling', 'cancelled_and_refunded']),
    );
    expect(new Set(edges.flatMap(({ outcome }) => outcome ?? []))).toEqual(
      new Set([
        'buyer_reminded',
        'provider_reminded',
        'operations_reminded',
        'operations_tasked',
        'escalated_to_operations',
        'buyer_may_appeal',
        'auto_accepted',
        'cancelled_and_refunded',
      ]),
    );
  });

  test.each(['standard', 'self_operated'] as const)('%s: people can bring it to its end from everywhere', (flow) => {
    const nodes = flows[flow];
    const reachEnd = endable(nodes, ({ by }) => by !== 'inactivity');
    expect([...nodes.keys()].filter((key) => !reachEnd.has(key))).toEqual([]);
  });

  test('a closed delivery knows how it ended and can be changed by nobody, an open one has no outcome', () => {
    for (const { state, next } of all) {
      expect(state.outcome === null).toBe(!isClosed(state));
      if (isClosed(state)) expect(next).toEqual([]);
    }
  });
});

describe('GEN-5: inactivity always has an outcome', () => {
  test('whatever somebody did, a deadline runs afterwards', () => {
    const stuck = all.filter((node) => isOpen(node) && node.fresh && nextDeadline(node.state, policy) === undefined);
    expect(stuck.map(({ state }) => keyOf(state))).toEqual([]);
  });

  test('if nobody does anything any more, it ends, or operations are notified', () => {
    const answers: DeadlineOutcome[] = [
      'auto_accepted',
      'cancelled_and_refunded',
      'operations_reminded',
      'operations_tasked',
      'escalated_to_operations',
    ];
    for (const node of all.filter((node) => isOpen(node) && node.fresh)) {
      expect(outcomesWithoutActs(node).some((outcome) => answers.includes(outcome))).toBe(true);
    }
  });
});
