import { type Deadline, deadlines, nextDeadline } from '../../../domain/deliveries/deadlines';
import type { DeliveryState, Stage } from '../../../domain/deliveries/state';
import { passDeadline } from '../../../domain/deliveries/transitions';
import { days, frozen, inStage, POLICY, T0 } from '../../factories/states';

/** A deadline as docs/rules.md speaks of it: so many days after the stage was entered, and then what. */
const spoken = ({ name, atMs, outcome }: Deadline) => `${(atMs - T0) / days(1)}d ${name} → ${outcome}`;
const spokenDeadlines = (state: DeliveryState) => deadlines(state, POLICY).map(spoken);

/** The delivery with every deadline up to so many days after T0 passed, one after the other. */
function silentFor(state: DeliveryState, n: number): DeliveryState {
  const due = nextDeadline(state, POLICY);
  if (due === undefined || due.atMs > T0 + days(n)) return state;
  return silentFor(passDeadline(state, due, POLICY, due.atMs).state, n);
}

describe('DLV-6, DLV-11, DLV-13, ORD-3: the deadlines of each stage', () => {
  test.each<{ stage: Stage; expected: string[] }>([
    {
      stage: 'awaiting_dispatch',
      expected: [
        '1d operations_reminder_1 → operations_reminded',
        '3d operations_reminder_2 → operations_reminded',
        '7d operations_reminder_3 → operations_reminded',
      ],
    },
    {
      stage: 'awaiting_requirement',
      expected: [
        '3d buyer_reminder_1 → buyer_reminded',
        '7d buyer_reminder_2 → buyer_reminded',
        '30d buyer_reminder_3 → buyer_reminded',
        '90d requirement_missing → operations_tasked',
      ],
    },
    {
      stage: 'awaiting_requirement_confirmation',
      expected: [
        '3d provider_reminder_1 → provider_reminded',
        '5d provider_reminder_2 → provider_reminded',
        '5d provider_stall → buyer_may_appeal',
        '15d start_within → cancelled_and_refunded',
      ],
    },
    {
      stage: 'implementing',
      expected: [
        '3d provider_reminder_1 → provider_reminded',
        '5d provider_reminder_2 → provider_reminded',
        '5d provider_stall → buyer_may_appeal',
        '15d implementing_overdue_1 → escalated_to_operations',
        '30d implementing_overdue_2 → escalated_to_operations',
      ],
    },
    {
      stage: 'awaiting_platform_check',
      expected: [
        '1d operations_reminder_1 → operations_reminded',
        '3d operations_reminder_2 → operations_reminded',
        '7d operations_reminder_3 → operations_reminded',
      ],
    },
    {
      stage: 'awaiting_acceptance',
      expected: [
        '23d buyer_reminder_1 → buyer_reminded',
        '27d buyer_reminder_2 → buyer_reminded',
        '29d buyer_reminder_3 → buyer_reminded',
        '30d auto_accept → auto_accepted',
      ],
    },
    { stage: 'completed', expected: [] },
    { stage: 'cancelled', expected: [] },
  ])('$stage', ({ stage, expected }) => {
    const state = inStage(stage, stage === 'completed' || stage === 'cancelled' ? { outcome: 'accepted' } : {});
    expect(spokenDeadlines(state)).toEqual(expected);
    expect(nextDeadline(state, POLICY)).toEqual(deadlines(state, POLICY)[0]);
  });

  test('GEN-4: each says who can stop it', () => {
    const stoppers = (stage: Stage) => new Set(deadlines(inStage(stage), POLICY).flatMap((d) => d.stoppableBy));
    expect(stoppers('awaiting_dispatch')).toEqual(new Set(['ops']));
    expect(stoppers('awaiting_requirement')).toEqual(new Set(['buyer']));
    expect(stoppers('awaiting_requirement_confirmation')).toEqual(new Set(['provider']));
    expect(stoppers('implementing')).toEqual(new Set(['provider']));
    expect(stoppers('awaiting_platform_check')).toEqual(new Set(['ops']));
    expect(stoppers('awaiting_acceptance')).toEqual(new Set(['buyer']));
  });

  test('a deadline that has passed does not come again', () => {
    expect(spokenDeadlines(silentFor(inStage('implementing'), 5))).toEqual([
      '15d implementing_overdue_1 → escalated_to_operations',
      '30d implementing_overdue_2 → escalated_to_operations',
    ]);
    expect(spokenDeadlines(silentFor(inStage('implementing'), 40))).toEqual([]);
  });

  test('a reminder that would lie before the stage began is left out, the acceptance itself never', () => {
    const short = { ...POLICY, autoAcceptAfterMs: days(2) };
    expect(deadlines(inStage('awaiting_acceptance'), short).map(spoken)).toEqual([
      '1d buyer_reminder_1 → buyer_reminded',
      '2d auto_accept → auto_accepted',
    ]);
  });
});

describe('DLV-9, DLV-10: a frozen delivery has one deadline, the target of its ruling', () => {
  test.each([
    'awaiting_requirement',
    'awaiting_requirement_confirmation',
    'implementing',
    'awaiting_acceptance',
  ] as const)('%s', (stage) => {
    expect(deadlines(frozen(inStage(stage)), POLICY)).toEqual([
      { name: 'appeal_target', atMs: T0 + days(3), outcome: 'escalated_to_operations', stoppableBy: ['ops'] },
    ]);
  });

  test('once escalated, there is none', () => {
    expect(deadlines(silentFor(frozen(inStage('implementing')), 3), POLICY)).toEqual([]);
  });
});

describe('GEN-4: what the passing of each deadline records and whom it notifies', () => {
  const passing = (state: DeliveryState, name: string) => {
    const due = deadlines(state, POLICY).find((deadline) => deadline.name === name);
    if (due === undefined) throw new Error(`${name} does not run`);
    return passDeadline(state, due, POLICY, due.atMs);
  };
  const notified = (state: DeliveryState, name: string) => {
    const { notices } = passing(state, name);
    return notices.map(({ event, to, params }) => ({ event, to, ...params }));
  };

  test.each([
    { stage: 'awaiting_dispatch', name: 'operations_reminder_2', turn: 'ops' },
    { stage: 'awaiting_platform_check', name: 'operations_reminder_1', turn: 'ops' },
    { stage: 'awaiting_requirement', name: 'buyer_reminder_3', turn: 'buyer' },
    { stage: 'awaiting_requirement_confirmation', name: 'provider_reminder_1', turn: 'provider' },
    { stage: 'implementing', name: 'provider_reminder_2', turn: 'provider' },
    { stage: 'awaiting_acceptance', name: 'buyer_reminder_1', turn: 'buyer' },
  ] as const)('DLV-13: $name in $stage reminds $turn and changes nothing else', ({ stage, name, turn }) => {
    const state = inStage(stage);
    expect(passing(state, name).state).toEqual({ ...state, passed: [name] });
    expect(notified(state, name)).toEqual([
      expect.objectContaining({ event: 'delivery.reminder', to: [turn], turn, stage }),
    ]);
  });

  test('a reminder names the instant at which inactivity ends the stage, where it does', () => {
    const dueAt = (stage: Stage, name: string) => passing(inStage(stage), name).notices[0]?.params.dueAt;
    expect(dueAt('awaiting_acceptance', 'buyer_reminder_1')).toBe(new Date(T0 + days(30)).toISOString());
    expect(dueAt('awaiting_requirement_confirmation', 'provider_reminder_1')).toBe(
      new Date(T0 + days(15)).toISOString(),
    );
    expect(dueAt('implementing', 'provider_reminder_1')).toBe('');
  });

  test.each(['awaiting_requirement_confirmation', 'implementing'] as const)(
    'DLV-6: in %s the stall is recorded and both are notified',
    (stage) => {
      expect(passing(inStage(stage), 'provider_stall').state.stalled).toBe(true);
      expect(notified(inStage(stage), 'provider_stall')).toEqual([
        { event: 'delivery.stalled', to: ['buyer', 'provider'] },
      ]);
    },
  );

  test.each([
    { stage: 'awaiting_requirement', name: 'requirement_missing', reason: 'requirement_missing' },
    { stage: 'implementing', name: 'implementing_overdue_1', reason: 'implementing_overdue' },
    { stage: 'implementing', name: 'implementing_overdue_2', reason: 'implementing_overdue' },
  ] as const)('DLV-13: $name gives operations a task', ({ stage, name, reason }) => {
    expect(notified(inStage(stage), name)).toEqual([{ event: 'delivery.escalated', to: ['ops'], reason }]);
  });

  test('DLV-10: an appeal past its target is escalated, and stays frozen', () => {
    const state = frozen(inStage('implementing'));
    expect(notified(state, 'appeal_target')).toEqual([
      { event: 'delivery.escalated', to: ['ops'], reason: 'appeal_overdue' },
    ]);
    expect(passing(state, 'appeal_target').state.appeal).toEqual({ ...state.appeal, escalated: true });
  });

  test('DLV-11: inactivity accepts', () => {
    const { state } = passing(inStage('awaiting_acceptance'), 'auto_accept');
    expect(state).toMatchObject({ stage: 'completed', outcome: 'auto_accepted' });
    expect(notified(inStage('awaiting_acceptance'), 'auto_accept')).toEqual([
      { event: 'delivery.completed', to: ['buyer', 'provider'], outcome: 'auto_accepted' },
    ]);
  });

  test('ORD-3: not started in time is cancelled, refunded in full', () => {
    const { state } = passing(inStage('awaiting_requirement_confirmation'), 'start_within');
    expect(state).toMatchObject({ stage: 'cancelled', outcome: 'cancelled_and_refunded', refundFen: null });
    expect(notified(inStage('awaiting_requirement_confirmation'), 'start_within')).toEqual([
      { event: 'delivery.cancelled', to: ['buyer', 'provider'], outcome: 'start_overdue' },
    ]);
  });
});
