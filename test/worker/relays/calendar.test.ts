import pino from 'pino';
import type { HolidayCalendar } from '../../../domain/calendar/working-days';
import { provisionalDues } from '../../../prisma/store/calendar/provisional';
import { startCalendarRelay } from '../../../worker/relays/calendar';
import { invoicesOf, paidOrder } from '../../factories/invoices';
import { emptyReviewHandlers, type Review, reviewsOf } from '../../factories/reviews';
import { eventually } from '../../support/eventually';
import { stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

/** Until it grows: a calendar of years long ago. */
const calendar: HolidayCalendar = { version: '', coveredYears: { from: 2000, to: 2001 }, isWorkday: () => true };
const grow = (version: string) => Object.assign(calendar, { version, coveredYears: { from: 2000, to: 2100 } });

let world: World;
let reviews: ReturnType<typeof reviewsOf>;
let invoices: ReturnType<typeof invoicesOf>;
beforeAll(async () => {
  world = await startWorld(undefined, { calendar, reviewHandlers: emptyReviewHandlers() });
  reviews = reviewsOf(world);
  invoices = invoicesOf(world);
});
beforeEach(() => {
  Object.assign(calendar, { version: 'before', coveredYears: { from: 2000, to: 2001 } });
});
afterAll(() => world.stop());

const startRelay = () =>
  startCalendarRelay({
    db: world.db,
    client: world.client,
    calendar,
    logger: pino({ level: 'silent' }),
    intervalMs: 3_600_000,
  });

async function appealed() {
  const delivery = await world.paid();
  await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
  await delivery.letDaysPass(5.1);
  await delivery.act('buyer.appeals');
  return delivery;
}

const last = async (id: string) => (await stepsOf(world.db, id)).at(-1)?.action;
/** How often a workflow was signalled. */
async function timesSignalled(workflow: { fetchHistory: Review['workflow']['fetchHistory'] }): Promise<number> {
  const { events } = await workflow.fetchHistory();
  return (events ?? []).filter(({ workflowExecutionSignaledEventAttributes: signal }) => signal != null).length;
}
const found = async () =>
  (await provisionalDues(world.db, calendar.version, { limit: 100, after: null })).map(({ id }) => id);

describe('GEN-1: a worker that starts with a calendar that has grown signals every workflow with a provisional deadline', () => {
  test('appeals, reviews of every kind and invoices are signalled once; those settled, decided or overdue are not', async () => {
    const appeal = await appealed();
    const shop = await reviews.submit();
    const product = await reviews.submit({ kind: 'product', operation: 'publish', reviewId: 'app_relay1' });
    const ticket = await reviews.submit({ kind: 'account', operation: 'payee', reviewId: 'tkt_relay1' });
    const invoice = await invoices.ask({ orderIds: [await paidOrder(world.db)] });
    const withdrawn = await invoices.ask({ orderIds: [await paidOrder(world.db)] });
    await withdrawn.act('buyer.withdraw');
    const decided = await reviews.submit();
    await decided.act('ops.approve');
    const overdue = await reviews.submit({ policy: { 'shop.reviewTarget': '1 working days' } });
    await overdue.letDaysPass(2);
    expect(await overdue.view()).toMatchObject({ overdue: true, dueProvisional: true });
    expect(await found()).toEqual([]);
    grow('after');
    const settled = await reviews.submit();

    const relay = startRelay();
    await eventually(async () => {
      expect(await last(appeal.id)).toMatch(/^deadline\.appeal_target\./);
      for (const { id } of [shop, product, ticket]) expect(await last(id)).toMatch(/^deadline\.review_target\./);
      expect(await last(invoice.id)).toMatch(/^deadline\.issue_within\./);
    });
    await relay.stop();
    // The next worker that starts finds none to signal: the rows of those that were name the new calendar.
    expect(await found()).toEqual([]);
    await startRelay().stop();

    for (const { workflow } of [appeal, shop, product, ticket, invoice]) expect(await timesSignalled(workflow)).toBe(1);
    for (const { workflow } of [decided, overdue, settled, withdrawn]) expect(await timesSignalled(workflow)).toBe(0);
    const row = await world.db.appeal.findFirstOrThrow({ where: { deliveryId: appeal.id } });
    expect(row).toMatchObject({ calendarVersion: 'after', dueProvisional: false });
  });

  test('a workflow that is gone does not keep the others from being signalled', async () => {
    const gone = await reviews.submit({ reviewId: 'srv_0gone' });
    const there = await reviews.submit({ reviewId: 'srv_1there' });
    await gone.workflow.terminate();
    grow('after that');
    const relay = startRelay();
    await eventually(async () => expect(await last(there.id)).toMatch(/^deadline\.review_target\./));
    await relay.stop();
    expect(await found()).toEqual([gone.id]);
  });
});

test('GEN-1: provisional deadlines are read page by page', async () => {
  const submitted = [await reviews.submit(), await reviews.submit(), await reviews.submit()];
  grow('for pages');
  const read: string[] = [];
  for (let after: string | null = null; ; after = read.at(-1) ?? null) {
    const page = await provisionalDues(world.db, calendar.version, { limit: 1, after });
    if (page.length === 0) break;
    read.push(...page.map(({ id }) => id));
  }
  expect(read).toEqual(expect.arrayContaining(submitted.map(({ id }) => id)));
  expect(read).toEqual([...new Set(read)].sort());
});
