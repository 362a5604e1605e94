import { setTimeout as sleep } from 'node:timers/promises';
import type { HolidayCalendar } from '../../domain/calendar/working-days';
import type { DeliveryAction } from '../../domain/deliveries/commands';
import { paymentReturnWorkflowId } from '../../workflows/orders/messages';
import type { paymentReturn } from '../../workflows/orders/workflow';
import { calendarGrown } from '../../workflows/shared/messages';
import { command } from '../factories/commands';
import { newTerms, paymentFor } from '../factories/orders';
import { eventually } from '../support/eventually';
import { misbehave, sentBack } from '../support/observe';
import { storeUnrecordedStep } from '../support/unrecorded-step';
import type { Delivery, World } from '../support/world';

/** A story whose workflows' histories are kept: their ids, by a short name each. */
export type Scenario = (world: World) => Promise<Record<string, string>>;

const processesOf = ({ id, terms }: Pick<Delivery, 'id' | 'terms'>) => ({
  order: `order/${terms.orderId}`,
  delivery: `delivery/${id}`,
});

const STATED = ['buyer.requirement', 'provider.requirement.confirm'] as const;
const REQUIREMENT_REFUSED = ['buyer.requirement', 'provider.requirement.reject'] as const;
const ACCEPTANCE_REFUSED = ['provider.implementation.submit', 'buyer.acceptance.reject'] as const;
const thrice = (actions: readonly DeliveryAction[]) => [...actions, ...actions, ...actions];

/** The policies of a business in a hurry: what takes days takes seconds, the steps of a server's timers. */
const HURRY = {
  'delivery.providerReminders': ['1 second', '2 seconds'],
  'delivery.providerStall': '2 seconds',
  'delivery.appealTarget': '2 seconds',
  'delivery.acceptanceReminders': ['2 seconds', '1 second'],
  'delivery.autoAcceptAfter': '3 seconds',
  'delivery.requirementReminders': ['1 second', '2 seconds'],
  'delivery.requirementTaskAfter': '3 seconds',
  'delivery.implementingEscalations': ['3 seconds', '4 seconds'],
  'delivery.operationsReminders': ['1 second', '2 seconds'],
  'order.startWithin': '4 seconds',
  'order.payWithin': '2 seconds',
};
const hurried = (world: World, flow: 'standard' | 'self_operated' = 'standard') => world.paid({ flow, policy: HURRY });

async function stalled(world: World) {
  const delivery = await hurried(world);
  await delivery.acts(...STATED);
  await sleep(3_300);
  await delivery.act('buyer.appeals');
  return delivery;
}

async function ruledAfter(world: World, quarrel: readonly DeliveryAction[], ruling: 'resume' | 'redo_requirement') {
  const delivery = await world.paid();
  await delivery.acts(...quarrel, 'buyer.appeals', 'buyer.evidence', 'provider.evidence');
  await delivery.act('ops.resolve', { ruling });
  return delivery;
}

/** Lived in real time, on the server that runs in production. */
export const REAL_TIME: Record<string, Scenario> = {
  async straight(world) {
    const delivery = await world.paid();
    await delivery.acts('buyer.requirement', 'buyer.requirement', 'provider.requirement.confirm');
    await delivery.act('buyer.acceptance.accept').catch(() => 'a refusal leaves no trace');
    await delivery.acts('provider.implementation.submit', 'buyer.acceptance.accept');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'requirement-rejected-resume'(world) {
    const delivery = await ruledAfter(world, thrice(REQUIREMENT_REFUSED), 'resume');
    await delivery.acts(...STATED, 'provider.implementation.submit', 'buyer.acceptance.accept');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'requirement-rejected-redo'(world) {
    const { delivery } = processesOf(await ruledAfter(world, thrice(REQUIREMENT_REFUSED), 'redo_requirement'));
    return { delivery };
  },

  async 'acceptance-rejected-redo'(world) {
    const delivery = await world.paid();
    await delivery.acts(...STATED, ...thrice(ACCEPTANCE_REFUSED), 'provider.implementation.submit', 'buyer.appeals');
    await delivery.act('ops.resolve', { ruling: 'redo_implementation' });
    await delivery.acts('provider.implementation.submit', 'buyer.acceptance.accept');
    await delivery.outcome();
    return { delivery: processesOf(delivery).delivery };
  },

  async 'acceptance-rejected-provider-appeals'(world) {
    const delivery = await world.paid();
    await delivery.acts(...STATED, ...thrice(ACCEPTANCE_REFUSED), 'provider.appeals');
    await delivery.act('ops.resolve', { ruling: 'accept' });
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'stall-cancelled'(world) {
    const delivery = await stalled(world);
    await delivery.act('ops.resolve', { ruling: 'cancel_and_refund', refundFen: 70_000 });
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'appeal-overdue'(world) {
    const delivery = await stalled(world);
    await sleep(3_300);
    await delivery.act('ops.resolve', { ruling: 'resume' });
    return { delivery: processesOf(delivery).delivery };
  },

  async 'auto-accepted'(world) {
    const delivery = await hurried(world);
    await delivery.acts(...STATED, 'provider.implementation.submit');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'not-started'(world) {
    const delivery = await hurried(world);
    await delivery.acts('buyer.requirement', 'buyer.requirement');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'self-operated'(world) {
    const delivery = await hurried(world, 'self_operated');
    await sleep(3_300);
    await delivery.acts('ops.dispatch', ...STATED, 'provider.implementation.submit', 'ops.check.return');
    await delivery.acts('provider.implementation.submit', 'ops.check.pass', 'buyer.acceptance.accept');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'buyer-silent'(world) {
    const delivery = await hurried(world);
    await sleep(4_500);
    return { delivery: processesOf(delivery).delivery };
  },

  async 'provider-silent'(world) {
    const delivery = await hurried(world);
    await delivery.acts(...STATED);
    await sleep(5_500);
    return processesOf(delivery);
  },

  async 'continued-as-new'(world) {
    const delivery = await world.paid();
    for (let round = 0; round < 51; round += 1) {
      await Promise.all([1, 2, 3, 4].map(() => delivery.send(command('buyer.requirement'))));
    }
    await delivery.acts('provider.requirement.confirm', 'provider.implementation.submit', 'buyer.acceptance.accept');
    await delivery.outcome();
    return processesOf(delivery);
  },

  async 'overtaken-and-caught-up'(world) {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement');
    await storeUnrecordedStep(world, delivery, command('buyer.requirement'));
    await delivery.act('provider.requirement.confirm');
    const truth = await storeUnrecordedStep(world, delivery, command('provider.implementation.submit'));
    await delivery.workflow.signal('catchUp');
    await eventually(async () => expect((await delivery.state()).sequence).toBe(truth.sequence));
    return { delivery: processesOf(delivery).delivery };
  },

  async 'not-storable'(world) {
    const delivery = await world.paid();
    await delivery.act('buyer.requirement', { note: 'a\0b' }).catch(() => 'no text column takes this');
    await delivery.act('buyer.requirement');
    return { delivery: processesOf(delivery).delivery };
  },

  async 'closed-unpaid'(world) {
    const placed = await world.place({ policy: HURRY });
    await placed.ended();
    return { order: processesOf({ ...placed, id: '' }).order };
  },

  async 'surplus-payments'(world) {
    const placed = await world.place();
    const wrong = [await placed.pay({ amountFen: 1 }), await placed.pay({ channel: 'tenpay' })];
    await placed.pay();
    const surplus = await placed.pay();
    for (const { transactionId, amountFen } of [...wrong, surplus]) {
      await eventually(async () => expect(await sentBack(world.channel.url, transactionId)).toEqual([amountFen]));
    }
    return { order: processesOf({ ...placed, id: '' }).order };
  },

  async 'payment-returned'(world) {
    const payment = paymentFor(newTerms());
    const workflowId = paymentReturnWorkflowId(payment);
    await misbehave(world.channel.url, { failNextRefunds: 1 });
    await world.client.workflow.execute<typeof paymentReturn>('paymentReturn', {
      workflowId,
      taskQueue: 'back-office',
      args: [payment, 'unknown_order'],
    });
    return { paymentReturn: workflowId };
  },
};

/** What the learning calendar knows at the beginning of a story: years long ago. */
const ignorant = (): HolidayCalendar => ({
  version: 'before',
  coveredYears: { from: 2000, to: 2001 },
  isWorkday: () => true,
});

/** A calendar that learns of holidays in the middle of `appeal-postponed` and `calendar-grown`. */
export const learningCalendar: HolidayCalendar = ignorant();

/** Lived with skipped time: stories that take days whatever the policies say. */
export const SKIPPED_TIME: Record<string, Scenario> = {
  async 'appeal-postponed'(world) {
    Object.assign(learningCalendar, ignorant());
    const delivery = await world.paid();
    await delivery.acts(...STATED);
    await delivery.letDaysPass(5.1);
    await delivery.act('buyer.appeals');
    const openedAtMs = await world.env.currentTimeMs();
    const lastHoliday = new Date(openedAtMs + 8 * 86_400_000).toISOString();
    Object.assign(learningCalendar, { version: 'after', coveredYears: { from: 2000, to: 2100 } });
    learningCalendar.isWorkday = (day) => day > lastHoliday;
    await delivery.letDaysPass(15);
    return { delivery: processesOf(delivery).delivery };
  },

  async 'calendar-grown'(world) {
    Object.assign(learningCalendar, ignorant());
    const delivery = await world.paid({ policy: { 'delivery.appealTarget': '8 working days' } });
    await delivery.acts(...STATED);
    await delivery.letDaysPass(5.1);
    await delivery.act('buyer.appeals');
    Object.assign(learningCalendar, { version: 'after', coveredYears: { from: 2000, to: 2100 } });
    await delivery.workflow.signal(calendarGrown);
    await delivery.workflow.signal(calendarGrown);
    await delivery.letDaysPass(10);
    return { delivery: processesOf(delivery).delivery };
  },

  async 'refund-stuck'(world) {
    await misbehave(world.channel.url, { refundFailureRate: 1 });
    const placed = await world.place({ policy: { 'order.payWithin': '10 days' } });
    const wrong = await placed.pay({ amountFen: 1 });
    await world.env.sleep('73 hours');
    await misbehave(world.channel.url);
    await world.env.sleep('8 days');
    expect(await sentBack(world.channel.url, wrong.transactionId)).toEqual([1]);
    await placed.ended();
    return { order: processesOf({ ...placed, id: '' }).order };
  },
};
