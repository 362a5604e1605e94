import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { KeyRing, Sealer } from './keys';

const ENCODING = 'binary/encrypted';
/** Payloads are not told apart by where they are. */
const PLACE = 'payload';
/** How the SDK encodes null and undefined: there is nothing to hide, and much of it. */
const NOTHING = 'binary/null';

/**
 * What payloads are mostly made of, so that even a small one compresses. It belongs to ENCODING: a
 * changed dictionary needs a new name, and this one for as long as histories hold payloads made with it.
 */
const DICTIONARY = Buffer.from(
  [
    '{"terms":{"orderId":"ord_","paymentChannel":"tencent_cloudtenpaywechat","specId":"spc_","specName":"","productId":"prd_',
    '"placedBy":{"payableFen":"payWithinMs":"delivery":{"receivedAtMs":"transactionId":"paymentId":"pay_","amountFen":',
    '{"deliveryId":"dlv_","orderId":"ord_","buyerId":"usr_","providerId":"prv_","productName":"","flow":"self_operated","flow":"standard",',
    '"paidFen":,"policy":{"providerStallMs":432000000,"requirementRejections":3,"acceptanceRejections":3,',
    '"autoAcceptAfterMs":2592000000,"startWithinMs":1296000000,"providerRemindersMs":[259200000,432000000],',
    '"acceptanceRemindersMs":[604800000,259200000,86400000],"requirementRemindersMs":[259200000,604800000,2592000000],',
    '"requirementTaskAfterMs":7776000000,"implementingEscalationsMs":[1296000000,2592000000],',
    '"operationsRemindersMs":[86400000,259200000,604800000],"appealTarget":{"kind":"workingDays","days":3}},',
    '"state":{"flow":"standard","stage":"awaiting_requirement","appeal":null,"requirementRejections":0,',
    '"acceptanceRejections":0,"stalled":false,"requirementConfirmed":false,"submitted":false,',
    '"stageClock":{"elapsedMs":0,"runningSinceMs":17},"startClock":{"elapsedMs":0,"runningSinceMs":null},',
    '"passed":[],"outcome":null,"refundFen":null},"sequence":1}"awaiting_requirement_confirmation""implementing""awaiting_acceptance"',
    '"openedBy":"grounds":["stall","requirement_rejections","acceptance_rejections"],"openedAtMs":"escalated":false',
    '"due":{"atMs":17,"calendarVersion":"provisional":false}{"outcome":"auto_accepted","refundFen":0}"cancelled_and_refunded"',
    'Delivery of "" (standard)Order ord_01m, buyer usr_, provider prv_, paid 000 fen',
    'set for buyer_reminder_1: buyer_remindedprovider_reminder_1: provider_reminded',
    '"action":"ops.check.return""ops.dispatch""ops.resolve","ruling":"redo_implementation""buyer.appeals""provider.appeals"',
    '"action":"provider.requirement.reject""buyer.acceptance.reject""buyer.acceptance.accept"',
    '"action":"provider.implementation.submit","action":"provider.requirement.confirm",',
    '{"action":"buyer.requirement","note":"","attachmentIds":["att_01m"],"appealId":"apl_01m","attachmentIds":[],"commandId":"","origin":{"actorId":"usr_',
    '","providerId":"prv_","providerId":null,"requestId":"req_","sourceIp":"127.0.0.1"}}encoding\x12\njson/plain\x12',
  ].join(''),
);
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

/**
 * Encrypts every payload that reaches Temporal, compressed first: what is in a history can be read
 * only through the codec endpoint, by those who may.
 */
export class EncryptingCodec implements PayloadCodec {
  private readonly sealer: Sealer;

  /** @param keys of which only the keys for payloads are kept */
  constructor({ payloads }: Pick<KeyRing, 'payloads'>) {
    this.sealer = payloads;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (textOf(payload.metadata?.encoding) === NOTHING) return payload;
      const plain = deflateRawSync(temporal.api.common.v1.Payload.encode(payload).finish(), { dictionary: DICTIONARY });
      return { metadata: { encoding: utf8(ENCODING) }, data: new Uint8Array(this.sealer.seal(plain, PLACE)) };
    });
  }

  /** @throws Error when a payload's key is not held; payloads of other encodings pass untouched */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (textOf(payload.metadata?.encoding) !== ENCODING) return payload;
      const plain = this.sealer.open(payload.data ?? new Uint8Array(), PLACE);
      return temporal.api.common.v1.Payload.decode(inflateRawSync(plain, { dictionary: DICTIONARY }));
    });
  }
}
