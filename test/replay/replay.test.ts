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
  const replayed = await replayAll(await observedBundle(planted), kind);
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

  describe('a changed rule of the domain is seen, though it changes no command', () => {
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
