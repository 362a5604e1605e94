import { DeterminismViolationError } from '@temporalio/workflow';
import { quietTemporal } from '../support/quiet';
import { recordedHistories } from './histories';
import { deviation, observedBundle, type Planted, type Replayed, replayAll } from './replay-all';

const recorded = recordedHistories();
const expectedOf = new Map(recorded.map(({ name, expected }) => [name, expected]));

/** What a replay makes otherwise than it was recorded; undefined where nothing is. */
function differences({ name, error, position, details, result, proposals }: Replayed) {
  const expected = expectedOf.get(name);
  const deviations = proposals.map(deviation).filter((one) => one !== null);
  const isSame = JSON.stringify({ position, details, result }) === JSON.stringify(expected);
  if (error === undefined && isSame && deviations.length === 0) return undefined;
  return { name, error, position, details, result, expected, deviations };
}

/** The histories to try changed code with, by its subject's folder. */
const KINDS = new Map([
  ['deliveries', 'delivery'],
  ['invoices', 'invoice'],
  ['orders', 'order'],
  ['reviews', 'review'],
  ['webhooks', 'webhook'],
  ['shared', 'delivery'],
]);

/** The histories that changed code replays otherwise. */
async function changedBy(planted: Planted) {
  const [, subject = ''] = planted.module.split('/');
  const kind = KINDS.get(subject);
  if (kind === undefined) throw new Error(`Which histories ${planted.module} is tried with is not said`);
  const replayed = await replayAll(await observedBundle([planted]), kind);
  return replayed.map(differences).filter((difference) => difference !== undefined);
}

/** A change of what concerns money, and a history that has the branch which it changes. */
type Seen = Planted & { seenIn: string };

/** Changed commands, one for each way in which workflows of money differ. */
const COMMANDS: Seen[] = [
  {
    module: 'domain/orders/order.ts',
    ...{ from: "productType === 'saas'", to: "productType === 'api'", seenIn: 'saas-given-back.order' },
  },
  {
    module: 'workflows/refunds/workflow.ts',
    ...{ from: "stage === 'refunded' && deliveryId", to: "stage === 'rejected' && deliveryId" },
    seenIn: 'saas-given-back.refund',
  },
  {
    module: 'workflows/refunds/execution.ts',
    ...{ from: 'if (isSending(state()))', to: 'if (!isOver(state()))' },
    seenIn: 'refund-invoice-found-settled.refund',
  },
  {
    module: 'workflows/instances/workflow.ts',
    ...{ from: 'STEPS_PER_RUN = 30', to: 'STEPS_PER_RUN = 31' },
    seenIn: 'instance-continued-while-called.instance.run-1',
  },
  {
    module: 'workflows/invoices/workflow.ts',
    ...{ from: "stage !== 'done') await", to: "stage === 'done') await" },
    seenIn: 'invoice-void-for-refund.invoice',
  },
  {
    module: 'workflows/ledger/workflow.ts',
    ...{ from: 'of PAYMENT_CHANNELS)', to: 'of PAYMENT_CHANNELS.slice(1))' },
    seenIn: 'day-reconciled.reconciliation',
  },
];

/** Changed rules, which change no command. */
const RULES: Seen[] = [
  {
    module: 'domain/instances/transitions.ts',
    ...{ from: 'isLate: true', to: 'isLate: false' },
    seenIn: 'instance-late.instance',
  },
  {
    module: 'domain/refunds/transitions.ts',
    ...{ from: 'final: true', to: 'final: false' },
    seenIn: 'refund-declined-for-good.refund',
  },
  {
    module: 'domain/orders/transitions.ts',
    ...{ from: "end(order, 'cancelled')", to: "end(order, 'completed')" },
    seenIn: 'direct-taken-not-started.order',
  },
  {
    module: 'domain/coupons/pricing.ts',
    ...{ from: '+ WHOLE / 2', to: '+ 0' },
    seenIn: 'coupon-repriced.order',
  },
];

/** What several changes at the same time make of the histories that have their branches. */
async function changedByAll(planted: readonly Seen[]) {
  const code = await observedBundle(planted);
  const kinds = new Set(planted.map(({ seenIn }) => seenIn.split('.')[1]));
  const replayed = [];
  for (const kind of kinds) replayed.push(...(await replayAll(code, kind)));
  return replayed.map(differences).filter((difference) => difference !== undefined);
}

beforeAll(quietTemporal);

describe('a change to a workflow, or to the rules that it follows, must not alter what is running', () => {
  test('the committed histories are of every workflow', () => {
    const kinds = new Set(recorded.map(({ workflowId }) => workflowId.split('/')[0]));
    expect(kinds).toEqual(
      new Set([
        'delivery',
        'order',
        'order-return',
        'payment-return',
        'refund',
        'shop-review',
        'product-application',
        'account-ticket',
        'webhook',
        'invoice',
        'instance',
        'provider-check',
        'reconciliation',
      ]),
    );
  });

  test('every committed history replays, to the state, the details and the result it was recorded with; the rules propose the steps that are stored', async () => {
    const replayed = await replayAll(await observedBundle());
    expect(replayed.map(differences).filter((difference) => difference !== undefined)).toEqual([]);
    expect(replayed.flatMap(({ proposals }) => proposals).length).toBeGreaterThan(200);
  });

  test.each([
    { what: 'a timer more', module: 'workflows/shared/deadline-timer.ts', replacement: 'deadline-timer.ts' },
    { what: 'no upsert', module: 'workflows/deliveries/display.ts', replacement: 'delivery-display.ts' },
    { what: 'no upsert', module: 'workflows/reviews/display.ts', replacement: 'review-display.ts' },
    { what: 'another signal', module: 'workflows/webhooks/messages.ts', replacement: 'webhook-messages.ts' },
    { what: 'another rule', module: 'domain/orders/state.ts', from: 'payment) !== null', to: 'payment) === null' },
  ])('changed commands are seen: $what in $module', async ({ what, ...planted }) => {
    const changed = await changedBy(planted);
    const violations = changed.filter(({ error }) => error instanceof DeterminismViolationError);
    expect(violations.length).toBeGreaterThan(0);
  });

  test('WDR-9: changed commands are seen in every workflow of money', async () => {
    const changed = await changedByAll(COMMANDS);
    const violated = changed.filter(({ error }) => error instanceof DeterminismViolationError);
    expect(violated.map(({ name }) => name)).toEqual(expect.arrayContaining(COMMANDS.map(({ seenIn }) => seenIn)));
  });

  describe('a changed rule of the domain is seen, though it changes no command', () => {
    test('WDR-9: in every subject of money; what runs keeps what is stored', async () => {
      const changed = await changedByAll(RULES);
      const deviating = changed.filter(({ deviations }) => deviations.length > 0);
      expect(deviating.map(({ name }) => name)).toEqual(expect.arrayContaining(RULES.map(({ seenIn }) => seenIn)));
      for (const { error, position, details, result, expected } of deviating) {
        expect({ error, position, details, result }).toEqual({ error: undefined, result: undefined, ...expected });
      }
    });

    test.each([
      {
        module: 'domain/deliveries/transitions.ts',
        from: 'requirementRejections: state.requirementRejections + 1',
        to: 'requirementRejections: state.requirementRejections + 2',
      },
      { module: 'domain/reviews/transitions.ts', from: 'overdue: true', to: 'overdue: false' },
      { module: 'domain/invoices/transitions.ts', from: 'overdue: true', to: 'overdue: false' },
    ])('$module: $to is not what is stored; what runs keeps what is stored', async (planted) => {
      const changed = await changedBy(planted);
      expect(changed.length).toBeGreaterThan(0);
      for (const { error, position, details, result, expected, deviations } of changed) {
        expect(deviations.length).toBeGreaterThan(0);
        expect({ error, position, details, result }).toEqual({ error: undefined, result: undefined, ...expected });
      }
    });

    test.each([
      {
        module: 'domain/deliveries/deadlines.ts',
        from: 'afterMs: policy.requirementTaskAfterMs',
        to: 'afterMs: policy.requirementTaskAfterMs + 1',
      },
      {
        module: 'domain/deliveries/rules.ts',
        from: "'provider.implementation.submit': ['implementing']",
        to: "'provider.implementation.submit': ['implementing', 'awaiting_requirement']",
      },
    ])('$module: $to alters what operations read', async (planted) => {
      const changed = await changedBy(planted);
      const unnoticed = changed.filter(({ error }) => error === undefined);
      expect(unnoticed.length).toBeGreaterThan(0);
      for (const { details, expected } of unnoticed) expect(details).not.toEqual(expected?.details);
    });
  });
});
