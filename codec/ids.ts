import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const RANDOM_LENGTH = 16;

/**
 * A prefixed, time-sortable id made from what is already known of a command, so that a repeated
 * command makes the same objects.
 * @param prefix e.g. `ord`
 * @param atMs when the command was first seen, epoch ms
 * @param seed what makes it unique, e.g. the command's id
 */
export function idFrom(prefix: string, atMs: number, seed: string): string {
  const hash = createHash('sha256').update(`${prefix}/${seed}`).digest();
  const random = [...hash.subarray(0, RANDOM_LENGTH)].map((byte) => ALPHABET.charAt(byte % 32)).join('');
  return `${prefix}_${encodeTime(atMs, 10).toLowerCase()}${random}`;
}
