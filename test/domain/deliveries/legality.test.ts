import { type DeliveryAction, OPERATIONS, type Operation } from '../../../domain/deliveries/commands';
import { allowedActions, judge } from '../../../domain/deliveries/rules';
import { type DeliveryState, STAGES, type Stage } from '../../../domain/deliveries/state';
import { command } from '../../factories/commands';
import { frozen, inStage, PAID_FEN, POLICY } from '../../factories/states';

/**
 * Which operation the rules (DLV) permit in which stage, written without a look at the code:
 *   yes    always, unless frozen
 *   stall  once the provider's step has lasted more than 5 days (DLV-6)
 *   req3   once the requirement was rejected 3 times (DLV-7)
 *   acc3   once the acceptance was rejected 3 times (DLV-8)
 *   .      never
 */
const SPECIFIED = `
                              dispatch requirement confirmation implementing check acceptance completed cancelled
ops.dispatch                  yes      .           .            .            .     .          .         .
buyer.requirement             .        yes         yes          .            .     .          .         .
provider.requirement.confirm  .        .           yes          .            .     .          .         .
provider.requirement.reject   .        .           yes          .            .     .          .         .
provider.implementation.submit .       .           .            yes          .     .          .         .
ops.check.pass                .        .           .            .            yes   .          .         .
ops.check.return              .        .           .            .            yes   .          .         .
buyer.acceptance.accept       .        .           .            .            .     yes        .         .
buyer.acceptance.reject       .        .           .            .            .     yes        .         .
buyer.appeals                 .        req3        stall        stall        .     acc3       .         .
provider.appeals              .        .           .            acc3         .     .          .         .
ops.resolve                   .        .           .            .            .     .          .         .
`;

const STAGE_OF: Record<string, Stage> = {
  dispatch: 'awaiting_dispatch',
  requirement: 'awaiting_requirement',
  confirmation: 'awaiting_requirement_confirmation',
  implementing: 'implementing',
  check: 'awaiting_platform_check',
  acceptance: 'awaiting_acceptance',
  completed: 'completed',
  cancelled: 'cancelled',
};

type Rule = 'yes' | 'stall' | 'req3' | 'acc3' | '.';
const isRule = (text: string): text is Rule => ['yes', 'stall', 'req3', 'acc3', '.'].includes(text);

function readTable(text: string): { operation: string; stage: Stage; rule: Rule }[] {
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([operation = '', ...cells]) =>
    cells.map((rule, column) => {
      const stage = STAGE_OF[header[column] ?? ''];
      if (stage === undefined || !isRule(rule)) throw new Error(`Unreadable cell ${operation}/${column}: ${rule}`);
      return { operation, stage, rule };
    }),
  );
}

const TABLE = readTable(SPECIFIED);

/** Every combination of the facts that the rules may look at: below, at and above each limit. */
const FACTS = [false, true].flatMap((stalled) =>
  [0, 2, 3, 4].flatMap((requirementRejections) =>
    [0, 2, 3, 4].map((acceptanceRejections) => ({ stalled, requirementRejections, acceptanceRejections })),
  ),
);
type Facts = (typeof FACTS)[number];

function permits(rule: Rule, facts: Facts): boolean {
  switch (rule) {
    case 'yes':
      return true;
    case 'stall':
      return facts.stalled;
    case 'req3':
      return facts.requirementRejections >= 3;
    case 'acc3':
      return facts.acceptanceRejections >= 3;
    case '.':
      return false;
  }
}

const isLegal = (state: DeliveryState, action: DeliveryAction, appealId = 'apl_1') =>
  judge(state, command(action, { appealId }), POLICY, PAID_FEN) === null;
const isOperation = (text: string): text is Operation => OPERATIONS.some((operation) => operation === text);

describe('DLV-2 … DLV-8, DLV-12a: what is allowed in each stage, below and at the limits', () => {
  test('the table speaks of every operation and every stage', () => {
    const cells = new Set(TABLE.map(({ operation, stage }) => `${operation} ${stage}`));
    expect(cells).toEqual(new Set(OPERATIONS.flatMap((operation) => STAGES.map((stage) => `${operation} ${stage}`))));
  });

  test.each(TABLE)('$operation in $stage: $rule', ({ operation, stage, rule }) => {
    if (!isOperation(operation)) throw new Error(`${operation} is no operation`);
    for (const facts of FACTS) {
      const state = inStage(stage, facts);
      expect({ facts, allowed: isLegal(state, operation) }).toEqual({ facts, allowed: permits(rule, facts) });
      expect(allowedActions(state, POLICY).includes(operation)).toBe(permits(rule, facts));
    }
  });
});

describe('DLV-9: a frozen delivery can be operated by neither side', () => {
  const open = STAGES.filter((stage) => stage !== 'completed' && stage !== 'cancelled');

  test.each(open)('in %s the ruling is all that is possible', (stage) => {
    for (const facts of FACTS) {
      const state = frozen(inStage(stage, facts));
      expect(allowedActions(state, POLICY)).toEqual(['ops.resolve']);
      for (const operation of OPERATIONS) expect(isLegal(state, operation)).toBe(operation === 'ops.resolve');
    }
  });

  test('both sides may add evidence to the open appeal, and to no other (DLV-10)', () => {
    for (const evidence of ['buyer.evidence', 'provider.evidence'] as const) {
      expect(isLegal(frozen(inStage('implementing')), evidence, 'apl_1')).toBe(true);
      expect(isLegal(frozen(inStage('implementing')), evidence, 'apl_earlier')).toBe(false);
      expect(isLegal(inStage('implementing'), evidence, 'apl_1')).toBe(false);
    }
  });

  test('a ruling on another appeal than the open one is refused', () => {
    expect(isLegal(frozen(inStage('implementing')), 'ops.resolve', 'apl_earlier')).toBe(false);
  });
});

describe('DLV-13: a refusal says why and what is possible', () => {
  const refusalOf = (state: DeliveryState, action: DeliveryAction, appealId = 'apl_1') =>
    judge(state, command(action, { appealId }), POLICY, PAID_FEN);

  test('in another stage: the stage and the possible operations', () => {
    const refusal = refusalOf(inStage('implementing'), 'buyer.acceptance.accept');
    expect(refusal?.code).toBe('DELIVERY.NOT_ALLOWED');
    expect(refusal?.detail).toMatch(/while the delivery is implementing; possible now: provider implementation submit/);
  });

  test('while frozen: the appeal', () => {
    const refusal = refusalOf(frozen(inStage('implementing')), 'provider.implementation.submit');
    expect(refusal).toMatchObject({ code: 'DELIVERY.NOT_ALLOWED', detail: expect.stringContaining('apl_1') });
  });

  test('when closed: that nothing more can be done', () => {
    const refusal = refusalOf(inStage('completed'), 'buyer.acceptance.reject');
    expect(refusal).toMatchObject({ code: 'DELIVERY.NOT_ALLOWED', detail: expect.stringContaining('nothing more') });
  });

  test('an appeal that is resolved takes no evidence and no ruling', () => {
    for (const action of ['buyer.evidence', 'provider.evidence', 'ops.resolve'] as const) {
      expect(refusalOf(inStage('implementing'), action)?.code).toBe('APPEAL.NOT_OPEN');
    }
  });
});

describe('GEN-3: the limits are policies', () => {
  test('with other limits the appeals open at other counts', () => {
    const policy = { ...POLICY, requirementRejections: 1, acceptanceRejections: 5 };
    expect(allowedActions(inStage('awaiting_requirement', { requirementRejections: 1 }), policy)).toContain(
      'buyer.appeals',
    );
    expect(allowedActions(inStage('awaiting_acceptance', { acceptanceRejections: 4 }), policy)).not.toContain(
      'buyer.appeals',
    );
  });
});
