import { chineseCalendar } from '../../../activities/calendar';
import { shopService } from '../../../api/shops/service';
import type { HolidayCalendar } from '../../../domain/calendar/working-days';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { DAY_MS } from '../../../domain/policies/duration';
import { findShopPage } from '../../../prisma/store/shops/shop-pages';
import { reviewWorkflowId } from '../../../workflows/reviews/messages';
import { commanded, serviceOf } from '../../factories/reviews';
import { eventually } from '../../support/eventually';
import { notified, stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

/**
 * The server's clock only goes forward, and the holidays of years to come are not published. So the calendar is moved:
 * this many days later it has the holidays of 2026, on the same days of the week.
 */
const SPRING = Date.parse('2026-02-01T00:00:00Z');
const weeksLater = Math.max(1, Math.ceil((Date.now() - SPRING) / (7 * DAY_MS)) + 1);
const LATER_MS = weeksLater * 7 * DAY_MS;
const real = chineseCalendar();
const moved: HolidayCalendar = {
  version: real.version,
  coveredYears: { from: 2000, to: 2100 },
  isWorkday: (day) => real.isWorkday(new Date(Date.parse(day) - LATER_MS).toISOString().slice(0, 10)),
};
/** An instant of 2026 as the server will live it, and back. */
const lived = (of2026: string) => Date.parse(of2026) + LATER_MS;
const asOf2026 = (instant: string | null) => new Date(Date.parse(instant ?? '') - LATER_MS).toISOString();

let world: World;
let service: ReturnType<typeof shopService>;
beforeAll(async () => {
  world = await startWorld(undefined, { calendar: moved });
  service = shopService({ db: world.db, policy: parsePolicy(), reviews: serviceOf(world) });
});
afterAll(() => world.stop());

const untilThen = async (instant: number) => world.env.sleep(instant - (await world.env.currentTimeMs()));
const shop = async () => (await service.view(commanded('provider').principal)).shop;
const sloganShown = async () => (await findShopPage(world.db, { id: 'shp_demo' }))?.content.introduction.slogan;

/** The demonstration shop with another slogan goes into review; answers the review's id. */
async function submitted(slogan: string): Promise<string> {
  const { published } = await shop();
  if (published === null) throw new Error('the demonstration shop is not published');
  const introduction = { ...published.content.introduction, slogan };
  await service.save(commanded('provider'), { ...published.content, introduction }, null);
  const { review } = (await service.submit(commanded('provider'))).shop;
  if (review === null) throw new Error('it is not in review');
  return review.id;
}

const decide = (id: string, action: 'ops.approve' | 'ops.reject', note = '') =>
  serviceOf(world).act(id, action, note, commanded('ops'));
const review = (id: string) => serviceOf(world).view(id, 'all');
/** Once what fell due by now is recorded. */
const overdue = (id: string) =>
  eventually(async () => {
    const now = await review(id);
    if (!now.overdue) throw new Error('not overdue');
    return now;
  });

describe('SHOP-2: the target is 7 Chinese working days', () => {
  test('over the Spring Festival of 2026, whose Saturday before is worked', async () => {
    await untilThen(lived('2026-02-10T03:00:00Z'));
    const id = await submitted('春节前');
    // Tuesday 10 February. Wed 11, Thu 12, Fri 13, Sat 14 (worked for the festival); 15 to 23 are off; Tue 24, Wed 25,
    // Thu 26: the seventh. Plain weekdays would have said the 19th.
    expect(asOf2026((await review(id)).dueAt)).toBe('2026-02-26T16:00:00.000Z');
    await untilThen(lived('2026-02-26T15:59:00Z'));
    expect(await review(id)).toMatchObject({ overdue: false, dueProvisional: false });
    await untilThen(lived('2026-02-26T16:01:00Z'));
    expect(await overdue(id)).toMatchObject({ status: 'in_review', deadlines: [] });
    await decide(id, 'ops.approve');
    expect(await sloganShown()).toBe('春节前');
  });

  test('over the National Day of 2026, whose Saturday after is worked', async () => {
    await untilThen(lived('2026-09-28T03:00:00Z'));
    const id = await submitted('国庆前');
    // Monday 28 September. Tue 29, Wed 30; 1 to 7 October are off; Thu 8, Fri 9, Sat 10 (worked); Sun 11 off; Mon 12,
    // Tue 13: the seventh.
    expect(asOf2026((await review(id)).dueAt)).toBe('2026-10-13T16:00:00.000Z');
    expect((await service.withdraw(commanded('provider'))).shop.draft?.status).toBe('draft');
  });
});

describe('SHOP-5: past the target', () => {
  test('managers are notified, once; no timer ever decides; the shop stays as it was until somebody does', async () => {
    const before = await sloganShown();
    const id = await submitted('等了很久');
    await world.env.sleep(30 * DAY_MS);
    await overdue(id);
    await world.env.sleep(700 * DAY_MS);
    expect((await shop()).draft?.status).toBe('in_review');
    expect(await sloganShown()).toBe(before);
    expect(await notified(world.db, id, 'shop.overdue')).toEqual(['shop.overdue → ops']);
    const [message] = await world.db.message.findMany({ where: { objectId: id, event: 'shop.overdue' } });
    expect(message?.recipientId).toBe('usr_ops_demo');
    expect((await stepsOf(world.db, id)).map(({ action }) => action)).toEqual([
      'provider.publish',
      'deadline.review_target',
    ]);
    await decide(id, 'ops.approve');
    expect(await sloganShown()).toBe('等了很久');
  });

  test('the provider may withdraw even then (SHOP-3), and submit again with a fresh target', async () => {
    const id = await submitted('先撤回');
    await world.env.sleep(30 * DAY_MS);
    await overdue(id);
    await service.withdraw(commanded('provider'));
    const again = (await service.submit(commanded('provider'))).shop.review;
    expect(again).toMatchObject({ status: 'in_review', overdue: false });
    expect(again?.id).not.toBe(id);
    await decide(again?.id ?? '', 'ops.approve');
  });
});

describe('SHOP-2: the decision', () => {
  test('rejected: the provider is notified in-site, by e-mail and by SMS, with the reason', async () => {
    const before = await sloganShown();
    const id = await submitted('会被驳回');
    await decide(id, 'ops.reject', '口号用语不当');
    const messages = await world.db.message.findMany({
      where: { objectId: id, event: 'shop.rejected' },
      include: { notificationDeliveries: { orderBy: { channel: 'asc' } } },
    });
    expect(messages).toMatchObject([
      {
        recipientId: 'usr_provider_demo',
        inSite: true,
        params: { reason: '口号用语不当', title: '示例云服务' },
        notificationDeliveries: [{ channel: 'email' }, { channel: 'sms' }],
      },
    ]);
    expect((await shop()).draft).toMatchObject({ status: 'rejected', reason: '口号用语不当' });
    expect(await sloganShown()).toBe(before);
  });

  test('withdrawal and approval at the same moment: one of them, and the shop is what the workflow says', async () => {
    for (let round = 0; round < 5; round += 1) {
      const slogan = `第${round}轮`;
      const id = await submitted(slogan);
      const both: (() => Promise<unknown>)[] = [
        () => service.withdraw(commanded('provider')),
        () => decide(id, 'ops.approve'),
      ];
      const inOrder = round % 2 === 0 ? both : both.reverse();
      const outcomes = await Promise.allSettled(inOrder.map((send) => send()));
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const workflowId = reviewWorkflowId({ kind: 'shop', objectId: 'shp_demo', operation: 'publish' });
      const { outcome } = await world.realTimeClient.workflow.getHandle(workflowId).result();
      expect((await review(id)).status).toBe(outcome);
      expect((await shop()).draft?.status ?? 'published').toBe(outcome === 'approved' ? 'published' : 'draft');
      expect((await sloganShown()) === slogan).toBe(outcome === 'approved');
    }
  });
});
