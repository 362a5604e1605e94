import { devServer } from '../support/dev-server';
import { startWorld, type World } from '../support/world';
import { keep } from './histories';
import { INSTANCES_IN_REAL_TIME, INSTANCES_WITH_SKIPPED_TIME } from './instance-scenarios';
import { INVOICES_IN_REAL_TIME, invoicesWithSkippedTime } from './invoice-scenarios';
import { LEDGER_IN_REAL_TIME } from './ledger-scenarios';
import { ORDERS_IN_REAL_TIME, ORDERS_WITH_SKIPPED_TIME } from './order-scenarios';
import { REFUNDS_IN_REAL_TIME, REFUNDS_WITH_SKIPPED_TIME, recordingInvoices } from './refund-scenarios';
import { RENEWALS_IN_REAL_TIME, RENEWALS_WITH_SKIPPED_TIME } from './renewal-scenarios';
import { REVIEWS_IN_REAL_TIME, recordingReviewHandlers, reviewRecomputed } from './review-scenarios';
import { learningCalendar, REAL_TIME, type Scenario, SKIPPED_TIME } from './scenarios';
import { WEBHOOKS_IN_REAL_TIME, WEBHOOKS_WITH_SKIPPED_TIME } from './webhook-scenarios';

// Not a test of the suite: records the histories that the replay test reads, by living the stories of
// `scenarios.ts` on real servers. Record only what is new: the old histories are those that running
// workflows have, and after a change to a workflow they must still replay.
//
//   npx tsc && node dist/worker/bundle.js
//   npx jest --testMatch '**/replay/record.ts'                     all of them
//   npx jest --testMatch '**/replay/record.ts' -t 'closed-unpaid'  one of them

/** Lives each story in one world, and keeps the histories that its workflows leave behind. */
function recording(scenarios: Record<string, Scenario>, start: () => Promise<World>): void {
  let world: World;
  beforeAll(async () => {
    world = await start();
  });
  afterAll(() => world.stop());
  test.each(Object.entries(scenarios))('%s', async (name, scenario) => {
    const workflows = await scenario(world);
    for (const [kind, workflowId] of Object.entries(workflows)) await keep(world, `${name}.${kind}`, workflowId);
  });
}

// Payloads are not encrypted: a history in the repository replays without any key.
const reviewHandlers = recordingReviewHandlers;
describe('in real time', () =>
  recording(
    {
      ...REAL_TIME,
      ...REVIEWS_IN_REAL_TIME,
      ...WEBHOOKS_IN_REAL_TIME,
      ...INVOICES_IN_REAL_TIME,
      ...INSTANCES_IN_REAL_TIME,
      ...ORDERS_IN_REAL_TIME,
      ...REFUNDS_IN_REAL_TIME,
      ...RENEWALS_IN_REAL_TIME,
      ...LEDGER_IN_REAL_TIME,
    },
    () => startWorld(devServer, { reviewHandlers, liveInvoiceOf: recordingInvoices }, []),
  ));
const INVOICES_WITH_SKIPPED_TIME = invoicesWithSkippedTime(learningCalendar);
const recomputed: Scenario = (world) => reviewRecomputed(world, learningCalendar);
describe('with skipped time', () =>
  recording(
    {
      ...SKIPPED_TIME,
      ...ORDERS_WITH_SKIPPED_TIME,
      ...REFUNDS_WITH_SKIPPED_TIME,
      ...RENEWALS_WITH_SKIPPED_TIME,
      ...WEBHOOKS_WITH_SKIPPED_TIME,
      ...INVOICES_WITH_SKIPPED_TIME,
      ...INSTANCES_WITH_SKIPPED_TIME,
      'review-recomputed': recomputed,
    },
    () => startWorld(undefined, { calendar: learningCalendar, reviewHandlers, liveInvoiceOf: recordingInvoices }, []),
  ));
