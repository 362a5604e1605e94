import path from 'node:path';
import { bundleWorkflowCode, type ReplayResult, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { quietTemporal } from '../support/quiet';
import { BUNDLE } from '../support/world';
import { recordedHistories, replayable } from './histories';

const recorded = recordedHistories();

/** Replays every committed history with some workflow code; answers the error, or undefined, of each by its name. */
async function replay(workflowBundle: WorkflowBundleOption): Promise<Map<string, ReplayResult['error']>> {
  const errors = new Map<string, ReplayResult['error']>();
  const results = Worker.runReplayHistories({ workflowBundle }, recorded.map(replayable));
  for (const { name } of recorded) {
    const result = await results.next();
    if (result.done) throw new Error(`${name} was not replayed`);
    errors.set(name, result.value.error);
  }
  await results.return?.();
  return errors;
}

const mute = () => undefined;
const silent = { log: mute, trace: mute, debug: mute, info: mute, warn: mute, error: mute };
const root = path.join(__dirname, '..', '..');

/** The errors of a replay with workflow code in which one module is replaced by another. */
async function replayWith(module: string, replacement: string): Promise<[string, ReplayResult['error']][]> {
  const bundle = await bundleWorkflowCode({
    workflowsPath: path.join(root, 'workflows'),
    logger: silent,
    webpackConfigHook: (config) => {
      const alias = {
        ...config.resolve?.alias,
        [path.join(root, module)]: path.join(__dirname, 'broken', replacement),
      };
      return { ...config, resolve: { ...config.resolve, alias } };
    },
  });
  return [...(await replay(bundle))].filter(([, error]) => error !== undefined);
}

beforeAll(quietTemporal);

describe('a change to a workflow must not break the processes that are running', () => {
  test('the committed histories tell every process', () => {
    const kinds = new Set(recorded.map(({ workflowId }) => workflowId.split('/')[0]));
    expect(kinds).toEqual(
      new Set([
        'delivery',
        'order',
        'payment-return',
        'shop-review',
        'product-application',
        'account-ticket',
        'webhook',
      ]),
    );
  });

  test('every committed history replays', async () => {
    const errors = await replay({ codePath: BUNDLE });
    expect(Object.fromEntries(errors)).toEqual(Object.fromEntries(recorded.map(({ name }) => [name, undefined])));
  });

  test.each([
    { what: 'a timer more', module: 'workflows/shared/deadline-timer.ts', replacement: 'alarm.ts' },
    { what: 'no upsert', module: 'workflows/deliveries/display.ts', replacement: 'delivery-display.ts' },
    { what: 'no upsert', module: 'workflows/reviews/display.ts', replacement: 'review-display.ts' },
    { what: 'another signal', module: 'workflows/webhooks/messages.ts', replacement: 'webhook-contract.ts' },
    { what: 'another rule', module: 'domain/orders/order.ts', replacement: 'order-rules.ts' },
  ])('this test sees a change: $what in $module', async ({ module, replacement }) => {
    const broken = await replayWith(module, replacement);
    expect(broken.length).toBeGreaterThan(0);
    for (const [, error] of broken) expect(error).toBeInstanceOf(DeterminismViolationError);
  });
});
