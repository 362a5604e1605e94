import { deadlines } from '../../../domain/deliveries/deadlines';
import { allowedActions } from '../../../domain/deliveries/rules';
import type { DeliveryState, Ground } from '../../../domain/deliveries/state';
import { applyCommand } from '../../../domain/deliveries/transitions';
import { command } from '../../factories/commands';
import { acted, days, dueOnDay, inStage, POLICY, T0 } from '../../factories/states';

describe('DLV-10: an appeal records every ground met when it is opened', () => {
  const all = { stalled: true, requirementRejections: 3, acceptanceRejections: 4 };
  test.each<{ state: DeliveryState; action: 'buyer.appeals' | 'provider.appeals'; grounds: Ground[] }>([
    {
      state: inStage('awaiting_requirement_confirmation', { stalled: true, requirementRejections: 2 }),
      action: 'buyer.appeals',
      grounds: ['stall'],
    },
    {
      state: inStage('awaiting_requirement', { requirementRejections: 3 }),
      action: 'buyer.appeals',
      grounds: ['requirement_rejections'],
    },
    {
      state: inStage('awaiting_acceptance', { acceptanceRejections: 3, requirementRejections: 5 }),
      action: 'buyer.appeals',
      grounds: ['requirement_rejections', 'acceptance_rejections'],
    },
    {
      state: inStage('implementing', { acceptanceRejections: 3 }),
      action: 'provider.appeals',
      grounds: ['acceptance_rejections'],
    },
    {
      state: inStage('implementing', all),
      action: 'buyer.appeals',
      grounds: ['stall', 'requirement_rejections', 'acceptance_rejections'],
    },
  ])('$action in $state.stage: $grounds', ({ state, action, grounds }) => {
    const { appeal } = acted(state, action, 2);
    const openedBy = action === 'buyer.appeals' ? 'buyer' : 'provider';
    expect(appeal).toEqual({ id: 'apl_1', openedBy, grounds, openedAtMs: T0 + days(2), due: null, escalated: false });
  });

  test('DLV-6: both sides and operations are notified who appeals, why, and in which words', () => {
    const opening = command('buyer.appeals', { appealId: 'apl_1', note: 'six days' });
    expect(applyCommand(inStage('implementing', { stalled: true }), opening, POLICY, T0).notices).toEqual([
      {
        event: 'delivery.appeal_opened',
        to: ['buyer', 'provider', 'ops'],
        params: { openedBy: 'buyer', grounds: 'stall', reason: 'six days' },
      },
    ]);
  });
});

describe('DLV-10: the ruling puts the counters of its grounds back, so that the next appeal needs new ones', () => {
  test('acceptance rejections start again from 0; those of the requirement that were no ground stay', () => {
    const rejected = inStage('implementing', { acceptanceRejections: 3, requirementRejections: 2, submitted: true });
    const resumed = acted(acted(rejected, 'provider.appeals', 1), 'ops.resolve', 2);
    expect(resumed).toMatchObject({ appeal: null, acceptanceRejections: 0, requirementRejections: 2 });
    expect(allowedActions(resumed, POLICY)).toEqual(['provider.implementation.submit']);
  });

  test('requirement rejections likewise', () => {
    const rejected = inStage('awaiting_requirement', { requirementRejections: 3, acceptanceRejections: 1 });
    const resumed = acted(acted(rejected, 'buyer.appeals', 1), 'ops.resolve', 2);
    expect(resumed).toMatchObject({ requirementRejections: 0, acceptanceRejections: 1 });
    expect(allowedActions(resumed, POLICY)).toEqual(['buyer.requirement']);
  });

  test('every ground of the appeal is spent, not only the one that let it be opened', () => {
    const state = inStage('implementing', { stalled: true, acceptanceRejections: 3, submitted: true });
    const resumed = acted(acted(state, 'buyer.appeals', 6), 'ops.resolve', 7);
    expect(resumed).toMatchObject({ stalled: false, acceptanceRejections: 0 });
    expect(allowedActions(resumed, POLICY)).toEqual(['provider.implementation.submit']);
  });
});

describe('DLV-10, DLV-11: the clocks over an appeal', () => {
  test.each(['awaiting_requirement_confirmation', 'implementing'] as const)(
    'in %s the provider gets a fresh stall clock and the reminders of one',
    (stage) => {
      const stalled = inStage(stage, { stalled: true, passed: ['provider_reminder_1', 'provider_stall'] });
      const resumed = acted(acted(stalled, 'buyer.appeals', 6), 'ops.resolve', 10);
      expect(dueOnDay(resumed, 'provider_stall')).toBe(15);
      expect(dueOnDay(resumed, 'provider_reminder_1')).toBe(13);
    },
  );

  test('the auto-acceptance clock keeps its remaining time, and reminders that were sent are not sent again', () => {
    const state = inStage('awaiting_acceptance', { acceptanceRejections: 3, passed: ['buyer_reminder_1'] });
    const resumed = acted(acted(state, 'buyer.appeals', 25), 'ops.resolve', 40);
    expect(dueOnDay(resumed, 'auto_accept')).toBe(45);
    expect(dueOnDay(resumed, 'buyer_reminder_1')).toBeNull();
    expect(dueOnDay(resumed, 'buyer_reminder_2')).toBe(42);
  });

  test('it keeps it over several appeals', () => {
    const rejectedThrice = { acceptanceRejections: 3 };
    const first = acted(acted(inStage('awaiting_acceptance', rejectedThrice), 'buyer.appeals', 10), 'ops.resolve', 20);
    const second = acted(acted({ ...first, ...rejectedThrice }, 'buyer.appeals', 25), 'ops.resolve', 50);
    expect(dueOnDay(second, 'auto_accept')).toBe(50 + 15);
  });

  test('a buyer who is to state the requirement is reminded anew, however late the ruling (GEN-5)', () => {
    const passed = ['buyer_reminder_1', 'buyer_reminder_2', 'buyer_reminder_3', 'requirement_missing'];
    const state = inStage('awaiting_requirement', { requirementRejections: 3, passed });
    const resumed = acted(acted(state, 'buyer.appeals', 95), 'ops.resolve', 100);
    expect(dueOnDay(resumed, 'buyer_reminder_1')).toBe(103);
    expect(dueOnDay(resumed, 'requirement_missing')).toBe(190);
  });

  test.each([
    { ruling: 'redo_requirement', name: 'buyer_reminder_1', after: 3 },
    { ruling: 'redo_implementation', name: 'provider_stall', after: 5 },
  ] as const)('$ruling begins its stage from the ruling', ({ ruling, name, after: daysAfter }) => {
    const state = inStage('awaiting_acceptance', { acceptanceRejections: 3, requirementConfirmed: true });
    const ruled = acted(acted(state, 'buyer.appeals', 25), 'ops.resolve', 40, { ruling });
    expect(dueOnDay(ruled, name)).toBe(40 + daysAfter);
    expect(dueOnDay(ruled, 'auto_accept')).toBeNull();
  });

  test.each(['accept', 'cancel_and_refund'] as const)('after %s no clock runs', (ruling) => {
    const state = inStage('awaiting_acceptance', { acceptanceRejections: 3, submitted: true });
    expect(deadlines(acted(acted(state, 'buyer.appeals', 1), 'ops.resolve', 2, { ruling }), POLICY)).toEqual([]);
  });
});
