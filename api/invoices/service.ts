import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { KeyRing } from '../../codec/keys';
import type { Recipient } from '../../domain/invoices/recipient';
import { isAtRest, isLive } from '../../domain/invoices/state';
import { invoicePolicy, type Policy } from '../../domain/policies/catalogue';
import type { DistributiveOmit } from '../../domain/shared/distributive-omit';
import { AppError } from '../../domain/shared/errors';
import { findInvoice, type InvoiceDetails, invoiceStatus, lookAtRecipient } from '../../prisma/store/invoices/invoices';
import { findTitle } from '../../prisma/store/invoices/titles';
import { keyExpired } from '../../prisma/store/shared/audit-log';
import type { Database } from '../../prisma/store/shared/database';
import {
  type InvoiceInput,
  invoiceState,
  invoiceUpdate,
  invoiceWorkflowId,
  type SentInvoiceCommand,
  untilRequested,
} from '../../workflows/invoices/messages';
import type { invoice } from '../../workflows/invoices/workflow';
import { PROVIDER_ID } from '../../workflows/shared/search-attributes';
import type { Principal } from '../http/auth';
import { type CommandRequest, originOf } from '../http/command-request';
import { idFrom } from '../http/ids';
import { scopeOf } from '../http/scope';
import { startAndWait } from '../http/start-workflow';
import type { CommandSender, WorkflowTarget } from '../http/temporal-commands';
import { openRecipient, sealRecipient } from './recipient';
import { invoiceView, type Shown } from './view';

type InvoiceServiceDependencies = {
  db: Database;
  client: Client;
  keys: KeyRing;
  policy: Policy;
  taskQueue: string;
  commands: CommandSender;
  answerWithinMs?: number | undefined;
};

/** What a buyer asks for. */
export type Asked = {
  providerId: string;
  amountFen: number;
  orderIds: string[] | null;
  /** A saved title, or what is said instead. */
  recipient: { titleId: string } | Recipient;
};

/** The part of a command that differs from route to route. */
export type InvoiceOperationDetails = DistributiveOmit<SentInvoiceCommand, 'origin'>;

/** Where routes have invoices asked for and operated, and read what became of them. */
export type InvoiceService = ReturnType<typeof invoiceService>;

const noInvoice = () => new AppError('INVOICE.NOT_FOUND', 'There is no such invoice.');
const hasEnded = () =>
  new AppError('INVOICE.NOT_ALLOWED', 'The invoice has ended: nothing more can be done to it.', { allowedActions: [] });

/** Lists and answers of commands show the provider no address, and operations nothing of the recipient in full. */
export const shownTo = ({ role }: Pick<Principal, 'role'>): Shown => (role === 'ops' ? 'masked' : 'title');

export function invoiceService(dependencies: InvoiceServiceDependencies) {
  const { db, keys, commands } = dependencies;

  async function found(invoiceId: string, principal: Principal, asOf?: string): Promise<InvoiceDetails> {
    const details = await findInvoice(db, invoiceId, scopeOf(principal), asOf);
    if (details === null) throw noInvoice();
    return details;
  }

  /** The answer to a command: the invoice as its step left it, however late that is asked. */
  const answered = (details: InvoiceDetails, principal: Principal) =>
    invoiceView(details, principal.role === 'buyer' ? 'all' : shownTo(principal), keys);

  async function recipientOf(buyerId: string, recipient: Asked['recipient']): Promise<Recipient> {
    if (!('titleId' in recipient)) return recipient;
    const { id, sealed } = await findTitle(db, buyerId, recipient.titleId);
    return openRecipient(keys, 'invoiceTitle', id, sealed);
  }

  return {
    /**
     * An invoice in full. Its recipient is shown to its buyer, and to the provider while it issues it; the provider's look
     * is left in the audit trail (ORD-7).
     * @throws AppError INVOICE.NOT_FOUND also when it is somebody else's
     */
    async view(invoiceId: string, { principal, request }: Pick<CommandRequest, 'principal' | 'request'>) {
      const details = await found(invoiceId, principal);
      const { role, sub } = principal;
      if (role === 'buyer') return invoiceView(details, 'all', keys);
      if (role === 'ops' || !isLive(details.state)) return invoiceView(details, shownTo(principal), keys);
      const { providerId } = details;
      const { requestId, ip: sourceIp = '' } = request;
      await lookAtRecipient(db, { invoiceId, providerId, viewerId: sub, viewerRole: role, requestId, sourceIp });
      return invoiceView(details, 'all', keys);
    },

    /**
     * Asks a provider for an invoice.
     * @throws AppError INVOICE.AMOUNT_NOT_LEFT, INVOICE.ORDER_NOT_INVOICEABLE, INVOICE_TITLE.NOT_FOUND,
     *   IDEMPOTENCY.KEY_EXPIRED, SERVICE.*
     */
    async ask(call: CommandRequest, { providerId, amountFen, orderIds, recipient }: Asked) {
      const { principal, request, command } = call;
      const { commandId } = command;
      const buyerId = principal.sub;
      const invoiceId = idFrom('inv', command.atMs, commandId);
      request.workflow = { workflowId: invoiceWorkflowId(invoiceId) };
      // A repetition whose first answer was lost is answered by what stands, whatever was done to it since.
      const asked = () => findInvoice(db, invoiceId, scopeOf(principal), commandId);
      let details = await asked();
      if (details === null) {
        const madeOutTo = await recipientOf(buyerId, recipient);
        await start(dependencies, {
          subject: { invoiceId, buyerId, providerId },
          ...{ amountFen, orderIds },
          sealed: sealRecipient(keys, 'invoice', invoiceId, madeOutTo).toString('base64'),
          policy: invoicePolicy(dependencies.policy),
          request: { commandId, origin: originOf(principal, request) },
        });
        details = await asked();
      }
      if (details === null) throw keyExpired();
      return answered(details, principal);
    },

    /** Has one command carried out, and answers the invoice as its step left it. @throws AppError the workflow's refusal */
    async perform(invoiceId: string, call: CommandRequest, details: InvoiceOperationDetails) {
      const { principal, request, command } = call;
      const { commandId: updateId } = command;
      await found(invoiceId, principal);
      request.workflow = { workflowId: invoiceWorkflowId(invoiceId) };
      const sent = { ...details, origin: originOf(principal, request) };
      const status = () => invoiceStatus(db, invoiceId, scopeOf(principal), updateId);
      const target = targetOf(dependencies, invoiceId);
      await commands.sendTo(target, invoiceUpdate(details.action), { updateId, sent }, status);
      return answered(await found(invoiceId, principal, updateId), principal);
    },
  };
}

/** The workflow of an invoice; where that has ended with the invoice done, a command begins a run anew (RFD-4). */
function targetOf(dependencies: InvoiceServiceDependencies, invoiceId: string): WorkflowTarget {
  return {
    workflowId: invoiceWorkflowId(invoiceId),
    known: invoiceState,
    absent: noInvoice,
    ended: hasEnded,
    async begin() {
      const details = await findInvoice(dependencies.db, invoiceId, 'all');
      if (details === null || !isLive(details.state) || !isAtRest(details.state)) return null;
      return operationOf(dependencies, anew(details));
    },
  };
}

/** What a run begins with that goes on from where the row stands: it stores no first step. */
function anew({ id: invoiceId, buyerId, providerId, state, sequence, policy }: InvoiceDetails): InvoiceInput {
  const origin = { actorId: 'system', providerId: null, requestId: '', sourceIp: '' };
  return {
    subject: { invoiceId, buyerId, providerId },
    amountFen: state.amountFen,
    orderIds: null,
    sealed: '',
    policy,
    request: { commandId: '', origin },
    position: { state, sequence },
  };
}

function operationOf({ taskQueue }: InvoiceServiceDependencies, input: InvoiceInput) {
  const { invoiceId, buyerId, providerId } = input.subject;
  return new WithStartWorkflowOperation<typeof invoice>('invoice', {
    workflowId: invoiceWorkflowId(invoiceId),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    taskQueue,
    args: [input],
    typedSearchAttributes: [{ key: PROVIDER_ID, value: providerId }],
    staticSummary: `Invoice of ${input.amountFen} fen`,
    staticDetails: `Buyer ${buyerId}, provider ${providerId}`,
  });
}

/** Starts the workflow of an invoice, and waits until its row is stored. @throws AppError why it cannot be asked for */
async function start(dependencies: InvoiceServiceDependencies, input: InvoiceInput): Promise<void> {
  const { client } = dependencies;
  const options = {
    updateId: input.request.commandId,
    startWorkflowOperation: operationOf(dependencies, input),
  };
  await startAndWait(
    dependencies,
    () => client.workflow.executeUpdateWithStart(untilRequested, options),
    'The invoice is just ending; send the request again.',
  );
}
