import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A named AES-256 key. */
export type Key = { id: string; key: Buffer };

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals bytes with the first key and opens them with whichever key sealed them (rotation). */
export type KeyRing = {
  seal(plain: Uint8Array): { keyId: string; sealed: Buffer };
  /** @throws Error when the key is unknown or the bytes were altered */
  open(keyId: string, sealed: Uint8Array): Buffer;
};

/**
 * AES-256-GCM with key ids.
 * @param keys the first one encrypts, all of them decrypt
 */
export function keyRing(keys: readonly Key[]): KeyRing {
  const [active] = keys;
  if (active === undefined) throw new Error('CODEC_KEYS names no key');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  return {
    seal(plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', active.key, iv);
      const sealed = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return { keyId: active.id, sealed };
    },
    open(keyId, sealed) {
      const key = byId.get(keyId);
      if (key === undefined) throw new Error(`Sealed with key "${keyId}", which CODEC_KEYS does not hold`);
      const bytes = Buffer.from(sealed);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)), decipher.final()]);
    },
  };
}

/** Text that only its parties may read, as it is stored: key id, a zero byte, the sealed bytes (ORD-2). */
export function sealText(ring: KeyRing, text: string): Buffer {
  const { keyId, sealed } = ring.seal(Buffer.from(text, 'utf8'));
  return Buffer.concat([Buffer.from(`${keyId}\0`), sealed]);
}

/** The text that `sealText` stored. @throws Error as `KeyRing.open` */
export function openText(ring: KeyRing, stored: Uint8Array): string {
  const bytes = Buffer.from(stored);
  const end = bytes.indexOf(0);
  return ring.open(bytes.subarray(0, end).toString(), bytes.subarray(end + 1)).toString('utf8');
}
