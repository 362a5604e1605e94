import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** A named AES-256 key. */
export type Key = { id: string; key: Buffer };

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Seals bytes with the first key and opens them with whichever key sealed them (rotation). */
export type KeyRing = {
  /** The first one encrypts, all of them decrypt. */
  readonly keys: readonly [Key, ...Key[]];
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
  const [active, ...retired] = keys;
  if (active === undefined) throw new Error('CODEC_KEYS names no key');
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const prefix = Buffer.from(`${active.id}\0`);
  return {
    keys: [active, ...retired],
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

/** What keys are used for. Each purpose has keys of its own, from which neither the others nor their origin can be computed. */
export type Purpose = 'fingerprint' | 'request-hash';

/**
 * The 32 bytes that a key of the ring gives for one purpose (HKDF-SHA-256, RFC 5869).
 * @param id the key's id; that of the first key if left out
 * @throws Error when the ring holds no such key
 */
export function purposeKey(ring: KeyRing, purpose: Purpose, id = ring.keys[0].id): Buffer {
  const origin = ring.keys.find((key) => key.id === id);
  if (origin === undefined) throw new Error(`Made with key "${id}", which CODEC_KEYS does not hold`);
  return Buffer.from(hkdfSync('sha256', origin.key, '', `back-office/${purpose}`, 32));
}

/** A keyed hash of a text, which says nothing of the text to those who do not hold the key. */
export type KeyedHash = {
  /** Key id, a colon, HMAC-SHA-256 in base64url. */
  of(text: string): string;
  /** Whether a hash that was stored, perhaps under an older key of the ring, is this text's. @throws Error as `purposeKey` */
  isOf(text: string, stored: string): boolean;
};

/** HMAC-SHA-256 under the ring's first key for a purpose; hashes of before a rotation still compare. */
export function keyedHash(ring: KeyRing, purpose: 'fingerprint' | 'request-hash'): KeyedHash {
  const hmac = (text: string, id: string) => {
    const digest = createHmac('sha256', purposeKey(ring, purpose, id))
      .update(text, 'utf8')
      .digest('base64url');
    return `${id}:${digest}`;
  };
  return {
    of: (text) => hmac(text, ring.keys[0].id),
    isOf(text, stored) {
      const wanted = Buffer.from(hmac(text, stored.slice(0, Math.max(0, stored.lastIndexOf(':')))));
      const given = Buffer.from(stored);
      return wanted.length === given.length && timingSafeEqual(wanted, given);
    },
  };
}
