import { keyRing, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { type DeliveryAction, type DeliveryCommand, isSealed } from '../../domain/deliveries/commands';
import { roleOf } from '../../domain/shared/actor';

export const BUYER = 'usr_demo';
export const PROVIDER = 'prv_demo';
/** The demonstration people who send commands, by role. */
export const ACTORS = { buyer: BUYER, provider: 'usr_provider_demo', ops: 'usr_ops_demo' } as const;

/** The keys of the tests' systems. */
export const KEYS = keyRing([{ id: 'test', key: Buffer.alloc(32, 7) }]);

let count = 0;
/** Something no other test of this run has used. */
export function unique(): string {
  count += 1;
  return `${Date.now()}${process.pid}${count}`;
}

/** What a test may want to say with a command; the rest is filled in. */
export type Extras = Partial<Pick<Extract<DeliveryCommand, { action: 'ops.resolve' }>, 'ruling' | 'refundFen'>> & {
  note?: string;
  attachmentIds?: string[];
  appealId?: string;
  commandId?: string;
  actorId?: string;
  providerId?: string | null;
};

/** One command as its role would send it through the API, with only the fields that its action has. */
export function command(action: DeliveryAction, extras: Extras = {}): DeliveryCommand {
  const commandId = extras.commandId ?? `cmd_${unique()}`;
  const note = extras.note ?? `note of ${action}`;
  const common = {
    commandId,
    note: isSealed(action) ? sealText(KEYS, note, placeOf('submission', commandId)).toString('base64') : note,
    attachmentIds: extras.attachmentIds ?? [],
    origin: originOf(action, extras),
  };
  const appealId = extras.appealId ?? 'apl_none';
  switch (action) {
    case 'ops.resolve':
      return { ...common, action, appealId, ruling: extras.ruling ?? 'resume', refundFen: extras.refundFen ?? null };
    case 'buyer.appeals':
    case 'provider.appeals':
    case 'buyer.evidence':
    case 'provider.evidence':
      return { ...common, action, appealId };
    default:
      return { ...common, action };
  }
}

function originOf(action: DeliveryAction, extras: Extras) {
  const role = roleOf(action);
  return {
    actorId: extras.actorId ?? ACTORS[role],
    providerId: extras.providerId ?? (role === 'provider' ? PROVIDER : null),
    requestId: 'req_test',
    sourceIp: '127.0.0.1',
  };
}
