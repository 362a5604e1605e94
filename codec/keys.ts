import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** A named AES-256 key. */
export type Key = { id: string; key: Buffer };

/**
 * What keys are used for: payloads of Temporal, values that tables hold sealed, and two kinds of keyed hashes. Each
 * purpose has keys of its own, from which neither the others nor their origin can be computed.
 */
export type Purpose = 'payloads' | 'values' | 'fingerprint' | 'request-hash';

/**
 * The keys of a deployment: the first one seals, all of them open (rotation). `payloads` is all that the codec endpoint
 * is given: it opens no value that a table holds.
 */
export type KeyRing = {
  readonly all: readonly [Key, ...Key[]];
  readonly payloads: Sealer;
  readonly values: Sealer;
};

/** Seals bytes with its first key, and opens what any of its keys sealed. */
export type Sealer = {
  /**
   * Key id, a zero byte, nonce, ciphertext, tag.
   * @param place what the bytes are bound to: they open nowhere else
   */
  seal(plain: Uint8Array, place: string): Buffer;
  /** @throws KeyNotHeld; Error when the bytes were altered, or sealed for another place or purpose */
  open(sealed: Uint8Array, place: string): Buffer;
};

/** Where a table holds a sealed value: the table, the key of the row, the column. */
export type Place = readonly [table: string, row: string, column: string];

/** Something was sealed or hashed with a key that has been retired, or never was held. */
export class KeyNotHeld extends Error {
  constructor(readonly keyId: string) {
    super(`Made with key "${keyId}", which CODEC_KEYS does not hold`);
  }
}

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The keys of a deployment (AES-256).
 * @param keys the first one seals, all of them open
 * @throws Error when there is none
 */
export function keyRing(keys: readonly Key[]): KeyRing {
  const [active, ...others] = keys;
  if (active === undefined) throw new Error('CODEC_KEYS names no key');
  const all = [active, ...others] as const;
  return { all, payloads: sealer({ all }, 'payloads'), values: sealer({ all }, 'values') };
}

/**
 * The 32 bytes that a key gives for one purpose (HKDF-SHA-256, RFC 5869).
 * @param id the key's id; that of the first key if left out
 * @throws KeyNotHeld
 */
export function purposeKey(keys: Pick<KeyRing, 'all'>, purpose: Purpose, id = keys.all[0].id): Buffer {
  const origin = keys.all.find((key) => key.id === id);
  if (origin === undefined) throw new KeyNotHeld(id);
  return Buffer.from(hkdfSync('sha256', origin.key, '', `back-office/${purpose}`, 32));
}

/** AES-256-GCM under the keys for one purpose; nothing else of them is kept. */
function sealer(keys: Pick<KeyRing, 'all'>, purpose: 'payloads' | 'values'): Sealer {
  const derived = new Map(keys.all.map(({ id }) => [id, purposeKey(keys, purpose, id)]));
  const activeId = keys.all[0].id;
  const activeKey = purposeKey(keys, purpose, activeId);
  const prefix = Buffer.from(`${activeId}\0`);
  return {
    seal(plain, place) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', activeKey, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(place));
      return Buffer.concat([prefix, iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, place) {
      const bytes = Buffer.from(sealed);
      const id = sealingKeyId(bytes);
      const key = derived.get(id);
      if (key === undefined) throw new KeyNotHeld(id);
      const [ivAt, tagAt] = [Buffer.byteLength(id) + 1, bytes.length - TAG_BYTES];
      if (tagAt < ivAt + IV_BYTES) throw new Error('Too short to have been sealed');
      const iv = bytes.subarray(ivAt, ivAt + IV_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(bytes.subarray(tagAt));
      return Buffer.concat([decipher.update(bytes.subarray(ivAt + IV_BYTES, tagAt)), decipher.final()]);
    },
  };
}

/** The id of the key that sealed some bytes; empty when they name none. */
export function sealingKeyId(sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  return bytes.subarray(0, Math.max(0, bytes.indexOf(0))).toString();
}

/** Text that only few may read, as the named place of a table holds it (ORD-2, ACC-6). */
export const sealText = (keys: KeyRing, text: string, place: Place): Buffer =>
  keys.values.seal(Buffer.from(text, 'utf8'), JSON.stringify(place));

/** The text that `sealText` sealed for that place. @throws as `Sealer.open` */
export const openText = (keys: KeyRing, sealed: Uint8Array, place: Place): string =>
  keys.values.open(sealed, JSON.stringify(place)).toString('utf8');

/** A keyed hash of a text, which says nothing of the text to those who do not hold the key. */
export type KeyedHash = {
  /** Key id, a colon, HMAC-SHA-256 in base64url. */
  of(text: string): string;
  /** Whether a hash that was stored, perhaps under an older key, is this text's. @throws KeyNotHeld */
  isOf(text: string, stored: string): boolean;
};

/** HMAC-SHA-256 under the first key for a purpose; hashes of before a rotation still compare. */
export function keyedHash(keys: Pick<KeyRing, 'all'>, purpose: 'fingerprint' | 'request-hash'): KeyedHash {
  const hmac = (text: string, id: string) => {
    const digest = createHmac('sha256', purposeKey(keys, purpose, id))
      .update(text, 'utf8')
      .digest('base64url');
    return `${id}:${digest}`;
  };
  return {
    of: (text) => hmac(text, keys.all[0].id),
    isOf(text, stored) {
      const wanted = Buffer.from(hmac(text, stored.slice(0, Math.max(0, stored.lastIndexOf(':')))));
      const given = Buffer.from(stored);
      return wanted.length === given.length && timingSafeEqual(wanted, given);
    },
  };
}
