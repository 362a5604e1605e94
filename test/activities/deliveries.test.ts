import { deliveryActivities } from '../../activities/deliveries';
import { openText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { DeliveryState } from '../../domain/deliveries/state';
import type { DeliveryStep } from '../../domain/deliveries/step';
import { openDatabase } from '../../prisma/store/shared/database';
import { unique } from '../factories/commands';
import { businessOf } from '../factories/rows';
import { POLICY } from '../factories/states';
import { notified } from '../support/observe';
import { RUN, run, type Store, startStore, stepOf } from '../support/store';
import { KEYS } from '../support/world';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

const record = (step: DeliveryStep) =>
  run(store.activities.recordDeliveryStep, { step, appealTarget: POLICY.appealTarget });

/** A delivery whose buyer is to state the requirement, with the sequence that its next step will have. */
async function newDelivery() {
  const { terms, state } = await store.paid();
  return { terms, deliveryId: terms.deliveryId, sequence: 2, state };
}

/** One that is implemented, and stalled: the buyer may appeal. */
async function stalledDelivery() {
  const { terms, deliveryId, state } = await newDelivery();
  return { terms, deliveryId, sequence: 2, state: { ...state, stage: 'implementing', stalled: true } as const };
}

const rowOf = (id: string) => store.db.delivery.findUniqueOrThrow({ where: { id } });

const appeal = (id: string) => ({
  id,
  openedBy: 'buyer' as const,
  grounds: ['stall' as const],
  openedAtMs: Date.now(),
  due: null,
  escalated: false,
});

describe('recordDeliveryStep: a step is stored once, whatever is retried', () => {
  test('stored as proposed, it is the answer: the history carries what was stored', async () => {
    const delivery = await newDelivery();
    const step = stepOf(delivery, 'buyer.requirement');
    const { commandId, state } = step;
    await expect(record(step)).resolves.toEqual({ sequence: 2, commandId, state });
    expect(await rowOf(delivery.deliveryId)).toMatchObject({ sequence: 2, stage: step.state.stage, state: step.state });
    expect(await store.db.step.findUnique({ where: { commandId: step.commandId } })).toMatchObject({
      objectId: delivery.deliveryId,
      sequence: 2,
      actorRole: 'buyer',
      note: step.note,
      stateAfter: step.state,
      requestId: 'req_test',
      sourceIp: '127.0.0.1',
      runId: RUN,
    });
  });

  test('the same step again is answered with what is stored, and changes nothing', async () => {
    const step = stepOf(await newDelivery(), 'buyer.requirement');
    await record(step);
    const before = await businessOf(store.db);
    const stored = { sequence: 2, commandId: step.commandId, state: step.state };
    await expect(record(step)).resolves.toEqual(stored);
    expect(await businessOf(store.db)).toEqual(before);
  });

  test('the same command at a later sequence is answered with its first step', async () => {
    const step = stepOf(await newDelivery(), 'buyer.requirement');
    await record(step);
    const before = await businessOf(store.db);
    const answer = await record({ ...step, sequence: 3 });
    expect(answer).toEqual({ sequence: 2, commandId: step.commandId, state: step.state });
    expect(await businessOf(store.db)).toEqual(before);
  });

  test('of commands that want the same sequence at the same time one wins, and all others are told which', async () => {
    const delivery = await newDelivery();
    const steps = Array.from({ length: 10 }, (_, n) => stepOf(delivery, 'buyer.requirement', { note: `attempt ${n}` }));
    const answers = await Promise.all(steps.map(record));
    const [winner, ...others] = steps.filter(({ commandId }) =>
      answers.every((answer) => answer.commandId === commandId),
    );
    expect(others).toEqual([]);
    expect(answers).toEqual(Array(10).fill({ sequence: 2, commandId: winner?.commandId, state: winner?.state }));
    expect(await rowOf(delivery.deliveryId)).toMatchObject({ sequence: 2, state: winner?.state });
    expect(await notified(store.db, delivery.deliveryId)).toEqual(['delivery.requirement_submitted → provider']);
  });

  test('AUD-1: what is stored can be changed by nobody', async () => {
    const step = stepOf(await newDelivery(), 'buyer.requirement');
    await record(step);
    const where = { commandId: step.commandId };
    await expect(store.db.step.update({ where, data: { note: 'another' } })).rejects.toThrow();
    await expect(store.db.step.delete({ where })).rejects.toThrow();
  });
});

describe('recordDeliveryStep: all of a step or nothing of it', () => {
  test('state, order, appeal, attachments, messages and mails are there batched', async () => {
    const delivery = await stalledDelivery();
    const appealId = `apl_${unique()}`;
    const attachmentIds = [`att_${unique()}`, `att_${unique()}`];
    const again = [...attachmentIds, ...attachmentIds];
    const step = stepOf(delivery, 'buyer.appeals', { appealId, attachmentIds: again, note: 'nothing came' });
    const answer = await record(step);
    expect(await rowOf(delivery.deliveryId)).toMatchObject({ stage: 'implementing', frozen: true, sequence: 2 });
    expect(await store.db.order.findUnique({ where: { id: delivery.terms.orderId } })).toMatchObject({
      state: 'implementing',
    });
    expect(await store.db.appeal.findUnique({ where: { id: appealId } })).toMatchObject({
      deliveryId: delivery.deliveryId,
      status: 'open',
      openedBy: 'buyer',
      grounds: ['stall'],
      reason: 'nothing came',
      dueAt: new Date(answer.state.appeal?.due?.atMs ?? 0),
    });
    const uses = await store.db.attachmentUse.findMany({ where: { deliveryId: delivery.deliveryId } });
    expect(uses.map(({ attachmentId, sequence }) => [attachmentId, sequence])).toEqual(
      expect.arrayContaining(attachmentIds.map((id) => [id, 2])),
    );
    expect(uses).toHaveLength(2);
    const messages = await store.db.message.findMany({
      where: { objectId: delivery.deliveryId },
      include: { notificationDeliveries: true },
    });
    expect(messages).toHaveLength(3);
    expect(messages.every(({ notificationDeliveries }) => notificationDeliveries.length === 1)).toBe(true);
  });

  test('the ruling closes the appeal and the order in the same breath', async () => {
    const delivery = await stalledDelivery();
    const appealId = `apl_${unique()}`;
    const opened = await record(stepOf(delivery, 'buyer.appeals', { appealId }));
    const frozen = { ...delivery, sequence: 3, state: opened.state };
    const ruling = { appealId, ruling: 'cancel_and_refund', refundFen: 5, note: 'settled' } as const;
    await record(stepOf(frozen, 'ops.resolve', ruling));
    expect(await store.db.appeal.findUnique({ where: { id: appealId } })).toMatchObject({
      status: 'resolved',
      ruling: 'cancel_and_refund',
      rulingReason: 'settled',
      refundFen: 5n,
      resolvedBy: 'usr_ops_demo',
    });
    const order = await store.db.order.findUnique({ where: { id: delivery.terms.orderId } });
    expect(order).toMatchObject({ state: 'cancelled' });
    expect(order?.endedAt).not.toBeNull();
  });

  const strangersAppeal = JSON.stringify({ appeal: { ...appeal('apl_2'), openedBy: 'nobody' } });
  type Broken = (step: DeliveryStep) => DeliveryStep;
  const withState = (step: DeliveryStep, facts: Partial<DeliveryState>) => ({
    ...step,
    state: { ...step.state, ...facts },
  });
  test.each<[string, RegExp, Broken]>([
    ['a counter below nothing', /deliveries_counters/, (step) => withState(step, { requirementRejections: -1 })],
    ['a second open appeal', /appeals_one_open_per_delivery/, (step) => withState(step, { appeal: appeal('apl_2') })],
    ['an unknown role', /appeals_opened_by_known/, (step) => withState(step, JSON.parse(strangersAppeal))],
    ['a nameless file', /attachment_id/, (step) => ({ ...step, attachmentIds: JSON.parse('[null]') })],
    [
      'an event that is none',
      /"event"/,
      (step) => ({ ...step, notices: JSON.parse('[{"to":["buyer"],"params":{}}]') }),
    ],
  ])('%s is refused by %s, and nothing of the step is written', async (_, constraint, broken) => {
    const delivery = await stalledDelivery();
    const opened = await record(stepOf(delivery, 'buyer.appeals', { appealId: `apl_${unique()}` }));
    const before = await businessOf(store.db);
    const next = stepOf({ ...delivery, sequence: 3, state: opened.state }, 'buyer.evidence', { appealId: 'apl_2' });
    await expect(record(broken({ ...next, action: 'buyer.appeals', requestId: null }))).rejects.toThrow(constraint);
    expect(await businessOf(store.db)).toEqual(before);
  });
});

describe('recordDeliveryStep: what can never be stored', () => {
  test('a command of a person fails for good, in words for its sender, and nothing is written', async () => {
    const step = stepOf(await newDelivery(), 'buyer.requirement', { note: 'a\0b' });
    const before = await businessOf(store.db);
    await expect(record(step)).rejects.toMatchObject({ type: 'REQUEST.INVALID', nonRetryable: true });
    expect(await businessOf(store.db)).toEqual(before);
  });

  test('a step that nobody sent is tried again: its failure is none to give up for', async () => {
    const step = stepOf(await newDelivery(), 'buyer.requirement', { note: 'a\0b' });
    await expect(record({ ...step, requestId: null })).rejects.not.toHaveProperty('nonRetryable');
  });

  test('an outage is none either, whoever sent the command', async () => {
    const delivery = await newDelivery();
    const lost = openDatabase('postgresql://nobody@127.0.0.1:1/nowhere', 1);
    const { recordDeliveryStep } = deliveryActivities({ ...store.outside, db: lost });
    const step = stepOf(delivery, 'buyer.requirement');
    const recording = run(recordDeliveryStep, { step, appealTarget: POLICY.appealTarget });
    await expect(recording).rejects.not.toHaveProperty('nonRetryable');
    await lost.$disconnect();
  });
});

describe('recordDeliveryStep: a step that contradicts what is stored', () => {
  test.each([
    ['its delivery has no row', (step: DeliveryStep) => ({ ...step, deliveryId: `dlv_${unique()}` })],
    ['it is not the next one', (step: DeliveryStep) => ({ ...step, sequence: 9 })],
    ['it is not the next one, and nobody sent it', (step: DeliveryStep) => ({ ...step, sequence: 9, requestId: null })],
  ])('AUD-1: %s: it fails for good, nothing is written, and operations are notified once a day', async (_, broken) => {
    const step = broken(stepOf(await newDelivery(), 'buyer.requirement'));
    const refused = { type: 'OBJECT.INCONSISTENT', nonRetryable: true };
    await expect(record(step)).rejects.toMatchObject(refused);
    await expect(record(step)).rejects.toMatchObject(refused);
    expect(await store.db.step.count({ where: { commandId: step.commandId } })).toBe(0);
    const { deliveryId: objectId } = step;
    expect(await store.db.message.findMany({ where: { objectId, event: { not: 'delivery.started' } } })).toMatchObject([
      { event: 'operations.inconsistent', params: { objectId }, recipientId: 'usr_ops_demo' },
    ]);
  });
});

describe('what only the parties may read (ORD-2)', () => {
  test('the words of a submission are sealed: no table holds them', async () => {
    const secret = `password ${unique()}`;
    const delivery = await stalledDelivery();
    await record(stepOf(delivery, 'provider.implementation.submit', { note: secret }));
    const step = await store.db.step.findFirstOrThrow({ where: { objectId: delivery.deliveryId, sequence: 2 } });
    expect(step.note).toBeNull();
    expect(openText(KEYS, step.sealedNote ?? new Uint8Array(), placeOf('submission', step.commandId))).toBe(secret);
    expect(Buffer.from(step.sealedNote ?? []).includes(secret)).toBe(false);
    const everywhere = await Promise.all([
      store.db.$queryRaw<object[]>`SELECT t::text FROM steps t`,
      store.db.$queryRaw<object[]>`SELECT t::text FROM deliveries t`,
      store.db.$queryRaw<object[]>`SELECT t::text FROM messages t`,
    ]);
    const hex = Buffer.from(secret).toString('hex');
    expect(JSON.stringify(everywhere)).not.toContain(secret);
    expect(JSON.stringify(everywhere)).not.toContain(hex);
  });

  test('words that come unsealed are refused, not stored in plain', async () => {
    const delivery = await stalledDelivery();
    const step = stepOf(delivery, 'provider.implementation.submit');
    for (const note of ['password', '', Buffer.from('password').toString('base64')])
      await expect(record({ ...step, note })).rejects.toMatchObject({ nonRetryable: true });
    expect(await store.db.step.count({ where: { objectId: delivery.deliveryId } })).toBe(1);
  });

  test('the words of all other steps are not', async () => {
    const delivery = await newDelivery();
    await record(stepOf(delivery, 'buyer.requirement', { note: 'plain words' }));
    const step = await store.db.step.findFirstOrThrow({ where: { objectId: delivery.deliveryId, sequence: 2 } });
    expect(step).toMatchObject({ note: 'plain words', sealedNote: null });
  });
});

describe('GEN-1: the target of an appeal comes from the calendar', () => {
  test('it is filled in when the appeal is recorded, and answered, since the process cannot know it', async () => {
    const delivery = await stalledDelivery();
    const step = stepOf(delivery, 'buyer.appeals', { appealId: `apl_${unique()}` });
    const answer = await record(step);
    const target = { openedAtMs: step.atMs, target: POLICY.appealTarget };
    expect(answer.state.appeal?.due).toEqual(await run(store.activities.appealTarget, target));
    expect(answer).toMatchObject({ sequence: 2, commandId: step.commandId });
    expect((await rowOf(delivery.deliveryId)).state).toEqual(answer.state);
  });
});

describe('storedDeliveryStep', () => {
  test('answers what stands at a sequence, and null where nothing does', async () => {
    const delivery = await newDelivery();
    const step = stepOf(delivery, 'buyer.requirement');
    await record(step);
    const at = (sequence: number) =>
      run(store.activities.storedDeliveryStep, { deliveryId: delivery.deliveryId, sequence });
    await expect(at(2)).resolves.toEqual({ sequence: 2, commandId: step.commandId, state: step.state });
    await expect(at(3)).resolves.toBeNull();
  });
});
