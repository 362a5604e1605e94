import type { InvoiceCommand, InvoiceOperation } from '../../domain/invoices/commands';
import { type InvoiceStage, type InvoiceState, newInvoice } from '../../domain/invoices/state';
import { invoicePolicy, parsePolicy } from '../../domain/policies/catalogue';
import { roleOf } from '../../domain/shared/actor';
import { ACTORS, PROVIDER, unique } from './commands';

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
