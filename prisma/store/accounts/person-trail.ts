import { z } from 'zod';
import { type KeyedHash, KeyNotHeld, type KeyRing, keyedHash } from '../../../codec/keys';
import { knownAreas } from '../../../domain/accounts/areas';
import { maskEmail, maskName, maskPhone } from '../../../domain/shared/masking';
import type { Transaction } from '../shared/audited-transaction';
import type { Person } from './users';

/** Where somebody is reached. */
type Reached = Pick<Person, 'name' | 'email' | 'phone' | 'language'>;

/** What of it the trail masks. */
const MASKED = ['name', 'email', 'phone'] as const;
type Fingerprints = Record<(typeof MASKED)[number], string | null>;

/**
 * A person as the trail shows them, whoever changed what of them: name and contacts masked (AUD-1).
 * @param tx the transaction that has changed them and holds their lock
 */
export async function personTrail(
  tx: Pick<Transaction, 'step'>,
  keys: KeyRing,
  { id, version, account, areas, disabledAt, ...reached }: Pick<Person, 'id' | keyof Reached | keyof Standing>,
) {
  return {
    ...(await contactTrail(tx, keys, id, reached)),
    version,
    ...(account === null ? {} : { account, areas: knownAreas(areas), disabled: disabledAt !== null }),
  };
}
type Standing = Pick<Person, 'version' | 'account' | 'areas' | 'disabledAt'>;

/**
 * Where somebody is reached, as the trail shows it: masked, since it is kept for good, with keyed fingerprints by which
 * a change shows that the masks hide (ACC-6).
 * @param id the object whose trail it is
 */
export async function contactTrail(
  tx: Pick<Transaction, 'step'>,
  keys: KeyRing,
  id: string,
  { name, email, phone, language }: Reached,
) {
  return {
    name: name && maskName(name),
    email: email && maskEmail(email),
    phone: phone && maskPhone(phone),
    language,
    fingerprints: await fingerprintsOf(tx, keys, id, { name, email, phone }),
  };
}

/** What is unchanged since the last step keeps its fingerprint, whatever key is the first now. */
async function fingerprintsOf(
  tx: Pick<Transaction, 'step'>,
  keys: KeyRing,
  id: string,
  values: Fingerprints,
): Promise<Fingerprints> {
  const last = await tx.step.findFirst({
    where: { objectId: id },
    orderBy: { sequence: 'desc' },
    select: { stateAfter: true },
  });
  const before = stored.safeParse(last?.stateAfter).data?.fingerprints;
  const hash = keyedHash(keys, 'fingerprint');
  const of = (field: keyof Fingerprints) => {
    const value = values[field];
    if (value === null) return null;
    const [text, kept] = [JSON.stringify([field, id, value]), before?.[field] ?? null];
    return kept !== null && isStill(hash, text, kept) ? kept : hash.of(text);
  };
  return { name: of('name'), email: of('email'), phone: of('phone') };
}

const fingerprint = z.string().nullable();
const stored = z.object({ fingerprints: z.object({ name: fingerprint, email: fingerprint, phone: fingerprint }) });

/** A fingerprint under a key that was retired cannot be compared: it is made anew. */
function isStill(hash: KeyedHash, text: string, kept: string): boolean {
  try {
    return hash.isOf(text, kept);
  } catch (error) {
    if (error instanceof KeyNotHeld) return false;
    throw error;
  }
}
