import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { KeyRing } from './keys';

const ENCODING = 'binary/encrypted';
const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

/**
 * Encrypts every payload that reaches Temporal, compressed first: what is in a history can be read
 * only through the codec endpoint, by those who may.
 */
export class EncryptingCodec implements PayloadCodec {
  constructor(private readonly ring: KeyRing) {}

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const plain = deflateRawSync(temporal.api.common.v1.Payload.encode(payload).finish());
      const { keyId, sealed } = this.ring.seal(plain);
      return { metadata: { encoding: utf8(ENCODING), 'key-id': utf8(keyId) }, data: new Uint8Array(sealed) };
    });
  }

  /** @throws Error when a payload's key is not on the ring; payloads of other encodings pass untouched */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (textOf(payload.metadata?.encoding) !== ENCODING) return payload;
      const plain = this.ring.open(textOf(payload.metadata?.['key-id']), payload.data ?? new Uint8Array());
      return temporal.api.common.v1.Payload.decode(inflateRawSync(plain));
    });
  }
}
