import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import type { Step, StoredStep } from '../../domain/shared/step';
import { catchUp } from '../../workflows/shared/messages';
import { unique } from '../factories/commands';
import { eventually } from '../support/eventually';
import { timeSkippingServer } from '../support/time-skipping';
import {
  placeLost,
  type ReservationActivities,
  type reservation,
  reservationState,
  reservationUpdate,
  type State,
} from './toy/reservation';

const DAY_MS = 86_400_000;
const mute = () => undefined;
const silent = { log: mute, trace: mute, debug: mute, info: mute, warn: mute, error: mute };

/** The steps of every reservation, as a table has them, and ways to disturb what is recorded. */
const table = new Map<string, StoredStep<State>[]>();
let afterNextStep: ((id: string, step: StoredStep<State>) => void) | null = null;
const broken = new Set<string>();

const stepsOf = (id: string): StoredStep<State>[] => {
  const steps = table.get(id) ?? [];
  table.set(id, steps);
  return steps;
};

const activities: ReservationActivities = {
  async recordStep(id: string, { sequence, commandId, state }: Step<State>) {
    if (broken.has(id)) throw ApplicationFailure.nonRetryable(`${id} has no row`, 'OBJECT.INCONSISTENT');
    const steps = stepsOf(id);
    const stored = steps.find((step) => step.commandId === commandId || step.sequence === sequence);
    if (stored !== undefined) return stored;
    const step = { sequence, commandId, state };
    steps.push(step);
    afterNextStep?.(id, step);
    afterNextStep = null;
    return step;
  },
  async storedStep(id: string, sequence: number) {
    return stepsOf(id).find((step) => step.sequence === sequence) ?? null;
  },
};

let env: TestWorkflowEnvironment;
let realTimeClient: Client;
let workflowBundle: WorkflowBundle;
const workers: { worker: Worker; running: Promise<void> }[] = [];
async function startWorker(taskQueue: string) {
  const worker = await Worker.create({ connection: env.nativeConnection, taskQueue, workflowBundle, activities });
  workers.push({ worker, running: worker.run() });
}
beforeAll(async () => {
  env = await timeSkippingServer();
  realTimeClient = new Client({ connection: env.connection });
  const workflowsPath = path.join(__dirname, 'toy', 'reservation.ts');
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: silent });
  await startWorker('toy');
});
afterAll(async () => {
  for (const { worker } of workers) worker.shutdown();
  await Promise.all(workers.map(({ running }) => running));
  await env.teardown();
});

type Action = 'buyer.extend' | 'ops.confirm';

/** A reservation that expires a day from now. */
async function reserved(extensions = 0, taskQueue = 'toy') {
  const id = `rsv_${unique()}`;
  const state: State = { stage: 'open', extensions, dueAtMs: (await env.currentTimeMs()) + DAY_MS };
  stepsOf(id).push({ sequence: 1, commandId: id, state });
  const args: Parameters<typeof reservation> = [{ id, position: { state, sequence: 1 } }];
  await env.client.workflow.start<typeof reservation>('reservation', { workflowId: id, taskQueue, args });
  const handle = env.client.workflow.getHandle<typeof reservation>(id);
  const origin = { actorId: 'usr_1', providerId: null, requestId: 'req_1', sourceIp: '127.0.0.1' };
  return {
    id,
    handle,
    send: (action: Action, updateId: string = unique()) =>
      handle.executeUpdate(reservationUpdate(action), { updateId, args: [{ action, note: '', origin }] }),
    position: () => handle.query(reservationState),
    outcome: () => realTimeClient.workflow.getHandle<typeof reservation>(id).result(),
    /** Stores a step of which no history knows: whoever wrote it died. */
    store(change: Partial<State>): StoredStep<State> {
      const last = stepsOf(id).at(-1);
      if (last === undefined) throw new Error('A reservation has a first step');
      const step = { sequence: last.sequence + 1, commandId: unique(), state: { ...last.state, ...change } };
      stepsOf(id).push(step);
      return step;
    },
  };
}

/** The refusal that a failed update carries. */
function refusalOf(error: unknown) {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) throw error;
  const { type, message, details } = error.cause;
  return { type, message, details };
}
const refused = (sent: Promise<void>) => sent.then(() => 'done' as const, refusalOf);

describe('a subject on the shared supervision', () => {
  test('its deadline passes by itself; a command that moves the deadline moves the timer', async () => {
    const { send, outcome, id } = await reserved();
    await send('buyer.extend');
    await env.sleep(1.5 * DAY_MS);
    expect(stepsOf(id)).toHaveLength(2);
    await env.sleep(1 * DAY_MS);
    expect(await outcome()).toBe('expired');
    expect(stepsOf(id).at(-1)).toMatchObject({ sequence: 3, commandId: `${id}/3/expiry`, state: { extensions: 1 } });
  });

  test('a command is refused before it enters the history, with the step on which that was judged', async () => {
    const { send } = await reserved();
    expect(await refused(send('ops.confirm'))).toEqual({
      type: 'ORDER.NOT_ALLOWED',
      message: 'Extend it first.',
      details: [{ allowedActions: ['buyer.extend'], judgedOn: 1 }],
    });
  });

  test('a step that is stored wins over the one that is proposed; the command is judged again on it', async () => {
    const { send, store, position } = await reserved();
    store({ extensions: 7 });
    await send('buyer.extend');
    expect(await position()).toMatchObject({ sequence: 3, state: { extensions: 8 } });
  });

  test('catch-up adopts what is stored, to the last step', async () => {
    const { handle, store, outcome } = await reserved();
    store({ extensions: 1 });
    store({ stage: 'confirmed' });
    await handle.signal(catchUp);
    expect(await outcome()).toBe('confirmed');
  });

  test('it continues as new, at the position it has reached', async () => {
    const { send, handle, position, id } = await reserved();
    const { runId } = await handle.describe();
    for (let sent = 0; sent < 201; sent += 1) await send('buyer.extend');
    await eventually(async () => expect((await handle.describe()).runId).not.toBe(runId));
    await send('ops.confirm');
    expect(await position()).toMatchObject({ sequence: 203, state: { stage: 'confirmed', extensions: 201 } });
    expect(stepsOf(id)).toHaveLength(203);
  });
});

describe('a refusal made in a handler', () => {
  /** A reservation that two people confirm: both commands are validated before the first one is carried out. */
  async function confirmedTwice() {
    const taskQueue = `toy-${unique()}`;
    const reservation = await reserved(1, taskQueue);
    const sent = [refused(reservation.send('ops.confirm')), refused(reservation.send('ops.confirm'))];
    await sleep(500);
    await startWorker(taskQueue);
    return { ...reservation, answers: await Promise.all(sent) };
  }

  test('is final: it names no step, for it was made on what the table holds', async () => {
    const { answers } = await confirmedTwice();
    const refusal = { type: 'ORDER.NOT_ALLOWED', message: 'It is confirmed.', details: [{ allowedActions: [] }] };
    expect(answers).toEqual(expect.arrayContaining(['done', refusal]));
  });

  test('is made only once what is stored is adopted: a command that the truth permits is done', async () => {
    // The step of the first command leaves nothing to confirm; the one after it, which no history knows, does.
    afterNextStep = (id, step) => {
      step.state = { ...step.state, stage: 'open', extensions: 0 };
      const state: State = { ...step.state, extensions: 5 };
      stepsOf(id).push({ sequence: step.sequence + 1, commandId: unique(), state });
    };
    const { answers, outcome, id } = await confirmedTwice();
    expect(answers).toEqual(['done', 'done']);
    expect(await outcome()).toBe('confirmed');
    expect(stepsOf(id).at(-1)).toMatchObject({ sequence: 4, state: { extensions: 5 } });
  });
});

/** What operations read of a workflow. */
const detailsOf = async (handle: Pick<WorkflowHandle, 'query'>) =>
  (await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;

describe('I-5: an object whose stored records contradict themselves', () => {
  test('refuses commands loudly, says so to operations, and goes on once it is repaired', async () => {
    const { id, send, handle, outcome, position } = await reserved();
    broken.add(id);
    expect(await refused(send('buyer.extend'))).toMatchObject({ type: 'OBJECT.INCONSISTENT' });
    await env.sleep(1.02 * DAY_MS);
    expect(await detailsOf(handle)).toBe(`**Stopped: ${id} has no row**\n\nopen`);
    expect(await position()).toMatchObject({ sequence: 1 });
    broken.delete(id);
    await env.sleep('2 hours');
    expect(await outcome()).toBe('expired');
  });

  test('a fact that cannot be recorded is shown to operations, and recorded within the hour after the repair', async () => {
    const { id, handle, outcome, position } = await reserved();
    broken.add(id);
    await handle.signal(placeLost);
    await eventually(async () => expect(await detailsOf(handle)).toBe(`**Stopped: ${id} has no row**\n\nopen`));
    await env.sleep('3 hours');
    expect(await position()).toMatchObject({ sequence: 1, state: { stage: 'open' } });
    broken.delete(id);
    await env.sleep('61 minutes');
    expect(await outcome()).toBe('lost');
    expect(stepsOf(id).slice(1)).toMatchObject([{ sequence: 2, commandId: `${id}/lost`, state: { stage: 'lost' } }]);
  });
});
