import { allowedRulings, judge } from '../../../domain/deliveries/rules';
import { type DeliveryState, RULINGS, type Ruling, type Stage } from '../../../domain/deliveries/state';
import { applyCommand } from '../../../domain/deliveries/transitions';
import { command, type Extras } from '../../factories/commands';
import { days, frozen, inStage, PAID_FEN, POLICY, T0 } from '../../factories/states';

const resolve = (extras: Extras) => command('ops.resolve', { appealId: 'apl_1', ...extras });
const codeOf = (state: DeliveryState, extras: Extras) => judge(state, resolve(extras), POLICY, PAID_FEN)?.code ?? null;

describe('DLV-10: which rulings are possible', () => {
  /** Written from docs/rules.md: what each ruling needs to have happened before. */
  const NEEDS: Record<Ruling, 'nothing' | 'a confirmed requirement' | 'a submission'> = {
    resume: 'nothing',
    redo_requirement: 'nothing',
    redo_implementation: 'a confirmed requirement',
    accept: 'a submission',
    cancel_and_refund: 'nothing',
  };
  const stages: Stage[] = [
    'awaiting_requirement',
    'awaiting_requirement_confirmation',
    'implementing',
    'awaiting_acceptance',
  ];
  const cases = stages.flatMap((stage) =>
    [
      { requirementConfirmed: false, submitted: false },
      { requirementConfirmed: true, submitted: false },
      { requirementConfirmed: true, submitted: true },
    ].map((happened) => ({ stage, ...happened })),
  );

  test.each(cases)('in $stage, confirmed: $requirementConfirmed, submitted: $submitted', ({ stage, ...happened }) => {
    const state = frozen(inStage(stage, happened));
    const possible = RULINGS.filter((ruling) => {
      if (NEEDS[ruling] === 'a confirmed requirement') return happened.requirementConfirmed;
      return NEEDS[ruling] === 'nothing' || happened.submitted;
    });
    expect(allowedRulings(state)).toEqual(possible);
    for (const ruling of RULINGS) {
      expect(codeOf(state, { ruling })).toBe(possible.includes(ruling) ? null : 'APPEAL.RULING_NOT_ALLOWED');
    }
  });

  test('none without an open appeal', () => {
    expect(allowedRulings(inStage('implementing', { submitted: true }))).toEqual([]);
  });
});

describe('DLV-10: cancel_and_refund gives back all that was paid, or a part of it', () => {
  const state = frozen(inStage('implementing'));

  test.each([
    { refundFen: null, code: null },
    { refundFen: 1, code: null },
    { refundFen: PAID_FEN - 1, code: null },
    { refundFen: PAID_FEN, code: null },
    { refundFen: PAID_FEN + 1, code: 'DELIVERY.REFUND_OUT_OF_RANGE' },
    { refundFen: 0, code: 'DELIVERY.REFUND_OUT_OF_RANGE' },
    { refundFen: -1, code: 'DELIVERY.REFUND_OUT_OF_RANGE' },
  ])('$refundFen fen → $code', ({ refundFen, code }) => {
    expect(codeOf(state, { ruling: 'cancel_and_refund', refundFen })).toBe(code);
  });

  test('no other ruling carries an amount', () => {
    for (const ruling of ['resume', 'redo_requirement'] as const) {
      expect(codeOf(state, { ruling, refundFen: 1 })).toBe('DELIVERY.REFUND_OUT_OF_RANGE');
    }
  });
});

describe('DLV-10: where each ruling leads', () => {
  const state = frozen(
    inStage('awaiting_acceptance', { requirementConfirmed: true, submitted: true, acceptanceRejections: 3 }),
    { grounds: ['acceptance_rejections'] },
  );
  const ruled = (extras: Extras) => applyCommand(state, resolve(extras), POLICY, T0 + days(1)).state;

  test.each([
    { ruling: 'resume', stage: 'awaiting_acceptance', outcome: null },
    { ruling: 'redo_requirement', stage: 'awaiting_requirement', outcome: null },
    { ruling: 'redo_implementation', stage: 'implementing', outcome: null },
    { ruling: 'accept', stage: 'completed', outcome: 'accepted_by_ruling' },
    { ruling: 'cancel_and_refund', stage: 'cancelled', outcome: 'cancelled_and_refunded' },
  ] as const)('$ruling → $stage', ({ ruling, stage, outcome }) => {
    expect(ruled({ ruling })).toMatchObject({ stage, outcome, appeal: null, refundFen: null });
  });

  test('a partial refund is kept with the delivery', () => {
    expect(ruled({ ruling: 'cancel_and_refund', refundFen: 70_000 })).toMatchObject({ refundFen: 70_000 });
  });

  test('DLV-10: buyer and provider are notified of the ruling and its reason', () => {
    const { notices } = applyCommand(state, resolve({ ruling: 'accept', note: 'as agreed' }), POLICY, T0);
    expect(notices).toEqual([
      {
        event: 'delivery.appeal_resolved',
        to: ['buyer', 'provider'],
        params: { ruling: 'accept', reason: 'as agreed' },
      },
    ]);
  });
});
