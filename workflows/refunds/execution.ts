import { condition, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { RefundActivities } from '../../activities/refunds';
import { isOver, isSending, type RefundState } from '../../domain/refunds/state';
import { answered, type ChannelAnswer, released } from '../../domain/refunds/transitions';
import { systemCause } from '../../domain/shared/step';
import type { Fact } from '../shared/subject';

/** An outcome that nobody knows is asked for however long it takes; after three days operations are notified, each time. */
const untilKnown = { startToCloseTimeout: '30 seconds', retry: { maximumInterval: '10 minutes' } } as const;
const { executeRefund } = proxyActivities<RefundActivities>({ ...untilKnown, scheduleToCloseTimeout: '3 days' });
const { reportStuckExecution } = proxyActivities<RefundActivities>(untilKnown);
const { hasLiveInvoice } = proxyLocalActivities<RefundActivities>({ startToCloseTimeout: '10 seconds' });

/** How often it is looked whether an invoice is still in the way, unless it is said: soon first, then less often. */
const FIRST_LOOK_MS = 60_000;
const RAREST_LOOK_MS = 6 * 3_600_000;

type Execution = {
  terms: { refundId: string; orderId: string };
  state(): RefundState;
  learn(fact: Fact<RefundState>): Promise<unknown>;
  /** How often somebody has said that an invoice is settled. */
  settled(): number;
};

/** Executes a refund each time that somebody has agreed to it, until it is over (RFD-4, RFD-6). */
export async function executions(refund: Execution): Promise<void> {
  const { state } = refund;
  for (;;) {
    await condition(() => isOver(state()) || state().stage === 'executing');
    if (isOver(state())) return;
    if (isSending(state())) await send(refund);
    else await waitForInvoice(refund);
  }
}

/** Has the channel send the money, under one key for ever, and records its answer. */
async function send({ terms: { refundId }, state, learn }: Execution): Promise<void> {
  const { attempt } = state();
  const answer = await untilAnswered(refundId, attempt);
  await learn({
    cause: systemCause(`${refundId}/${attempt}/${answer.status}`, `refund.${answer.status}`),
    change: (now, nowMs) => (isSending(now) ? answered(now, answer, nowMs) : null),
  });
}

async function untilAnswered(refundId: string, attempt: number): Promise<ChannelAnswer> {
  for (;;) {
    try {
      return await executeRefund({ refundId, attempt });
    } catch {
      await reportStuckExecution({ refundId });
    }
  }
}

/** Waits until no invoice is in the way any more, or somebody has taken the refund back (RFD-4). */
async function waitForInvoice({ terms: { refundId, orderId }, state, learn, settled }: Execution): Promise<void> {
  const { attempt } = state();
  const isWaiting = () => state().stage === 'executing' && !isSending(state());
  for (let pauseMs = FIRST_LOOK_MS; isWaiting(); pauseMs = Math.min(RAREST_LOOK_MS, 2 * pauseMs)) {
    const seen = settled();
    if (await hasLiveInvoice({ orderId })) {
      await condition(() => !isWaiting() || settled() > seen, pauseMs);
      continue;
    }
    await learn({
      cause: systemCause(`${refundId}/${attempt}/released`, 'refund.released'),
      change: released,
    });
  }
}
