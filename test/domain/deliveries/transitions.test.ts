import type { DeliveryAction } from '../../../domain/deliveries/commands';
import { type DeliveryState, newDelivery, orderStateOf, STAGES } from '../../../domain/deliveries/state';
import { applyCommand } from '../../../domain/deliveries/transitions';
import type { Notice } from '../../../domain/notifications/notice';
import { command } from '../../factories/commands';
import { acted, days, dueOnDay, frozen, inStage, POLICY, T0 } from '../../factories/states';

describe('DLV-1, DLV-12a: where a paid delivery begins', () => {
  test('standard: with the buyer; self-operated: with operations', () => {
    expect(newDelivery('standard', T0).stage).toBe('awaiting_requirement');
    expect(newDelivery('self_operated', T0).stage).toBe('awaiting_dispatch');
  });
});

describe('DLV-2 … DLV-5, DLV-12a: each operation leads on, and notifies those it concerns', () => {
  const selfOperated = { flow: 'self_operated' } as const;
  const note = 'words';
  const notice = (event: Notice['event'], to: Notice['to'], params: Notice['params'] = {}) => ({ event, to, params });

  test.each<{ action: DeliveryAction; from: DeliveryState; to: Partial<DeliveryState>; notified: Notice }>([
    {
      action: 'ops.dispatch',
      from: inStage('awaiting_dispatch'),
      to: { stage: 'awaiting_requirement' },
      notified: notice('delivery.dispatched', ['buyer', 'provider']),
    },
    {
      action: 'buyer.requirement',
      from: inStage('awaiting_requirement'),
      to: { stage: 'awaiting_requirement_confirmation' },
      notified: notice('delivery.requirement_submitted', ['provider']),
    },
    {
      action: 'buyer.requirement',
      from: inStage('awaiting_requirement_confirmation'),
      to: { stage: 'awaiting_requirement_confirmation' },
      notified: notice('delivery.requirement_edited', ['provider']),
    },
    {
      action: 'provider.requirement.confirm',
      from: inStage('awaiting_requirement_confirmation'),
      to: { stage: 'implementing', requirementConfirmed: true },
      notified: notice('delivery.requirement_confirmed', ['buyer']),
    },
    {
      action: 'provider.requirement.reject',
      from: inStage('awaiting_requirement_confirmation', { requirementRejections: 1 }),
      to: { stage: 'awaiting_requirement', requirementRejections: 2 },
      notified: notice('delivery.requirement_rejected', ['buyer'], { reason: note }),
    },
    {
      action: 'provider.implementation.submit',
      from: inStage('implementing'),
      to: { stage: 'awaiting_acceptance', submitted: true },
      notified: notice('delivery.submitted', ['buyer']),
    },
    {
      action: 'provider.implementation.submit',
      from: inStage('implementing', selfOperated),
      to: { stage: 'awaiting_platform_check', submitted: true },
      notified: notice('delivery.submitted', ['ops']),
    },
    {
      action: 'ops.check.pass',
      from: inStage('awaiting_platform_check'),
      to: { stage: 'awaiting_acceptance' },
      notified: notice('delivery.check_passed', ['buyer', 'provider']),
    },
    {
      action: 'ops.check.return',
      from: inStage('awaiting_platform_check'),
      to: { stage: 'implementing' },
      notified: notice('delivery.check_returned', ['provider'], { reason: note }),
    },
    {
      action: 'buyer.acceptance.accept',
      from: inStage('awaiting_acceptance'),
      to: { stage: 'completed', outcome: 'accepted' },
      notified: notice('delivery.completed', ['buyer', 'provider'], { outcome: 'accepted' }),
    },
    {
      action: 'buyer.acceptance.reject',
      from: inStage('awaiting_acceptance', { acceptanceRejections: 2 }),
      to: { stage: 'implementing', acceptanceRejections: 3 },
      notified: notice('delivery.acceptance_rejected', ['provider'], { reason: note }),
    },
  ])('$action from $from.stage ($from.flow) → $to.stage', ({ action, from, to, notified }) => {
    const next = applyCommand(from, command(action, { note }), POLICY, T0 + days(1));
    expect(next.state).toMatchObject(to);
    expect(next.notices).toEqual([notified]);
  });

  test('evidence changes nothing of the flow; the other side and operations are notified (DLV-10)', () => {
    const state = frozen(inStage('implementing'));
    for (const [action, other] of [
      ['buyer.evidence', 'provider'],
      ['provider.evidence', 'buyer'],
    ] as const) {
      const next = applyCommand(state, command(action, { appealId: 'apl_1' }), POLICY, T0);
      expect(next).toEqual({ state, notices: [notice('delivery.appeal_evidence', [other, 'ops'])] });
    }
  });

  test('a check that is returned is no rejection by the buyer', () => {
    const returned = acted(inStage('awaiting_platform_check', { acceptanceRejections: 1 }), 'ops.check.return', 1);
    expect(returned.acceptanceRejections).toBe(1);
  });
});

describe('DLV-6: the stall clock of a provider step', () => {
  test("the buyer's editing does not restart it", () => {
    const edited = acted(inStage('awaiting_requirement_confirmation'), 'buyer.requirement', 4);
    expect(dueOnDay(edited, 'provider_stall')).toBe(5);
    expect(dueOnDay(edited, 'start_within')).toBe(15);
  });

  test('nor does editing take away a stall that is recorded', () => {
    const stalled = inStage('awaiting_requirement_confirmation', { stalled: true, passed: ['provider_stall'] });
    expect(acted(stalled, 'buyer.requirement', 6).stalled).toBe(true);
  });

  test.each(['provider.requirement.confirm', 'provider.requirement.reject'] as const)('%s ends it', (action) => {
    const stalled = inStage('awaiting_requirement_confirmation', { stalled: true, passed: ['provider_stall'] });
    expect(acted(stalled, action, 6)).toMatchObject({ stalled: false, passed: [] });
  });

  test('implementing is a step of its own with a clock of its own', () => {
    const confirmed = acted(inStage('awaiting_requirement_confirmation'), 'provider.requirement.confirm', 4);
    expect(dueOnDay(confirmed, 'provider_stall')).toBe(9);
  });
});

describe("ORD-3: the start clock counts the provider's time only, added up over rejections", () => {
  test('it begins with the first requirement, not before', () => {
    expect(dueOnDay(inStage('awaiting_requirement'), 'start_within')).toBeNull();
    expect(dueOnDay(acted(inStage('awaiting_requirement'), 'buyer.requirement', 20), 'start_within')).toBe(35);
  });

  test('it stops while the buyer edits after a rejection, and goes on where it was', () => {
    const rejected = acted(inStage('awaiting_requirement_confirmation'), 'provider.requirement.reject', 6);
    expect(dueOnDay(rejected, 'start_within')).toBeNull();
    const resubmitted = acted(rejected, 'buyer.requirement', 50);
    expect(dueOnDay(resubmitted, 'start_within')).toBe(50 + 9);
    const rejectedAgain = acted(resubmitted, 'provider.requirement.reject', 54);
    expect(dueOnDay(acted(rejectedAgain, 'buyer.requirement', 60), 'start_within')).toBe(60 + 5);
  });

  test('it stops while the flow is frozen, and a ruling does not set it back', () => {
    const appealed = acted(inStage('awaiting_requirement_confirmation', { stalled: true }), 'buyer.appeals', 6);
    expect(dueOnDay(appealed, 'start_within')).toBeNull();
    const resumed = acted(appealed, 'ops.resolve', 26, { ruling: 'resume' });
    expect(dueOnDay(resumed, 'start_within')).toBe(26 + 9);
  });

  test('it ends for good when the provider starts', () => {
    const confirmed = acted(inStage('awaiting_requirement_confirmation'), 'provider.requirement.confirm', 14);
    expect(dueOnDay(confirmed, 'start_within')).toBeNull();
  });

  test('operations’ time to dispatch does not count', () => {
    const dispatched = acted(inStage('awaiting_dispatch'), 'ops.dispatch', 30);
    expect(dueOnDay(acted(dispatched, 'buyer.requirement', 31), 'start_within')).toBe(31 + 15);
  });
});

describe('DLV-11: the auto-acceptance clock', () => {
  test('begins anew with each submission', () => {
    const rejected = acted(inStage('awaiting_acceptance'), 'buyer.acceptance.reject', 29);
    expect(dueOnDay(rejected, 'auto_accept')).toBeNull();
    expect(dueOnDay(acted(rejected, 'provider.implementation.submit', 31), 'auto_accept')).toBe(61);
  });

  test('self-operated: begins when operations pass it on, not when it was submitted', () => {
    expect(dueOnDay(acted(inStage('awaiting_platform_check'), 'ops.check.pass', 6), 'auto_accept')).toBe(36);
  });
});

describe('ORD-2: the delivery owns the state of its order', () => {
  test('each stage has its order state', () => {
    expect(Object.fromEntries(STAGES.map((stage) => [stage, orderStateOf(stage)]))).toEqual({
      awaiting_dispatch: 'awaiting_start',
      awaiting_requirement: 'awaiting_start',
      awaiting_requirement_confirmation: 'awaiting_start',
      implementing: 'implementing',
      awaiting_platform_check: 'implementing',
      awaiting_acceptance: 'awaiting_confirmation',
      completed: 'completed',
      cancelled: 'cancelled',
    });
  });
});
