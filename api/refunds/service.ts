import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { noOrder } from '../../domain/orders/no-order';
import { type Policy, refundPolicy } from '../../domain/policies/catalogue';
import type { RefundOperation } from '../../domain/refunds/commands';
import type { ReasonCode } from '../../domain/refunds/reasons';
import { AppError } from '../../domain/shared/errors';
import {
  type RefundDetails as FoundRefund,
  findFacts,
  findRefund,
  findRefundable,
  refundStatus,
} from '../../prisma/store/refunds/requests';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import {
  type RefundInput,
  refundState,
  refundUpdate,
  refundWorkflowId,
  untilRequested,
} from '../../workflows/refunds/messages';
import type { refund } from '../../workflows/refunds/workflow';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import type { Principal } from '../http/auth';
import { type CommandRequest, originOf } from '../http/command-request';
import { idFrom } from '../http/ids';
import { scopeOf } from '../http/scope';
import { startAndWait } from '../http/start-workflow';
import type { CommandSender, WorkflowTarget } from '../http/temporal-commands';
import { refundView } from './view';

/** Where routes ask for refunds, have commands to them carried out, and read what became of them. */
export type RefundService = ReturnType<typeof refundService>;

export type RefundDependencies = {
  db: Database;
  client: Client;
  policy: Policy;
  taskQueue: string;
  commands: CommandSender;
  answerWithinMs?: number | undefined;
};

/** What is asked for; all that is left of the payment where no amount is named. */
export type RefundWish = { reasonCode: ReasonCode; reason: string; amountFen?: number | undefined };

/** What a person does to a refund: the reason given, and the amount where one is named. */
export type RefundDetails = { action: RefundOperation; note: string; amountFen?: number };

const noRefund = () => new AppError('REFUND.NOT_FOUND', 'There is no such refund.');
const targetOf = (refundId: string): WorkflowTarget => ({
  workflowId: refundWorkflowId(refundId),
  known: refundState,
  absent: noRefund,
  ended: () =>
    new AppError('REFUND.NOT_ALLOWED', 'The refund is over: nothing more can be done to it.', { allowedActions: [] }),
});

export function refundService(dependencies: RefundDependencies) {
  const { db, commands, policy } = dependencies;

  /**
   * A refund in full.
   * @param asOf the command after whose step it is shown; as it is now if left out
   * @throws AppError REFUND.NOT_FOUND also when it is somebody else's
   */
  async function view(refundId: string, principal: Principal, asOf?: string) {
    const found = await findRefund(db, refundId, scopeOf(principal), asOf);
    if (found === null) throw noRefund();
    return shown(found, principal);
  }

  const shown = async (found: FoundRefund, { role }: Principal) =>
    refundView(found, role === 'ops' ? await findFacts(db, found) : null);

  return {
    view,

    /**
     * Asks for a refund of an order, and answers it as it was asked for, however late that is read.
     * @throws AppError ORDER.NOT_FOUND, REFUND.OPEN, REFUND.APPEAL_OPEN, REFUND.NOT_ALLOWED, REFUND.AMOUNT_OUT_OF_RANGE
     */
    async request(orderId: string, { principal, request, command }: CommandRequest, wish: RefundWish) {
      const { commandId, atMs } = command;
      const order = await findRefundable(db, orderId, scopeOf(principal));
      if (order === null) throw noOrder();
      const refundId = idFrom('rfd', atMs, commandId);
      request.workflow = { workflowId: refundWorkflowId(refundId) };
      const asked = () => findRefund(db, refundId, scopeOf(principal), commandId);
      let found = await asked();
      if (found === null) {
        const { refundableFen, ...parties } = order;
        const { reasonCode, reason: note, amountFen = refundableFen } = wish;
        const initiatedBy = principal.role === 'provider' ? 'provider' : 'buyer';
        await start(dependencies, {
          terms: { refundId, orderId, ...parties, initiatedBy, reasonCode, amountFen },
          request: { commandId, note, origin: originOf(principal, request) },
          policy: refundPolicy(policy),
        });
        found = await asked();
      }
      // Its workflow was refused the row: the command had made another refund, longer ago than its answer is kept.
      if (found === null) throw keyExpired();
      return shown(found, principal);
    },

    /** Has one command carried out and answers the refund as its step left it. @throws AppError the workflow's refusal */
    async perform(refundId: string, { principal, request, command }: CommandRequest, details: RefundDetails) {
      const { commandId: updateId } = command;
      request.workflow = { workflowId: refundWorkflowId(refundId) };
      const sent = sentOf(details, originOf(principal, request));
      const status = () => refundStatus(db, refundId, scopeOf(principal), updateId);
      await commands.sendTo(targetOf(refundId), refundUpdate(details.action), { updateId, sent }, status);
      return view(refundId, principal, updateId);
    },
  };
}

function sentOf({ action, note, amountFen = 0 }: RefundDetails, origin: RefundInput['request']['origin']) {
  if (action === 'provider.offer' || action === 'ops.approve') return { action, note, origin, amountFen };
  return { action, note, origin };
}

/** Starts the workflow of a refund, and waits until its row is stored. @throws AppError its refusal */
async function start(dependencies: RefundDependencies, input: RefundInput): Promise<void> {
  const { client, taskQueue } = dependencies;
  const { terms, request } = input;
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof refund>('refund', {
    workflowId: refundWorkflowId(terms.refundId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    // A request that was refused has ended its workflow; its repetition may find the order otherwise.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    taskQueue,
    args: [input],
    typedSearchAttributes: [{ key: PROVIDER_ID, value: terms.providerId }],
    staticSummary: `Refund of ${terms.amountFen} fen`,
    staticDetails: `Order ${terms.orderId}, asked for by the ${terms.initiatedBy}: ${terms.reasonCode}`,
  });
  await startAndWait(
    dependencies,
    () =>
      client.workflow.executeUpdateWithStart(untilRequested, { updateId: request.commandId, startWorkflowOperation }),
    'The refund is just ending; send yours again.',
  );
}
