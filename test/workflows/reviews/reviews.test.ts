import type { HolidayCalendar } from '../../../domain/calendar/working-days';
import { AppError } from '../../../domain/shared/errors';
import { writeReviewStep } from '../../../prisma/store/reviews/steps';
import type { shopReview } from '../../../workflows/reviews/workflow';
import { calendarGrown, catchUp } from '../../../workflows/shared/messages';
import { emptyReviewHandlers, type Review, reviewsOf } from '../../factories/reviews';
import { eventually } from '../../support/eventually';
import { notified, stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

/** A calendar whose owner has not got this year's schedule yet, until it is taught. */
let known = { ...neverHoliday(2000), version: 'ignorant' };
function neverHoliday(to: number): HolidayCalendar {
  const isWorkday = (day: string) => ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
  return { version: `until ${to}`, coveredYears: { from: 2000, to }, isWorkday };
}
const calendar: HolidayCalendar = {
  get version() {
    return known.version;
  },
  get coveredYears() {
    return known.coveredYears;
  },
  isWorkday: (day) => known.isWorkday(day),
};

const reviewHandlers = emptyReviewHandlers();
let world: World;
let reviews: ReturnType<typeof reviewsOf>;
beforeAll(async () => {
  world = await startWorld(undefined, { calendar, reviewHandlers });
  reviews = reviewsOf(world);
});
beforeEach(() => {
  known = neverHoliday(2100);
});
afterAll(() => world.stop());

const actionsOf = async ({ id }: Review) => (await stepsOf(world.db, id)).map(({ action }) => action);
const notifiedOf = ({ id }: Review, event?: string) => notified(world.db, id, event);

describe('SHOP-2, SHOP-3, PRD-5: from submission to decision', () => {
  test.each([
    { action: 'ops.approve', status: 'approved', notified: ['shop.approved → provider'] },
    { action: 'ops.reject', status: 'rejected', notified: ['shop.rejected → provider'] },
    { action: 'provider.withdraw', status: 'withdrawn', notified: [] },
  ] as const)('$action: it is $status, and the workflow ends', async ({ action, status, notified }) => {
    const review = await reviews.submit();
    expect(await review.view()).toMatchObject({
      status: 'in_review',
      allowedActions: ['provider.withdraw', 'ops.approve', 'ops.reject'],
      deadlines: [{ name: 'review_target', outcome: 'escalated_to_managers' }],
    });
    const decided = await review.act(action, 'the logo is not yours');
    expect(decided).toMatchObject({ status, allowedActions: [], deadlines: [] });
    expect(decided.reason).toBe(status === 'rejected' ? 'the logo is not yours' : null);
    await expect(review.outcome()).resolves.toEqual({ outcome: status });
    expect(await actionsOf(review)).toEqual(['provider.publish', action]);
    expect(await notifiedOf(review)).toEqual(['shop.submitted → ops', ...notified]);
  });

  test('PRD-6: a security check comes first, and has a target of its own', async () => {
    const review = await reviews.submit({ kind: 'product', operation: 'publish', needsSecurityCheck: true });
    const { deadlines, allowedActions } = await review.view();
    expect(deadlines).toMatchObject([{ name: 'security_check_target' }]);
    expect(allowedActions).toEqual(['provider.withdraw', 'ops.security.pass', 'ops.security.fail']);
    await expect(review.act('ops.approve')).rejects.toMatchObject({
      code: 'REVIEW.NOT_ALLOWED',
      extra: { allowedActions },
    });
    const passed = await review.act('ops.security.pass');
    expect(passed).toMatchObject({ status: 'in_review', deadlines: [{ name: 'review_target' }] });
    expect(Date.parse(passed.dueAt ?? '')).toBeGreaterThan(Date.parse(deadlines[0]?.at ?? ''));
    expect(await review.act('ops.approve')).toMatchObject({ status: 'approved' });
  });

  test('a decided review takes nothing more', async () => {
    const review = await reviews.submit();
    await review.act('ops.reject', 'no');
    for (const action of ['ops.approve', 'provider.withdraw'] as const) {
      await expect(review.act(action)).rejects.toMatchObject({
        code: 'REVIEW.NOT_ALLOWED',
        extra: { allowedActions: [] },
      });
    }
    expect(await actionsOf(review)).toEqual(['provider.publish', 'ops.reject']);
  });
});

describe('SHOP-5: one review at a time', () => {
  test('another submission of the same object is refused while one is open, and taken once it is decided', async () => {
    const first = await reviews.submit();
    const again = { objectId: first.subject.objectId };
    await expect(reviews.submit(again)).rejects.toMatchObject({ code: 'REVIEW.IN_REVIEW' });
    await first.act('provider.withdraw');
    const second = await reviews.submit(again);
    expect(await second.view()).toMatchObject({ status: 'in_review' });
    // The workflow id says only what is reviewed: a late command to the first review must not reach the second.
    await expect(first.act('ops.approve')).rejects.toMatchObject({ code: 'REVIEW.NOT_ALLOWED' });
    expect(await second.view()).toMatchObject({ status: 'in_review' });
  });

  test('the same submission sent again is the same review, also when it is decided already', async () => {
    const review = await reviews.submit({}, 'cmd_twice');
    await reviews.submit({ ...review.subject }, 'cmd_twice');
    await review.act('ops.approve');
    await reviews.submit({ ...review.subject }, 'cmd_twice');
    expect(await actionsOf(review)).toEqual(['provider.publish', 'ops.approve']);
    expect((await review.view()).status).toBe('approved');
  });

  test('what cannot be submitted is refused in its own words; the workflow ends, and the next may come', async () => {
    const errors = [{ path: 'body.logo', message: 'is missing' }];
    const { onSubmitted } = reviewHandlers.shop;
    reviewHandlers.shop.onSubmitted = async () => {
      throw new AppError('REQUEST.INVALID', 'Complete the draft first.', { errors });
    };
    const objectId = `shp_refused_${Date.now()}`;
    await expect(reviews.submit({ objectId })).rejects.toMatchObject({ code: 'REQUEST.INVALID', extra: { errors } });
    reviewHandlers.shop.onSubmitted = onSubmitted;
    expect(await world.db.review.count({ where: { objectId } })).toBe(0);
    expect(await (await reviews.submit({ objectId })).view()).toMatchObject({ status: 'in_review' });
  });
});

describe('SHOP-5, GEN-5: the target', () => {
  test('past it the review is overdue and managers are notified once; a timer never decides it', async () => {
    const review = await reviews.submit();
    expect(await review.letDaysPass(5)).toMatchObject({ overdue: false });
    expect(await notifiedOf(review, 'shop.overdue')).toEqual([]);
    expect(await review.letDaysPass(8)).toMatchObject({ overdue: true, status: 'in_review', deadlines: [] });
    await review.letDaysPass(400);
    expect(await review.view()).toMatchObject({ overdue: true, status: 'in_review' });
    expect(await notifiedOf(review, 'shop.overdue')).toEqual(['shop.overdue → ops']);
    expect(await actionsOf(review)).toEqual(['provider.publish', 'deadline.review_target']);
    expect(await review.act('ops.approve')).toMatchObject({ status: 'approved', overdue: true });
  });

  test('GEN-3: a review keeps the policy it was submitted under', async () => {
    const review = await reviews.submit({ policy: { 'shop.reviewTarget': '2 hours' } });
    const { submittedAt, dueAt } = await review.view();
    expect(Date.parse(dueAt ?? '') - Date.parse(submittedAt)).toBe(2 * 3_600_000);
    expect(await review.letDaysPass(0.1)).toMatchObject({ overdue: true });
  });

  test('GEN-1: a provisional target is recomputed when the calendar has grown, later or earlier', async () => {
    known = neverHoliday(2020);
    const review = await reviews.submit();
    const before = await review.view();
    expect(before).toMatchObject({ dueProvisional: true });
    // The year proves to have a week of holidays.
    const weekOff = neverHoliday(2100);
    const firstDays = [1, 2, 3, 4, 5, 6, 7].map((day) => dayAfter(before.submittedAt, day));
    known = {
      ...weekOff,
      version: 'published',
      isWorkday: (day) => !firstDays.includes(day) && weekOff.isWorkday(day),
    };
    await review.workflow.signal(calendarGrown);
    const later = await eventually(async () => {
      const view = await review.view();
      expect(view.dueProvisional).toBe(false);
      return view;
    });
    expect(Date.parse(later.dueAt ?? '')).toBe(Date.parse(before.dueAt ?? '') + 7 * 86_400_000);
    expect(await review.letDaysPass(12)).toMatchObject({ overdue: false });
    expect(await review.letDaysPass(6)).toMatchObject({ overdue: true });
  });

  test('GEN-1: notified for nothing, nothing changes; a provisional target that passes is looked up before it counts', async () => {
    known = neverHoliday(2020);
    const review = await reviews.submit({ policy: { 'shop.reviewTarget': '1 working days' } });
    await review.workflow.signal(calendarGrown);
    const { submittedAt } = await review.view();
    const firstDays = [1, 2, 3, 4, 5].map((day) => dayAfter(submittedAt, day));
    const taught = neverHoliday(2100);
    known = { ...taught, version: 'now known', isWorkday: (day) => !firstDays.includes(day) && taught.isWorkday(day) };
    expect(await review.letDaysPass(4.5)).toMatchObject({ overdue: false });
    expect(await actionsOf(review)).toEqual(['provider.publish', 'deadline.review_target.postponed']);
    expect(await review.letDaysPass(5)).toMatchObject({ overdue: true, dueProvisional: false });
  });
});

/** The day `n` days after an instant, in Shanghai. */
function dayAfter(instant: string, n: number): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000 + n * 86_400_000).toISOString().slice(0, 10);
}

describe('AUD-1: a step that is stored wins over what the workflow believes', () => {
  /** Stores a decision of which no history ever hears: its worker died in that moment. */
  async function storeUnrecordedStep(review: Review, commandId: string, stage: 'approved' | 'withdrawn') {
    const { state, sequence } = await review.state();
    const enteredAtMs = Date.now();
    const step = {
      ...{ subject: review.subject, sequence: sequence + 1, commandId, note: '', notices: [], atMs: enteredAtMs },
      ...{ requestId: 'req_test', sourceIp: '127.0.0.1' },
      ...(stage === 'approved'
        ? { action: 'ops.approve', actorRole: 'ops' as const, actorId: 'usr_ops_demo' }
        : { action: 'provider.withdraw', actorRole: 'provider' as const, actorId: 'usr_provider_demo' }),
      state: { stage, enteredAtMs, due: null, overdue: state.overdue },
    };
    expect(await writeReviewStep(world.db, step, 'run_dead', reviewHandlers)).toBeNull();
  }

  test('a withdrawal that is stored is not overtaken by an approval', async () => {
    const review = await reviews.submit();
    await storeUnrecordedStep(review, 'cmd_withdrawn_unheard', 'withdrawn');
    await expect(review.act('ops.approve')).rejects.toMatchObject({ code: 'REVIEW.NOT_ALLOWED' });
    await expect(review.outcome()).resolves.toEqual({ outcome: 'withdrawn' });
    expect(await actionsOf(review)).toEqual(['provider.publish', 'provider.withdraw']);
  });

  test('the very command whose answer was lost is answered, and takes effect once', async () => {
    const review = await reviews.submit();
    await storeUnrecordedStep(review, 'cmd_approved_unheard', 'approved');
    expect(await review.act('ops.approve', '', 'cmd_approved_unheard')).toMatchObject({ status: 'approved' });
    expect(await actionsOf(review)).toEqual(['provider.publish', 'ops.approve']);
  });

  test('a workflow that has missed its end does not keep the next submission out', async () => {
    const review = await reviews.submit();
    await storeUnrecordedStep(review, 'cmd_approved_long_ago', 'approved');
    const next = await reviews.submit({ objectId: review.subject.objectId });
    expect(await next.view()).toMatchObject({ status: 'in_review' });
    expect(await review.view()).toMatchObject({ status: 'approved' });
  });

  test('a submission that is started again when its review is decided already ends as that did', async () => {
    const review = await reviews.submit({}, 'cmd_started_again');
    await review.act('ops.reject', 'no');
    await review.outcome();
    const target = { kind: 'elapsed', ms: 3_600_000 } as const;
    const origin = {
      actorId: 'usr_provider_demo',
      providerId: 'prv_demo',
      requestId: 'req_test',
      sourceIp: '127.0.0.1',
    };
    const again = await world.realTimeClient.workflow.start<typeof shopReview>('shopReview', {
      workflowId: review.workflowId,
      taskQueue: 'back-office',
      args: [
        {
          subject: review.subject,
          submission: { commandId: 'cmd_started_again', origin },
          needsSecurityCheck: false,
          policy: { target, securityTarget: target },
        },
      ],
    });
    await expect(again.result()).resolves.toEqual({ outcome: 'rejected' });
    expect(await actionsOf(review)).toEqual(['provider.publish', 'ops.reject']);
  });

  test('signalled to catch up, it does; signalled for nothing, it changes nothing', async () => {
    const review = await reviews.submit();
    await review.workflow.signal(catchUp);
    expect((await review.state()).sequence).toBe(1);
    await storeUnrecordedStep(review, 'cmd_approved_and_told', 'approved');
    await review.workflow.signal(catchUp);
    await expect(review.outcome()).resolves.toEqual({ outcome: 'approved' });
  });
});

describe('SHOP-3: withdrawal and decision at the same time', () => {
  test('exactly one of twenty wins, and row, trail and workflow agree', async () => {
    const review = await reviews.submit();
    const actions = ['provider.withdraw', 'ops.approve', 'ops.reject'] as const;
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => review.act(actions[n % 3] ?? 'ops.approve', 'because')),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'REVIEW.NOT_ALLOWED' });
    }
    const { status } = await review.view();
    await expect(review.outcome()).resolves.toEqual({ outcome: status });
    expect(await actionsOf(review)).toHaveLength(2);
  });

  test('PRD-4: of twenty submissions of one product exactly one gets in', async () => {
    const objectId = `prd_race_${Date.now()}`;
    const submissions = Array.from({ length: 20 }, () =>
      reviews.submit({ kind: 'product', operation: 'modify', objectId }),
    );
    const answers = await Promise.allSettled(submissions);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'REVIEW.IN_REVIEW' });
    }
    expect(await world.db.review.count({ where: { objectId } })).toBe(1);
  });
});
