import { OPERATIONS } from '../../../domain/deliveries/commands';
import { deadlines } from '../../../domain/deliveries/deadlines';
import { givenBack, goneOn, pausedFor } from '../../../domain/deliveries/refunds';
import { allowedActions, judge } from '../../../domain/deliveries/rules';
import { isClosed, isFrozen, STAGES } from '../../../domain/deliveries/state';
import { command } from '../../factories/commands';
import { days, inStage, PAID_FEN, POLICY, T0 } from '../../factories/states';

const OPEN = STAGES.filter((stage) => !isClosed({ stage }));

describe('RFD-6: an open refund pauses the delivery', () => {
  test.each(OPEN)('%s: nothing is possible, and no deadline runs', (stage) => {
    const paused = pausedFor(inStage(stage), 'rfd_1', T0 + days(1));
    expect([isFrozen(paused), allowedActions(paused, POLICY), deadlines(paused, POLICY)]).toEqual([true, [], []]);
    for (const action of OPERATIONS.filter((operation) => operation !== 'ops.resolve')) {
      expect(judge(paused, command(action), POLICY, PAID_FEN)).toMatchObject({
        code: 'DELIVERY.NOT_ALLOWED',
        detail: expect.stringContaining('rfd_1'),
      });
    }
  });

  test.each(OPEN)('RFD-5a: %s goes on exactly where it was, all deadlines later by as long as it paused', (stage) => {
    const before = inStage(stage, { passed: ['provider_reminder_1'], stalled: true });
    const after = goneOn(pausedFor(before, 'rfd_1', T0 + days(1)), 0, T0 + days(41));
    expect({ ...after, stageClock: null, startClock: null }).toEqual({
      ...before,
      refund: null,
      stageClock: null,
      startClock: null,
    });
    const shifted = deadlines(before, POLICY).map((deadline) => ({ ...deadline, atMs: deadline.atMs + days(40) }));
    expect(deadlines(after, POLICY)).toEqual(shifted);
    expect(allowedActions(after, POLICY)).toEqual(allowedActions(before, POLICY));
  });

  test('a full refund cancels it, with nothing more to send', () => {
    const cancelled = givenBack(pausedFor(inStage('implementing'), 'rfd_1', T0), PAID_FEN);
    expect(cancelled).toMatchObject({
      stage: 'cancelled',
      outcome: 'cancelled_and_refunded',
      refundFen: 0,
      refund: null,
    });
    expect([isClosed(cancelled), deadlines(cancelled, POLICY)]).toEqual([true, []]);
  });

  test('after a part was refunded, a ruling refunds no more than the rest', () => {
    const appealed = { ...goneOn(inStage('implementing'), 50_000, T0), appeal: null };
    const frozen = {
      ...appealed,
      appeal: { id: 'apl_1', openedBy: 'buyer', grounds: [], openedAtMs: T0, due: null, escalated: false },
    } as const;
    const ruling = (refundFen: number) =>
      judge(
        { ...frozen, appeal: { ...frozen.appeal, grounds: [] } },
        command('ops.resolve', { appealId: 'apl_1', ruling: 'cancel_and_refund', refundFen }),
        POLICY,
        PAID_FEN,
      );
    expect(ruling(PAID_FEN - 50_000)).toBeNull();
    expect(ruling(PAID_FEN - 49_999)?.code).toBe('DELIVERY.REFUND_OUT_OF_RANGE');
  });
});
