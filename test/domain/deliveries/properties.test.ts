import fc from 'fast-check';
import { OPERATIONS, type Operation } from '../../../domain/deliveries/commands';
import { type Deadline, nextDeadline } from '../../../domain/deliveries/deadlines';
import { allowedActions, allowedRulings, judge } from '../../../domain/deliveries/rules';
import {
  type DeliveryState,
  type Flow,
  isClosed,
  newDelivery,
  RULINGS,
  STAGES,
} from '../../../domain/deliveries/state';
import { applyCommand, passDeadline } from '../../../domain/deliveries/transitions';
import { pauseClock } from '../../../domain/shared/clock';
import { asOf, type DeadlineRules } from '../../../domain/shared/deadlines';
import { command } from '../../factories/commands';
import { days, PAID_FEN, POLICY, T0 } from '../../factories/states';
import { ReferenceDelivery } from './reference';

/** How time changes a delivery under the usual policies. */
const RULES: DeadlineRules<DeliveryState, Deadline> = {
  nextDeadline: (state) => nextDeadline(state, POLICY),
  passDeadline: (state, deadline, nowMs) => passDeadline(state, deadline, POLICY, nowMs),
};

/** One step of a walk: time passes, or somebody tries something; mostly something that is allowed. */
type Step = { waitMs: number } | { pick: number; ruling: number; refundFen: number | null } | { attempt: Operation };
type Walk = { flow: Flow; steps: Step[] };

const waitMs = fc.oneof(
  fc.constantFrom(1, days(1) / 24, days(1), days(3), days(5) - 1, days(5), days(8), days(15), days(29), days(30) + 1),
  fc.nat(days(40)),
);
const refundFen = fc.option(fc.integer({ min: -1, max: PAID_FEN + 1 }), { nil: null });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ waitMs }) },
  { weight: 6, arbitrary: fc.record({ pick: fc.nat(1_000), ruling: fc.nat(4), refundFen }) },
  { weight: 1, arbitrary: fc.record({ attempt: fc.constantFrom(...OPERATIONS) }) },
);
const walk: fc.Arbitrary<Walk> = fc.record({
  flow: fc.constantFrom('standard', 'self_operated'),
  steps: fc.array(step, { maxLength: 80, size: 'max' }),
});

/** Where a walk has come to. */
type Place = { state: DeliveryState; nowMs: number; reference: ReferenceDelivery };

/** Quarrels are taken more often than they come: most walks would be over before the third rejection. */
const isQuarrel = (action: Operation) => /reject|appeals|return/.test(action);

function commandOf(state: DeliveryState, taken: Exclude<Step, { waitMs: number }>) {
  const appealId = state.appeal?.id ?? 'apl_next';
  if ('attempt' in taken) return command(taken.attempt, { appealId });
  const allowed = allowedActions(state, POLICY).flatMap((action) =>
    isQuarrel(action) ? [action, action, action] : action,
  );
  const action = allowed[taken.pick % allowed.length] ?? 'buyer.requirement';
  const rulings = allowedRulings(state);
  const ruling = rulings[taken.ruling % rulings.length] ?? 'resume';
  return command(action, { appealId, ruling, refundFen: ruling === 'cancel_and_refund' ? taken.refundFen : null });
}

/** A new appeal gets its target from the calendar, which is outside the rules. */
function withTarget(state: DeliveryState, nowMs: number): DeliveryState {
  if (state.appeal === null || state.appeal.due !== null) return state;
  const due = { atMs: nowMs + days(3), calendarVersion: 'test', provisional: false };
  return { ...state, appeal: { ...state.appeal, due } };
}

/** Walks, and shows every place on the way. */
function follow({ flow, steps }: Walk, visit: (place: Place) => void): void {
  const reference = new ReferenceDelivery(flow, T0);
  let state = newDelivery(flow, T0);
  let nowMs = T0;
  visit({ state, nowMs, reference });
  for (const taken of steps) {
    if ('waitMs' in taken) {
      nowMs += taken.waitMs;
      state = asOf(state, RULES, nowMs);
      reference.settle(nowMs);
    } else {
      const sent = commandOf(state, taken);
      if (judge(state, sent, POLICY, PAID_FEN) === null) {
        state = withTarget(applyCommand(state, sent, POLICY, nowMs).state, nowMs);
        reference.write(sent.action, nowMs, 'ruling' in sent ? sent.ruling : 'resume');
      }
    }
    visit({ state, nowMs, reference });
  }
}

/** Checks something at every place of many walks. */
function everywhere(check: (place: Place) => void, runs = 200): void {
  fc.assert(
    fc.property(walk, (way) => follow(way, check)),
    { numRuns: runs },
  );
}

describe('DLV-2 … DLV-13: whatever people do and however long they wait, the rules hold', () => {
  test('the walks get about: every stage, operation, ground and outcome', () => {
    const seen = new Set<string>();
    everywhere(({ state }) => {
      seen
        .add(state.stage)
        .add(`${state.outcome}`)
        .add(`frozen in ${state.appeal && state.stage}`);
      for (const ground of state.appeal?.grounds ?? []) seen.add(ground);
      for (const action of allowedActions(state, POLICY)) seen.add(action);
    }, 1_000);
    const grounds = ['stall', 'requirement_rejections', 'acceptance_rejections'];
    const outcomes = ['accepted', 'auto_accepted', 'accepted_by_ruling', 'cancelled_and_refunded'];
    expect([...seen]).toEqual(expect.arrayContaining([...STAGES, ...OPERATIONS, ...grounds, ...outcomes]));
    for (const stage of ['awaiting_requirement', 'awaiting_requirement_confirmation', 'implementing']) {
      expect(seen).toContain(`frozen in ${stage}`);
    }
    expect(seen).toContain('frozen in awaiting_acceptance');
  });

  test('stage, freeze and counters are what a simple record of them says', () => {
    everywhere(({ state, reference }) => {
      expect(state).toMatchObject({
        stage: reference.now.stage,
        requirementRejections: reference.requirementRejections,
        acceptanceRejections: reference.acceptanceRejections,
      });
      expect(state.appeal !== null).toBe(reference.now.frozen);
    });
  });

  test('the clocks show the sum of the times that count (DLV-11, ORD-3)', () => {
    everywhere(({ state, nowMs, reference }) => {
      if (isClosed(state)) return;
      expect(pauseClock(state.stageClock, nowMs).elapsedMs).toBe(reference.timeInStage(nowMs));
      expect(pauseClock(state.startClock, nowMs).elapsedMs).toBe(reference.timeToStart(nowMs));
    });
  });

  test('every deadline that has passed in a stage is recorded, once (GEN-4)', () => {
    everywhere(({ state, nowMs, reference }) => {
      if (isClosed(state)) return;
      expect(state.passed.filter((name) => name !== 'appeal_target')).toEqual(reference.noted(nowMs));
      expect(state.stalled).toBe(reference.noted(nowMs).includes('provider_stall'));
      expect(state.appeal?.escalated ?? false).toBe(reference.timeFrozen(nowMs) >= days(3));
    });
  });

  test('what is listed as allowed is what is judged legal (DLV-13)', () => {
    everywhere(({ state }) => {
      const appealId = state.appeal?.id ?? 'apl_next';
      const legal = OPERATIONS.filter(
        (action) => judge(state, command(action, { appealId }), POLICY, PAID_FEN) === null,
      );
      expect(legal).toEqual(allowedActions(state, POLICY));
    });
  });

  test('frozen, only operations can act, and both sides can only give evidence (DLV-9, DLV-10)', () => {
    everywhere(({ state }) => {
      const isFrozen = state.appeal !== null;
      const allowed = allowedActions(state, POLICY);
      expect(isFrozen ? allowed : allowed.includes('ops.resolve')).toEqual(isFrozen ? ['ops.resolve'] : false);
      const evidence = (['buyer.evidence', 'provider.evidence'] as const).filter((action) => {
        const sent = command(action, { appealId: state.appeal?.id ?? 'apl_next' });
        return judge(state, sent, POLICY, PAID_FEN) === null;
      });
      expect(evidence).toHaveLength(isFrozen ? 2 : 0);
    });
  });

  test('a ruling is possible exactly where it is listed (DLV-10)', () => {
    everywhere(({ state }) => {
      const possible = RULINGS.filter((ruling) => {
        const sent = command('ops.resolve', { appealId: state.appeal?.id ?? 'apl_next', ruling });
        return judge(state, sent, POLICY, PAID_FEN) === null;
      });
      expect(possible).toEqual(allowedRulings(state));
    });
  });

  test('nothing but a cancelled delivery gives money back, and never more than was paid', () => {
    everywhere(({ state }) => {
      if (state.refundFen === null) return;
      expect(state.stage).toBe('cancelled');
      expect(state.refundFen).toBeGreaterThanOrEqual(1);
      expect(state.refundFen).toBeLessThanOrEqual(PAID_FEN);
    });
  });

  test('the state is plain JSON: what is stored and read again is the same', () => {
    everywhere(({ state }) => expect(JSON.parse(JSON.stringify(state))).toEqual(state));
  });

  test('the rules change no state they are given', () => {
    everywhere(({ state, nowMs }) => {
      const before = JSON.stringify(state);
      asOf(state, RULES, nowMs + days(100));
      for (const action of allowedActions(state, POLICY)) {
        applyCommand(state, command(action, { appealId: state.appeal?.id ?? 'apl_next' }), POLICY, nowMs);
      }
      expect(JSON.stringify(state)).toBe(before);
    }, 100);
  });
});

describe('GEN-4: the state as of an instant is the state with its deadlines passed one by one', () => {
  /** Passes what is due by an instant, one deadline after the other, each at its own time. */
  function oneByOne(state: DeliveryState, nowMs: number): DeliveryState {
    const due = nextDeadline(state, POLICY);
    if (due === undefined || due.atMs > nowMs) return state;
    return oneByOne(passDeadline(state, due, POLICY, due.atMs).state, nowMs);
  }
  /** A delivery that was cancelled late has waited a little longer for its start; nobody looks at that any more. */
  const apartFromEndedClock = (state: DeliveryState) => ({
    ...state,
    startClock: isClosed(state) ? null : state.startClock,
  });

  test('whenever it is asked for', () => {
    everywhere(({ state, nowMs }) => {
      for (const laterMs of [0, days(1), days(5), days(15), days(30), days(95)]) {
        const then = nowMs + laterMs;
        expect(apartFromEndedClock(asOf(state, RULES, then))).toEqual(apartFromEndedClock(oneByOne(state, then)));
      }
    }, 100);
  });

  test('asking twice, or in between, makes no difference', () => {
    everywhere(({ state, nowMs }) => {
      const [soon, late] = [asOf(state, RULES, nowMs + days(5)), asOf(state, RULES, nowMs + days(31))];
      expect(asOf(late, RULES, nowMs + days(31))).toEqual(late);
      expect(apartFromEndedClock(asOf(soon, RULES, nowMs + days(31)))).toEqual(apartFromEndedClock(late));
    }, 100);
  });
});
