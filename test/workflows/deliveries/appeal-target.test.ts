import type { HolidayCalendar } from '../../../domain/calendar/working-days';
import { DAY_MS } from '../../../domain/policies/duration';
import { calendarGrown } from '../../../workflows/shared/messages';
import { eventually } from '../../support/eventually';
import { notified, passedSince, stepsOf, wordsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

/** A calendar that learns more while a workflow runs: days of which it did not know become holidays. */
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

async function appealed(policy: Record<string, unknown> = {}) {
  const delivery = await world.paid({ policy });
  await delivery.acts('buyer.requirement', 'provider.requirement.confirm');
  await delivery.letDaysPass(5.1);
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
    await delivery.letDaysPass(daysToTarget - 0.1);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual([]);
    await delivery.letDaysPass(0.2);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
    expect(await wordsOf(world.db, delivery.id, 'delivery.escalated')).toMatchObject({ reason: 'appeal_overdue' });
    await delivery.letDaysPass(60);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toHaveLength(1);
    expect(await delivery.view()).toMatchObject({ frozen: true, allowedActions: ['ops.resolve'], deadlines: [] });
    expect(await delivery.act('ops.resolve', { ruling: 'resume' })).toMatchObject({ frozen: false });
  });

  test('ruled on in time, nothing is escalated', async () => {
    isPublished([]);
    const { delivery } = await appealed();
    await delivery.act('ops.resolve', { ruling: 'redo_requirement' });
    await delivery.letDaysPass(10);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual([]);
  });
});

describe('GEN-1: a target computed without the holidays is provisional, and recomputed before it counts', () => {
  test('holidays published meanwhile put it off: recorded, nobody notified, escalated at the true instant', async () => {
    const { delivery, appeal, daysToTarget } = await appealed();
    expect(appeal).toMatchObject({ dueProvisional: true, calendarVersion: 'before' });
    isPublished(shanghaiDays(appeal.openedAt.getTime(), 8));

    await delivery.letDaysPass(daysToTarget + 0.1);
    expect((await stepsOf(world.db, delivery.id)).at(-1)).toMatchObject({
      action: 'deadline.appeal_target.postponed',
      actorRole: 'system',
    });
    const postponed = await world.db.appeal.findUniqueOrThrow({ where: { id: appeal.id } });
    expect(postponed).toMatchObject({ dueProvisional: false, calendarVersion: 'after', status: 'open' });
    const [expectedDay] = shanghaiDays(appeal.openedAt.getTime() + 11 * DAY_MS, 1);
    expect(postponed.dueAt.toISOString()).toBe(new Date(`${expectedDay}T00:00:00+08:00`).toISOString());
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual([]);

    await delivery.letDaysPass(12);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
    expect(await passedSince(world.db, delivery.id, 'deadline.appeal_target.postponed')).toHaveLength(1);
  });

  test('still not published, it counts as it is', async () => {
    const { delivery, daysToTarget } = await appealed();
    await delivery.letDaysPass(daysToTarget + 0.1);
    expect(await notified(world.db, delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
  });
});

describe('GEN-1: notified that the calendar has grown, a workflow recomputes its provisional target at once', () => {
  /** What the workflow has recorded of its target since the appeal was opened, once it has recorded `count` steps. */
  async function recomputed({ delivery, appeal }: Awaited<ReturnType<typeof appealed>>, count: number) {
    const steps = await eventually(async () => {
      const after = (await stepsOf(world.db, delivery.id)).filter(({ atMs }) => atMs > appeal.openedAt.getTime());
      expect(after).toHaveLength(count);
      return after;
    });
    const row = await world.db.appeal.findUniqueOrThrow({ where: { id: appeal.id } });
    const { deadlines } = await delivery.view();
    return { actions: steps.map(({ action }) => action), row, deadlines };
  }
  const dayAfter = (appeal: { openedAt: Date }, days: number) => {
    const [day] = shanghaiDays(appeal.openedAt.getTime() + days * DAY_MS, 1);
    return new Date(`${day}T00:00:00+08:00`);
  };

  test('later: row, view and deadline timer have the new instant, and nobody was notified of the old one', async () => {
    const opened = await appealed();
    isPublished(shanghaiDays(opened.appeal.openedAt.getTime(), 8));
    await opened.delivery.workflow.signal(calendarGrown);

    const { actions, row, deadlines } = await recomputed(opened, 1);
    expect(actions).toEqual(['deadline.appeal_target.postponed']);
    const dueAt = dayAfter(opened.appeal, 11);
    expect(row).toMatchObject({ dueAt, dueProvisional: false, calendarVersion: 'after', status: 'open' });
    expect(deadlines).toMatchObject([{ name: 'appeal_target', at: dueAt.toISOString() }]);

    await opened.delivery.letDaysPass(12);
    const escalated = (await stepsOf(world.db, opened.delivery.id)).at(-1);
    expect(escalated).toMatchObject({ action: 'deadline.appeal_target' });
    expect(escalated?.atMs).toBeGreaterThanOrEqual(dueAt.getTime());
    expect(escalated?.atMs).toBeLessThan(dueAt.getTime() + 60_000);
    expect(await notified(world.db, opened.delivery.id, 'delivery.escalated')).toEqual(['delivery.escalated → ops']);
  });

  test('earlier: the deadline timer fires at the new instant, not at the old one', async () => {
    const opened = await appealed({ 'delivery.appealTarget': '8 working days' });
    // Plain weekdays left weekends out; published, every day is worked.
    isPublished([]);
    await opened.delivery.workflow.signal(calendarGrown);

    const { actions, row } = await recomputed(opened, 1);
    expect(actions).toEqual(['deadline.appeal_target.advanced']);
    const dueAt = dayAfter(opened.appeal, 9);
    expect(dueAt.getTime()).toBeLessThan(opened.appeal.dueAt.getTime());
    expect(row).toMatchObject({ dueAt, dueProvisional: false });

    await opened.delivery.letDaysPass(9.1);
    const escalated = (await stepsOf(world.db, opened.delivery.id)).at(-1);
    expect(escalated).toMatchObject({ action: 'deadline.appeal_target' });
    expect(escalated?.atMs).toBeGreaterThanOrEqual(dueAt.getTime());
    expect(escalated?.atMs).toBeLessThan(dueAt.getTime() + 60_000);
  });

  test('so much earlier that it is over: escalated at once', async () => {
    const opened = await appealed({ 'delivery.appealTarget': '8 working days' });
    await opened.delivery.letDaysPass(9.5);
    expect(await notified(world.db, opened.delivery.id, 'delivery.escalated')).toEqual([]);
    isPublished([]);
    await opened.delivery.workflow.signal(calendarGrown);
    const { actions } = await recomputed(opened, 2);
    expect(actions).toEqual(['deadline.appeal_target.advanced', 'deadline.appeal_target']);
  });

  test('the same instant: it is provisional no longer; notified again and again, nothing more is recorded', async () => {
    const opened = await appealed();
    const weekends = shanghaiDays(opened.appeal.openedAt.getTime(), 30).filter((day) =>
      [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay()),
    );
    isPublished(weekends);
    for (let time = 1; time <= 3; time += 1) await opened.delivery.workflow.signal(calendarGrown);
    await opened.delivery.state();
    const { actions, row } = await recomputed(opened, 1);
    expect(actions).toEqual(['deadline.appeal_target.kept']);
    const { dueAt } = opened.appeal;
    expect(row).toMatchObject({ dueAt, dueProvisional: false, calendarVersion: 'after' });
  });

  test('GEN-1: a workflow without such a target changes nothing', async () => {
    const delivery = await world.paid();
    await delivery.workflow.signal(calendarGrown);
    isPublished([]);
    const settled = await appealed();
    const before = await settled.delivery.state();
    calendar.version = 'yet another';
    await settled.delivery.workflow.signal(calendarGrown);
    await settled.delivery.act('ops.resolve', { ruling: 'resume' });
    expect((await settled.delivery.state()).sequence).toBe(before.sequence + 1);
    const actions = (await stepsOf(world.db, delivery.id)).map(({ action }) => action);
    expect(actions.filter((action) => action.includes('appeal'))).toEqual([]);
  });
});
