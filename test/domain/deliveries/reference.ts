import type { DeliveryAction } from '../../../domain/deliveries/commands';
import type { Flow, Ruling, Stage } from '../../../domain/deliveries/state';
import { days } from '../../factories/states';

/** What happens to a delivery on paper: somebody acts, or inactivity ends it. */
type Happening = DeliveryAction | 'auto_accept' | 'start_within';

/** From an instant on the delivery was in a stage, frozen or not. */
type Span = { fromMs: number; stage: Stage; frozen: boolean };

const LEADS_TO: Partial<Record<Happening, Stage>> = {
  'ops.dispatch': 'awaiting_requirement',
  'buyer.requirement': 'awaiting_requirement_confirmation',
  'provider.requirement.confirm': 'implementing',
  'provider.requirement.reject': 'awaiting_requirement',
  'ops.check.pass': 'awaiting_acceptance',
  'ops.check.return': 'implementing',
  'buyer.acceptance.accept': 'completed',
  'buyer.acceptance.reject': 'implementing',
  auto_accept: 'completed',
  start_within: 'cancelled',
};

const RULED: Record<Exclude<Ruling, 'resume'>, Stage> = {
  redo_requirement: 'awaiting_requirement',
  redo_implementation: 'implementing',
  accept: 'completed',
  cancel_and_refund: 'cancelled',
};

/** After how many days in a stage the rules have something happen that does not end it. */
const NOTED: Partial<Record<Stage, [string, number][]>> = {
  awaiting_dispatch: [1, 3, 7].map((day, n) => [`operations_reminder_${n + 1}`, day]),
  awaiting_platform_check: [1, 3, 7].map((day, n) => [`operations_reminder_${n + 1}`, day]),
  awaiting_requirement: [
    ['buyer_reminder_1', 3],
    ['buyer_reminder_2', 7],
    ['buyer_reminder_3', 30],
    ['requirement_missing', 90],
  ],
  awaiting_requirement_confirmation: [
    ['provider_reminder_1', 3],
    ['provider_reminder_2', 5],
    ['provider_stall', 5],
  ],
  implementing: [
    ['provider_reminder_1', 3],
    ['provider_reminder_2', 5],
    ['provider_stall', 5],
    ['implementing_overdue_1', 15],
    ['implementing_overdue_2', 30],
  ],
  awaiting_acceptance: [
    ['buyer_reminder_1', 23],
    ['buyer_reminder_2', 27],
    ['buyer_reminder_3', 29],
  ],
};

/**
 * A delivery kept by somebody with pencil and paper: only what happened is written down, and every
 * count and every time is added up anew from that. An independent check of the rules' own state.
 */
export class ReferenceDelivery {
  private readonly spans: Span[];
  /** Where in the spans the present stage began, and where the provider's waiting for a start is counted from. */
  private stageFrom = 0;
  private startFrom = 0;
  requirementRejections = 0;
  acceptanceRejections = 0;

  constructor(
    private readonly flow: Flow,
    nowMs: number,
  ) {
    const stage = flow === 'self_operated' ? 'awaiting_dispatch' : 'awaiting_requirement';
    this.spans = [{ fromMs: nowMs, stage, frozen: false }];
  }

  get now(): Span {
    const last = this.spans.at(-1);
    if (last === undefined) throw new Error('Nothing is on the reference');
    return last;
  }

  write(what: Happening, atMs: number, ruling: Ruling = 'resume'): void {
    if (what.endsWith('.evidence')) return;
    if (what.endsWith('.appeals')) {
      this.spans.push({ fromMs: atMs, stage: this.now.stage, frozen: true });
    } else if (what === 'ops.resolve') this.rule(ruling, atMs);
    else this.move(what, atMs);
  }

  private move(what: Happening, atMs: number): void {
    const submitted = this.flow === 'self_operated' ? 'awaiting_platform_check' : 'awaiting_acceptance';
    const stage = what === 'provider.implementation.submit' ? submitted : LEADS_TO[what];
    if (stage === undefined) throw new Error(`${what} leads nowhere`);
    const isEdit = what === 'buyer.requirement' && this.now.stage === stage;
    if (isEdit) return;
    if (what === 'provider.requirement.reject') this.requirementRejections += 1;
    if (what === 'buyer.acceptance.reject') this.acceptanceRejections += 1;
    if (what === 'provider.requirement.confirm') this.startFrom = this.spans.length;
    this.begin(stage, atMs);
  }

  private rule(ruling: Ruling, atMs: number): void {
    if (this.requirementRejections >= 3) this.requirementRejections = 0;
    if (this.acceptanceRejections >= 3) this.acceptanceRejections = 0;
    const { stage } = this.now;
    if (ruling === 'resume' && stage === 'awaiting_acceptance') {
      this.spans.push({ fromMs: atMs, stage, frozen: false });
    } else this.begin(ruling === 'resume' ? stage : RULED[ruling], atMs);
  }

  private begin(stage: Stage, atMs: number): void {
    this.stageFrom = this.spans.length;
    this.spans.push({ fromMs: atMs, stage, frozen: false });
  }

  /** Unfrozen time since an entry of the paper, of one stage or of all. */
  private time(from: number, nowMs: number, stage?: Stage): number {
    return this.spans.slice(from).reduce((sum, span, index) => {
      const until = this.spans[from + index + 1]?.fromMs ?? nowMs;
      const counts = !span.frozen && (stage === undefined || span.stage === stage);
      return counts ? sum + (until - span.fromMs) : sum;
    }, 0);
  }

  timeInStage = (nowMs: number): number => this.time(this.stageFrom, nowMs);
  timeToStart = (nowMs: number): number => this.time(this.startFrom, nowMs, 'awaiting_requirement_confirmation');
  timeFrozen = (nowMs: number): number => (this.now.frozen ? nowMs - this.now.fromMs : 0);

  /** What inactivity has done by now that is not an end. */
  noted(nowMs: number): string[] {
    const spent = this.timeInStage(nowMs);
    return (NOTED[this.now.stage] ?? []).filter(([, day]) => days(day) <= spent).map(([name]) => name);
  }

  /** Lets inactivity end the delivery, where it has lasted long enough. */
  settle(nowMs: number): void {
    const { stage, frozen } = this.now;
    if (frozen) return;
    if (stage === 'awaiting_acceptance' && this.timeInStage(nowMs) >= days(30)) this.write('auto_accept', nowMs);
    if (stage === 'awaiting_requirement_confirmation' && this.timeToStart(nowMs) >= days(15)) {
      this.write('start_within', nowMs);
    }
  }
}
