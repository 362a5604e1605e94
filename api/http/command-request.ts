import type { Request } from 'express';
import type { Origin } from '../../domain/shared/actor';
import type { Principal } from './auth';
import type { CommandRecord } from './idempotency';

/** What a command needs of the request that brings it. */
export type CommandRequest = {
  principal: Principal;
  request: Pick<Request, 'requestId' | 'ip' | 'workflow'>;
  command: CommandRecord;
};

/** Who sent a command, and from where (AUD-1). */
export function originOf({ sub, providerId }: Principal, request: CommandRequest['request']): Origin {
  return { actorId: sub, providerId: providerId ?? null, requestId: request.requestId, sourceIp: request.ip ?? '' };
}
