import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A named AES-256 key. */
export type Key = { id: string; key: Buffer };

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals bytes with the first key and opens them with whichever key sealed them (rotation). */
export type KeyRing = {
  /** Key id, a zero byte, nonce, ciphertext, tag. */
  seal(plain: Uint8Array): Buffer;
  /** @throws Error when the key is unknown or the bytes were altered */
  open(sealed: Uint8Array): Buffer;
};

/**
 * AES-256-GCM with key ids.
 * @param keys the first one encrypts, all of them decrypt
 */
export function keyRing(keys: readonly Key[]): KeyRing {
  const [active] = keys;
  if (active === undefined) throw new Error('CODEC_KEYS names no key');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const prefix = Buffer.from(`${active.id}\0`);
  return {
    seal(plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', active.key, iv);
      return Buffer.concat([prefix, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed) {
      const bytes = Buffer.from(sealed);
      const ivAt = bytes.indexOf(0) + 1;
      const keyId = bytes.subarray(0, Math.max(0, ivAt - 1)).toString();
      const key = byId.get(keyId);
      if (key === undefined) throw new Error(`Sealed with key "${keyId}", which CODEC_KEYS does not hold`);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(ivAt, ivAt + IV_BYTES));
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const ciphertext = bytes.subarray(ivAt + IV_BYTES, bytes.length - TAG_BYTES);
      return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
    },
  };
}

/** Text that only its parties may read, as it is stored (ORD-2). */
export const sealText = (ring: KeyRing, text: string): Buffer => ring.seal(Buffer.from(text, 'utf8'));

/** The text that `sealText` stored. @throws Error as `KeyRing.open` */
export const openText = (ring: KeyRing, sealed: Uint8Array): string => ring.open(sealed).toString('utf8');
