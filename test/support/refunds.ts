import { WithStartWorkflowOperation } from '@temporalio/client';
import { createMetrics } from '../../api/http/metrics';
import { createCommandSender } from '../../api/http/temporal-commands';
import { parsePolicy, refundPolicy } from '../../domain/policies/catalogue';
import type { RefundOperation } from '../../domain/refunds/commands';
import type { RefundTerms } from '../../domain/refunds/step';
import { AppError } from '../../domain/shared/errors';
import { findRefund, refundStatus } from '../../prisma/store/refunds/requests';
import { refundState, refundUpdate, refundWorkflowId, untilRequested } from '../../workflows/refunds/messages';
import type { refund } from '../../workflows/refunds/workflow';
import { ACTORS, unique } from '../factories/commands';
import { refundCommand } from '../factories/refunds';
import { eventually } from './eventually';
import type { Delivery, World } from './world';

/** What a test may want of a request otherwise than usual. */
export type RefundWishes = Partial<Pick<RefundTerms, 'refundId' | 'amountFen' | 'reasonCode' | 'initiatedBy'>> & {
  policy?: Record<string, unknown>;
};

/** What can be refunded; of an order without a delivery there is none. */
type Refundable = {
  terms: Pick<Delivery['terms'], 'orderId' | 'buyerId' | 'providerId' | 'payableFen'> & { deliveryId: string | null };
};

export type RefundHandle = Awaited<ReturnType<ReturnType<typeof refundsOf>['request']>>;

/** Ways to ask for refunds of orders in a world, and to act on them. */
export function refundsOf({ client, realTimeClient, db, env }: World) {
  const sender = createCommandSender({ client, metrics: createMetrics() });

  /** Asks for a refund of all that was paid, but for what is wished. @throws the workflow's refusal */
  async function request({ terms: order }: Refundable, wishes: RefundWishes = {}) {
    const { policy = {}, amountFen = order.payableFen, reasonCode = 'other', initiatedBy = 'buyer' } = wishes;
    const { orderId, deliveryId, buyerId, providerId } = order;
    const { refundId = `rfd_${unique()}` } = wishes;
    const terms = { refundId, orderId, deliveryId, buyerId, providerId, initiatedBy, reasonCode, amountFen };
    const origin = {
      actorId: ACTORS[initiatedBy],
      providerId: initiatedBy === 'provider' ? providerId : null,
      requestId: 'req_test',
      sourceIp: '127.0.0.1',
    };
    const commandId = `cmd_${unique()}`;
    const workflowId = refundWorkflowId(refundId);
    const startWorkflowOperation = new WithStartWorkflowOperation<typeof refund>('refund', {
      workflowId,
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue: 'back-office',
      args: [{ terms, request: { commandId, note: 'it is late', origin }, policy: refundPolicy(parsePolicy(policy)) }],
    });
    await client.workflow.executeUpdateWithStart(untilRequested, { startWorkflowOperation });

    const handle = client.workflow.getHandle<typeof refund>(workflowId);
    const view = async () => {
      const found = await findRefund(db, refundId, 'all');
      if (found === null) throw new Error(`${refundId} has no row`);
      return found.state;
    };
    const target = {
      workflowId,
      known: refundState,
      absent: () => new AppError('REFUND.NOT_FOUND', 'absent'),
      ended: () => new AppError('REFUND.NOT_ALLOWED', 'ended'),
    };

    return {
      id: refundId,
      workflowId,
      workflow: handle,
      view,
      order: () => db.order.findUniqueOrThrow({ where: { id: orderId } }),
      /** Sends one command, as its role; refusals are thrown as AppError. */
      async act(action: RefundOperation, actFen?: number) {
        const { commandId: updateId, ...sent } = refundCommand(action, actFen);
        await sender.sendTo(target, refundUpdate(action), { updateId, sent }, () =>
          refundStatus(db, refundId, 'all', updateId),
        );
        return view();
      },
      /** What became of it, without skipping any time for it. */
      ended: () => realTimeClient.workflow.getHandle<typeof refund>(workflowId).result(),
      async until(stage: string) {
        await eventually(async () => {
          const { stage: now } = await view();
          if (now !== stage) throw new Error(`the refund is ${now}, not ${stage}`);
        });
        return view();
      },
      async letPass(ms: number) {
        await env.sleep(ms);
        return view();
      },
    };
  }
  return { request };
}
