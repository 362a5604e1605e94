import type { CommandRequest } from '../../api/http/command-request';
import { createMetrics } from '../../api/http/metrics';
import { createCommandSender } from '../../api/http/temporal-commands';
import { type Asked, invoiceService } from '../../api/invoices/service';
import type { InvoiceCommand, InvoiceOperation } from '../../domain/invoices/commands';
import type { Recipient } from '../../domain/invoices/recipient';
import { type InvoiceStage, type InvoiceState, newInvoice } from '../../domain/invoices/state';
import { invoicePolicy, parsePolicy } from '../../domain/policies/catalogue';
import { DAY_MS } from '../../domain/policies/duration';
import { roleOf } from '../../domain/shared/actor';
import type { OrderRow } from '../../prisma/store/orders/orders';
import type { Database } from '../../prisma/store/shared/database';
import { invoiceState, invoiceWorkflowId } from '../../workflows/invoices/messages';
import type { invoice as invoiceWorkflow } from '../../workflows/invoices/workflow';
import { eventually } from '../support/eventually';
import type { World } from '../support/world';
import { ACTORS, KEYS, PROVIDER, unique } from './commands';
import { completedRow } from './order-rows';

export const INVOICE_POLICY = invoicePolicy(parsePolicy());

/** One command as its role would send it. */
export function invoiceCommand(
  action: InvoiceOperation,
  { note = `note of ${action}`, commandId = `cmd_${unique()}` } = {},
): InvoiceCommand {
  const role = roleOf(action);
  const origin = {
    actorId: ACTORS[role],
    providerId: role === 'provider' ? PROVIDER : null,
    requestId: 'req_test',
    sourceIp: '127.0.0.1',
  };
  const common = { commandId, note, origin };
  if (action !== 'provider.mail') return { ...common, action };
  return { ...common, action, mailing: { courier: '顺丰速运', trackingNumber: 'SF1234567890' } };
}

/** An invoice of 100 yuan in some stage, with facts of its own. */
export const invoiceAt = (stage: InvoiceStage, nowMs: number, facts: Partial<InvoiceState> = {}): InvoiceState => ({
  ...newInvoice(10_000, nowMs),
  stage,
  ...facts,
});

/** A completed order as its row is, of 10,000 fen, of usr_demo with prv_demo if not of others. */
export async function paidOrder(db: Database, other: Partial<OrderRow> = {}): Promise<string> {
  const row = completedRow(new Date(), { payableFen: 10_000n, originalFen: 10_000n, paidFen: 10_000n, ...other });
  await db.order.create({ data: row, select: { id: true } });
  return row.id;
}

export const RECIPIENT: Recipient = {
  title: '深圳某某科技有限公司',
  taxNumber: '9144030071526726XG',
  address: '深圳市南山区科技园一号，王会计，13800000001',
};

type InvoiceCall = { commandId?: string; actorId?: string; atMs?: number };

/** A command of somebody, as a route hands it on. */
export function invoiceCall(
  role: 'buyer' | 'provider' | 'ops',
  { commandId = `cmd_${unique()}`, actorId = ACTORS[role], atMs = Date.now() }: InvoiceCall = {},
): CommandRequest {
  const request = { requestId: 'req_test', ip: '127.0.0.1' };
  const provider = role === 'provider' ? { providerId: PROVIDER } : {};
  return {
    principal: { sub: actorId, role, permissions: [], ...provider },
    request,
    command: { commandId, atMs },
  };
}

/** What a test may want otherwise than usual. */
export type InvoiceWishes = Partial<Asked> & { policy?: Record<string, unknown>; call?: InvoiceCall };

/** Ways to ask prv_demo for an invoice, and to act on it; refusals are thrown as AppError. */
export function invoicesOf(world: Pick<World, 'db' | 'client' | 'realTimeClient' | 'env'>) {
  const { db, client, realTimeClient, env } = world;
  const commands = createCommandSender({ client, metrics: createMetrics() });
  const serviceOf = (policy: Record<string, unknown>) =>
    invoiceService({ db, client, commands, keys: KEYS, policy: parsePolicy(policy), taskQueue: 'back-office' });

  async function ask({ policy = {}, call = {}, ...asked }: InvoiceWishes = {}) {
    const service = serviceOf(policy);
    const wanted = { providerId: PROVIDER, amountFen: 10_000, orderIds: null, recipient: RECIPIENT, ...asked };
    const { id } = await service.ask(invoiceCall('buyer', call), wanted);
    const workflowId = invoiceWorkflowId(id);
    const view = (role: 'buyer' | 'provider' | 'ops' = 'buyer') => service.view(id, invoiceCall(role));
    return {
      id,
      workflowId,
      view,
      workflow: client.workflow.getHandle<typeof invoiceWorkflow>(workflowId),
      /** What became of its latest run, without skipping any time for it. */
      outcome: () => realTimeClient.workflow.getHandle<typeof invoiceWorkflow>(workflowId).result(),
      state: () => client.workflow.getHandle(workflowId).query(invoiceState),
      act(action: InvoiceOperation, { note = `note of ${action}`, ...call }: InvoiceCall & { note?: string } = {}) {
        const { commandId: _id, origin: _origin, ...details } = invoiceCommand(action, { note });
        return service.perform(id, invoiceCall(roleOf(action), call), details);
      },
      /** Lets days pass; afterwards what fell due meanwhile is recorded. */
      async letDaysPass(days: number) {
        await env.sleep(Math.round(days * DAY_MS));
        const nowMs = await env.currentTimeMs();
        return eventually(async () => {
          const shown = await view();
          const late = shown.deadlines.filter(({ at }) => Date.parse(at) <= nowMs);
          if (late.length > 0) throw new Error(`${late.map(({ name }) => name)} not recorded`);
          return shown;
        });
      },
    };
  }

  return { ask };
}

/** An invoice that was asked for. */
export type Invoice = Awaited<ReturnType<ReturnType<typeof invoicesOf>['ask']>>;
