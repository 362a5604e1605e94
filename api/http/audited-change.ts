import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import type { OwnChange } from '../../prisma/store/accounts/accounts';
import type { Change } from '../../prisma/store/shared/audited-transaction';
import type { Principal } from './auth';
import type { CommandRecord } from './idempotency';
import { providerOf } from './scope';

/** The change that a request makes at once, without a workflow, for the audit trail (AUD-1). */
export function changeOf(
  {
    principal,
    request,
    command,
  }: {
    principal: Principal;
    request: Pick<Request, 'requestId' | 'ip'>;
    /** Of a POST; a PUT is a change of its own each time. */
    command?: CommandRecord;
  },
  objectId: string,
  action: string,
): Change {
  return {
    objectId,
    action,
    providerId: principal.providerId ?? null,
    commandId: command?.commandId ?? randomBytes(12).toString('base64url'),
    actorRole: principal.role,
    actorId: principal.sub,
    requestId: request.requestId,
    sourceIp: request.ip ?? '',
    at: new Date(),
  };
}

/** As `changeOf`, where only a provider's people and keys get: for what is the provider's own. */
export function ownChangeOf(call: Parameters<typeof changeOf>[0], objectId: string, action: string): OwnChange {
  return { ...changeOf(call, objectId, action), providerId: providerOf(call.principal) };
}
