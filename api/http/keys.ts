import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** API keys look like `mbo_<id>_<secret>`: scanners for leaked secrets know them by their beginning and their form. */
const FORM = /^mbo_([0-9a-z]{26})_([0-9a-f]{64})$/;
const SECRET_BYTES = 32;

/** The id and the secret of what looks like an API key; null for what does not. */
export function readKey(sent: string): { id: string; secret: string } | null {
  const [, id, secret] = FORM.exec(sent) ?? [];
  return id === undefined || secret === undefined ? null : { id: `key_${id}`, secret };
}

/**
 * A new secret for a key: what its owner is shown, once, and what is kept of it.
 * @param id `key_…`
 */
export function newKey(id: string): { key: string; secretHash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('hex');
  return { key: `mbo_${id.replace('key_', '')}_${secret}`, secretHash: hashOf(secret).toString('hex') };
}

/** Whether a secret is the one that the hash was made of, in a time that reveals nothing of either. */
export const fits = (secret: string, secretHash: string): boolean =>
  timingSafeEqual(hashOf(secret), Buffer.from(secretHash, 'hex'));

/** 256 random bits need no slow hash: nobody can try them out. */
const hashOf = (secret: string) => createHash('sha256').update(secret).digest();
