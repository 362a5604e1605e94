import type { HolidayCalendar } from '../../domain/calendar/working-days';
import { DAY_MS } from '../../domain/policy/duration';
import { passedSince, stepsOf, told, wordsOf } from '../support/observe';
import { startWorld, type World } from '../support/world';

/** A calendar that learns more while a process runs: days of which it did not know become holidays. */
const calendar: HolidayCalendar = {
  version: 'before',
  coveredYears: { from: 2000, to: 2001 },
  isWorkday: () => true,
};

function isPublished(holidays: readonly string[]): void {
  calendar.version = 'after';
  calendar.coveredYears = { from: 2000, to: 2100 };
  calendar.isWorkday = (day) => !holidays.includes(day);
}

/** The Shanghai days around an instant. */
const shanghaiDays = (fromMs: number, count: number) =>
  Array.from({ length: count }, (_, n) => new Date(fromMs + 8 * 3_600_000 + n * DAY_MS).toISOString().slice(0, 10));

let world: World;
beforeAll(async () => {
  world = await startWorld(undefined, { calendar });
});
beforeEach(() => {
  calendar.version = 'before';
  calendar.coveredYears = { from: 2000, to: 2001 };
});
afterAll(() => world.stop());

async function appealed() {
  const delivery = await world.paid();
  await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
  await delivery.silence(5.1);
  await delivery.act('buyer.appeals');
  const appeal = await world.db.appeal.findFirstOrThrow({ where: { deliveryId: delivery.id } });
  const daysToTarget = (appeal.dueAt.getTime() - appeal.openedAt.getTime()) / DAY_MS;
  return { delivery, appeal, daysToTarget };
}

describe('DLV-10: an appeal should be ruled on within 3 working days', () => {
  test('it is escalated to operations when they are over, once, and stays frozen', async () => {
    isPublished([]);
    const { delivery, appeal, daysToTarget } = await appealed();
    expect(appeal).toMatchObject({ dueProvisional: false, calendarVersion: 'after' });
    await delivery.silence(daysToTarget - 0.1);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual([]);
    await delivery.silence(0.2);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
    expect(await wordsOf(world.db, delivery.id, 'delivery.escalated')).toMatchObject({ reason: 'appeal_overdue' });
    await delivery.silence(60);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toHaveLength(1);
    expect(await delivery.view()).toMatchObject({ frozen: true, allowedActions: ['ops.resolve'], deadlines: [] });
    expect(await delivery.act('ops.resolve', { ruling: 'resume' })).toMatchObject({ frozen: false });
  });

  test('ruled on in time, nothing is escalated', async () => {
    isPublished([]);
    const { delivery } = await appealed();
    await delivery.act('ops.resolve', { ruling: 'redo_requirement' });
    await delivery.silence(10);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual([]);
  });
});

describe('GEN-1: a target reckoned without the holidays is provisional, and reckoned again before it counts', () => {
  test('holidays published meanwhile put it off: recorded, told to nobody, escalated at the true instant', async () => {
    const { delivery, appeal, daysToTarget } = await appealed();
    expect(appeal).toMatchObject({ dueProvisional: true, calendarVersion: 'before' });
    isPublished(shanghaiDays(appeal.openedAt.getTime(), 8));

    await delivery.silence(daysToTarget + 0.1);
    expect((await stepsOf(world.db, delivery.id)).at(-1)).toMatchObject({
      action: 'deadline.appeal_target.postponed',
      actorRole: 'system',
    });
    const postponed = await world.db.appeal.findUniqueOrThrow({ where: { id: appeal.id } });
    expect(postponed).toMatchObject({ dueProvisional: false, calendarVersion: 'after', status: 'open' });
    const [expectedDay] = shanghaiDays(appeal.openedAt.getTime() + 11 * DAY_MS, 1);
    expect(postponed.dueAt.toISOString()).toBe(new Date(`${expectedDay}T00:00:00+08:00`).toISOString());
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual([]);

    await delivery.silence(12);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
    expect(await passedSince(world.db, delivery.id, 'deadline.appeal_target.postponed')).toHaveLength(1);
  });

  test('still not published, it counts as it is', async () => {
    const { delivery, daysToTarget } = await appealed();
    await delivery.silence(daysToTarget + 0.1);
    expect(await told(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
  });
});
