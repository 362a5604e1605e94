import {
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../../activities/deliveries';
import { RECKONINGS, type Reckoning, reckoningOf } from '../../domain/calendar/reckoning';
import { type DeliveryAction, type DeliveryCommand, OPERATIONS, roleOf } from '../../domain/delivery/commands';
import { nextDeadline } from '../../domain/delivery/deadlines';
import { allowedActions, judge } from '../../domain/delivery/rules';
import { type DeliveryState, isClosed } from '../../domain/delivery/state';
import type { DeliveryStep, StoredStep } from '../../domain/delivery/step';
import { applyCommand, asOf, passDeadline } from '../../domain/delivery/transitions';
import type { DeliveryPolicy } from '../../domain/policy/catalogue';
import { alarm } from '../shared/deadline-timer';
import { asRefusal, refusal } from '../shared/failures';
import { calendarGrown, catchUp } from '../shared/messages';
import { oneAtATime } from '../shared/mutex';
import { describeDelivery, searchAttributesOf } from './display';
import { type DeliveryInput, type DeliveryResult, deliveryState, deliveryUpdate, type SentCommand } from './messages';

const { recordDeliveryStep, storedDeliveryStep, appealTarget } = proxyLocalActivities<DeliveryActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds' },
});

/** The server takes 2,000 updates a run; long before that the process continues as new. */
const UPDATES_PER_RUN = 200;
const ACTIONS: readonly DeliveryAction[] = [...OPERATIONS, 'buyer.evidence', 'provider.evidence'];

/** The parts of a step that the one who causes it decides. */
type Cause = Pick<
  DeliveryStep,
  | 'commandId'
  | 'action'
  | 'actorRole'
  | 'actorId'
  | 'requestId'
  | 'sourceIp'
  | 'note'
  | 'attachmentIds'
  | 'appealId'
  | 'ruling'
>;

function causeOf(command: DeliveryCommand): Cause {
  const { commandId, action, note, attachmentIds, origin } = command;
  return {
    commandId,
    action,
    note,
    attachmentIds,
    actorRole: roleOf(action),
    actorId: origin.actorId,
    requestId: origin.requestId,
    sourceIp: origin.sourceIp,
    appealId: 'appealId' in command ? command.appealId : null,
    ruling: 'ruling' in command ? command.ruling : null,
  };
}

const systemCause = (commandId: string, action: string): Cause => ({
  commandId,
  action,
  actorRole: 'system',
  actorId: 'system',
  requestId: null,
  sourceIp: null,
  note: '',
  attachmentIds: [],
  appealId: null,
  ruling: null,
});

/** A command with its id, in the handler or validator of its update. */
function received(sent: SentCommand): DeliveryCommand {
  const update = currentUpdateInfo();
  if (update === undefined) throw new Error('Commands come by updates only');
  return { ...sent, commandId: update.id };
}

/** What the process knows, and the only ways in which that changes. */
function supervise({ deliveryId, policy, paidFen, buyerId, providerId, ...start }: DeliveryInput) {
  let { state, sequence } = start;

  /** Records one step; true when the table now holds it. What the table holds already wins and is adopted. */
  async function record(cause: Cause, next: Pick<DeliveryStep, 'state' | 'notices'>): Promise<boolean> {
    const step = { deliveryId, sequence: sequence + 1, ...cause, ...next, atMs: Date.now() };
    const stored = (await recordDeliveryStep({ step, appealTarget: policy.appealTarget }).catch(asRefusal)) ?? step;
    adopt(stored);
    return stored.commandId === cause.commandId;
  }

  function adopt(stored: StoredStep): void {
    if (stored.sequence <= sequence) return;
    showChange(state, stored.state, policy);
    ({ state, sequence } = stored);
  }

  async function adoptWhatIsStored(): Promise<void> {
    for (;;) {
      const stored = await storedDeliveryStep({ deliveryId, sequence: sequence + 1 });
      if (stored === null) return;
      adopt(stored);
    }
  }

  async function passDeadlinesDue(): Promise<void> {
    for (let due = nextDeadline(state, policy); due && due.atMs <= Date.now(); due = nextDeadline(state, policy)) {
      if (due.name === 'appeal_target' && (await reckonAgain(['postponed']))) continue;
      const commandId = `${deliveryId}/${sequence + 1}/${due.name}`;
      await record(systemCause(commandId, `deadline.${due.name}`), passDeadline(state, due, policy, Date.now()));
    }
  }

  /**
   * A provisional target is asked for again: the calendar may know more by now (GEN-1).
   * @param steps which changes are worth a step
   * @returns whether there was such a change: it is recorded, unless another step came first
   */
  async function reckonAgain(steps: readonly Reckoning[]): Promise<boolean> {
    const { appeal } = state;
    if (!appeal?.due?.provisional || appeal.escalated) return false;
    const due = await appealTarget({ openedAtMs: appeal.openedAtMs, target: policy.appealTarget });
    const reckoning = reckoningOf(appeal.due, due);
    if (reckoning === null || !steps.includes(reckoning)) return false;
    const name = `appeal_target.${reckoning}`;
    const cause = systemCause(`${deliveryId}/${sequence + 1}/${name}`, `deadline.${name}`);
    await record(cause, { state: { ...state, appeal: { ...appeal, due } }, notices: [] });
    return true;
  }

  function refuseUnlessLegal(command: DeliveryCommand, now: DeliveryState): void {
    const { origin, action } = command;
    const isParty = { buyer: origin.actorId === buyerId, provider: origin.providerId === providerId, ops: true };
    if (!isParty[roleOf(action)]) throw refusal('DELIVERY.NOT_FOUND', 'There is no such delivery of yours.');
    const refused = judge(now, command, policy, paidFen);
    if (refused === null) return;
    throw refusal(refused.code, refused.detail, { allowedActions: allowedActions(now, policy), judgedOn: sequence });
  }

  return {
    state: () => state,
    sequence: () => sequence,
    passDeadlinesDue,
    adoptWhatIsStored,
    /** The calendar has grown: a provisional target moves to where it belongs, in either direction. */
    async takeUpCalendar(): Promise<void> {
      for (let isNew = true; isNew; ) isNew = await reckonAgain(RECKONINGS);
    },
    /** Refuses at once what is not legal, deadlines that are due counted as passed; nothing enters the history. */
    validate: (command: DeliveryCommand) => refuseUnlessLegal(command, asOf(state, policy, Date.now())),
    /** Judges a command on the truth and records it; returns when its row is there. */
    async perform(command: DeliveryCommand): Promise<void> {
      for (;;) {
        await passDeadlinesDue();
        refuseUnlessLegal(command, state);
        if (await record(causeOf(command), applyCommand(state, command, policy, Date.now()))) return;
      }
    },
  };
}

function showChange(before: DeliveryState, after: DeliveryState, policy: DeliveryPolicy): void {
  setCurrentDetails(describeDelivery(after, policy));
  // A closed delivery is told by the workflow's own status and result; an upsert more would only cost an event.
  if (isClosed(after)) return;
  const changes = searchAttributesOf(before, after, policy);
  if (changes.length > 0) upsertSearchAttributes(changes);
}

/**
 * Supervises one delivery from payment to its end (SPEC section 4). People send commands as updates;
 * silence passes deadlines; every step is one row, one state and one line of history.
 */
export async function delivery(input: DeliveryInput): Promise<DeliveryResult> {
  const { policy, paidFen } = input;
  const supervised = supervise(input);
  const { state, sequence } = supervised;
  const exclusively = oneAtATime();
  const timer = alarm();
  let updates = 0;

  setHandler(deliveryState, () => ({ state: state(), sequence: sequence() }));
  setHandler(catchUp, () => exclusively(supervised.adoptWhatIsStored));
  setHandler(calendarGrown, () => exclusively(supervised.takeUpCalendar));
  const submit = (sent: SentCommand) => {
    const command = received(sent);
    updates += 1;
    return exclusively(() => supervised.perform(command));
  };
  for (const action of ACTIONS) {
    setHandler(deliveryUpdate(action), submit, { validator: (sent) => supervised.validate(received(sent)) });
  }
  setCurrentDetails(describeDelivery(state(), policy));

  const isFull = () => updates >= UPDATES_PER_RUN || workflowInfo().continueAsNewSuggested;
  while (!isClosed(state()) && !isFull()) {
    const next = nextDeadline(state(), policy);
    if (next) timer.ringBy(next.atMs, `set for ${next.name}: ${next.outcome}`);
    const seen = sequence();
    await condition(() => timer.hasRung() || sequence() !== seen);
    if (timer.hasRung()) {
      timer.silence();
      await exclusively(supervised.passDeadlinesDue);
    }
  }

  await condition(allHandlersFinished);
  const { stage, outcome, refundFen } = state();
  if (outcome === null) {
    const onward = makeContinueAsNewFunc<typeof delivery>();
    return onward({ ...input, state: state(), sequence: sequence() });
  }
  return { outcome, refundFen: stage === 'cancelled' ? (refundFen ?? paidFen) : 0 };
}
