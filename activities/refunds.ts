import { ApplicationFailure, activityInfo, log } from '@temporalio/activity';
import type { PaymentFact } from '../domain/orders/order';
import { isOfCounted, type Refund } from '../domain/refunds/refund';
import type { RefundStep, StoredRefundStep } from '../domain/refunds/step';
import type { ChannelAnswer } from '../domain/refunds/transitions';
import { findRefundedInstance } from '../prisma/store/instances/orders';
import { countedPayment } from '../prisma/store/payments/payments';
import { completeRefund, recordRefusedRefund, reportStuckRefund, requestRefund } from '../prisma/store/refunds/refunds';
import { findMoney } from '../prisma/store/refunds/requests';
import { type LiveInvoiceOf, writeRefundStep } from '../prisma/store/refunds/steps';
import { isWaiting, noteWaiting, reportWaiting } from '../prisma/store/refunds/waiting';
import { findStep } from '../prisma/store/shared/audit-log';
import type { Database } from '../prisma/store/shared/database';
import { recordStep } from './shared/record-step';
import { runIdOf } from './shared/run-id';

/** A refund that nothing says is owed is asked for again after this: somebody has to look first. */
const REFUSED_PAUSE = '1 hour';
/** How often it is looked whether an invoice is still in the way of the money of a cancelled order (RFD-4). */
const INVOICE_PAUSE = '10 minutes';

/** What a channel says of a refund; while it is `processing`, nobody knows yet. */
export type RefundOutcome = ChannelAnswer | { status: 'processing' };

/** The payment channel as we need it: sends money back, at most once per `refundId`, and says what became of it. */
export type PaymentChannelPort = {
  refund(refund: Pick<Refund, 'refundId' | 'payment' | 'amountFen'>): Promise<RefundOutcome>;
  /** What the channel knows of a refund; null where it was never asked for it. */
  find(refundId: string): Promise<RefundOutcome | null>;
};

export type RefundActivities = ReturnType<typeof refundActivities>;

/** The activities by which money goes back to buyers. */
export function refundActivities({
  db,
  channel,
  liveInvoiceOf,
}: {
  db: Database;
  channel: PaymentChannelPort;
  liveInvoiceOf: LiveInvoiceOf;
}) {
  /** The live invoice that the money of a refund waits for (RFD-4), or null; what no order has counted waits for none. */
  const invoiceBefore = async ({ reason, payment }: Refund): Promise<string | null> =>
    isOfCounted(reason) ? liveInvoiceOf(db, payment.orderId) : null;

  return {
    /** The payment that an order has counted (ORD-6). @throws Error where there is none */
    async countedPayment({ orderId }: { orderId: string }): Promise<PaymentFact> {
      return countedPayment(db, orderId);
    },

    /**
     * Notes the refund, has the channel send it, notes that it was sent. Safe to repeat from any line. Money that its
     * order has earned is not returned; what a cancelled order gives back waits for a live invoice of it (RFD-4): its order
     * is cancelled already, so that no other invoice can come.
     * @throws ApplicationFailure REFUND.NOT_OWED, retryable, when the database does not know the refund as owed:
     *   nothing is sent, operations are notified, and whoever asked waits until it is owed; REFUND.WAITS_FOR_INVOICE,
     *   retryable, until the invoice is withdrawn, void or returned
     */
    async sendRefund(refund: Refund): Promise<void> {
      const { refundId, amountFen, reason } = refund;
      const runId = runIdOf(activityInfo());
      const invoiceId = await invoiceBefore(refund);
      if (invoiceId !== null && (await noteWaiting(db, refund, invoiceId, { at: new Date(), runId }))) {
        throw waitsForInvoice(refundId, invoiceId);
      }
      const standing = await requestRefund(db, refund, new Date(), runId);
      if (standing === 'earned') {
        log.info('payment not returned: its order has counted it', { refundId, reason });
        return;
      }
      if (standing === 'unknown') {
        await recordRefusedRefund(db, refund, new Date(), runId);
        log.error('refund refused: the database does not know it as owed', { refundId, amountFen, reason });
        throw ApplicationFailure.create({
          type: 'REFUND.NOT_OWED',
          message: `Refund ${refundId} of ${amountFen} fen (${reason}) is not known as owed`,
          nextRetryDelay: REFUSED_PAUSE,
        });
      }
      const { channelRefundId } = await sent(channel, refund);
      await completeRefund(db, refund, { channelRefundId, at: new Date(), runId });
      log.info('refund sent', { refundId: refund.refundId, amountFen: refund.amountFen, reason: refund.reason });
    },

    /** Notifies operations that a refund does not get through (GEN-5), or has waited long for an invoice (RFD-4). */
    async reportStuckRefund(refund: Refund): Promise<void> {
      const invoiceId = await invoiceBefore(refund);
      if (invoiceId !== null && (await isWaiting(db, refund.refundId))) {
        await reportWaiting(db, refund, invoiceId, new Date());
        return;
      }
      await reportStuckRefund(db, refund, new Date());
      log.warn('refund stuck', { refundId: refund.refundId });
    },

    /**
     * Records one step of a refund that somebody asked for.
     * @returns the step that the table holds now, which wins: the workflow adopts it
     */
    async recordRefundStep(step: RefundStep): Promise<StoredRefundStep> {
      const write = (runId: string) => writeRefundStep(db, step, runId, liveInvoiceOf);
      return recordStep(db, step.terms.refundId, step, write);
    },

    /** The step that the table holds at a sequence, or null. */
    async storedRefundStep(key: { refundId: string; sequence: number }): Promise<StoredRefundStep | null> {
      return findStep(db, key.refundId, key.sequence);
    },

    /** Whether an execution would have to wait for an invoice now (RFD-4). */
    async hasLiveInvoice({ orderId }: { orderId: string }): Promise<boolean> {
      return (await liveInvoiceOf(db, orderId)) !== null;
    },

    /**
     * Has the channel send a refund back, under the refund's id for ever (RFD-6): it is asked first, and sends only what
     * it does not know, or has refused in an earlier attempt.
     * @returns the outcome, once it is known for sure
     * @throws ApplicationFailure REFUND.OUTCOME_UNKNOWN, retryable, as long as the channel does not know itself
     */
    async executeRefund({ refundId, attempt }: { refundId: string; attempt: number }): Promise<ChannelAnswer> {
      const money = await findMoney(db, refundId);
      if (money.answer !== null) return money.answer;
      const outcome = await outcomeOf(channel, money.refund, attempt > 1);
      log.info('refund executed', { refundId, attempt, amountFen: money.refund.amountFen, status: outcome.status });
      if (outcome.status !== 'processing') return outcome;
      throw outcomeUnknown(refundId);
    },

    /** The instance that has to learn that all of its order's money has gone back (INS-4), or null. */
    async refundedInstance({ orderId }: { orderId: string }): Promise<string | null> {
      return findRefundedInstance(db, orderId);
    },

    /** Notifies operations that a refund which somebody asked for does not get through (GEN-5). */
    async reportStuckExecution({ refundId }: { refundId: string }): Promise<void> {
      const { refund } = await findMoney(db, refundId);
      await reportStuckRefund(db, refund, new Date());
      log.warn('refund stuck', { refundId });
    },
  };
}

/**
 * What the channel says of a refund: it is asked for the outcome first, since an earlier request may have got through.
 * @param mayRepeat whether one that it has refused may be tried again, under the same id
 */
async function outcomeOf(
  channel: PaymentChannelPort,
  refund: Parameters<PaymentChannelPort['refund']>[0],
  mayRepeat: boolean,
): Promise<RefundOutcome> {
  const known = await channel.find(refund.refundId);
  if (known === null || (known.status === 'failed' && mayRepeat)) return channel.refund(refund);
  return known;
}

/** A return that nobody decides about any more: it is tried until it was sent. */
async function sent(channel: PaymentChannelPort, refund: Refund): Promise<{ channelRefundId: string }> {
  const outcome = await outcomeOf(channel, refund, true);
  if (outcome.status === 'refunded') return outcome;
  if (outcome.status === 'processing') throw outcomeUnknown(refund.refundId);
  throw new Error(`The payment channel refuses refund ${refund.refundId}: ${outcome.reason}`);
}

const outcomeUnknown = (refundId: string) =>
  ApplicationFailure.create({
    type: 'REFUND.OUTCOME_UNKNOWN',
    message: `The payment channel does not know yet what becomes of refund ${refundId}`,
  });

const waitsForInvoice = (refundId: string, invoiceId: string) =>
  ApplicationFailure.create({
    type: 'REFUND.WAITS_FOR_INVOICE',
    message: `Refund ${refundId} waits until invoice ${invoiceId} is withdrawn, void or returned`,
    nextRetryDelay: INVOICE_PAUSE,
  });
