import type { KeyRing } from '../../../codec/keys';
import { CONTACTS_MAX } from '../../../domain/accounts/limits';
import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import type { OwnChange } from './accounts';
import { contactTrail } from './person-trail';

/** Whom the marketplace writes to about a provider (ACC-4). */
export type ContactRow = ContactData & { id: string; version: number; createdAt: Date; updatedAt: Date };

/** Who it is, and where notices reach them: by e-mail, telephone or both. */
export type ContactData = { name: string; email: string | null; phone: string | null; language: string };

const FIELDS = {
  id: true,
  name: true,
  email: true,
  phone: true,
  language: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const;

/** A provider's contacts, 20 at most, in the order in which they were named. */
export async function listContacts(db: Pick<Transaction, 'contact'>, providerId: string): Promise<ContactRow[]> {
  return db.contact.findMany({ where: { providerId, removedAt: null }, orderBy: { id: 'asc' }, select: FIELDS });
}

/** One contact. @throws AppError CONTACT.NOT_FOUND when it was removed, and when it is another provider's */
export async function findContact(db: Pick<Transaction, 'contact'>, providerId: string, id: string) {
  const row = await db.contact.findFirst({ where: { id, providerId, removedAt: null }, select: FIELDS });
  if (row === null) throw new AppError('CONTACT.NOT_FOUND', 'There is no such contact.');
  return row;
}

/** Where contacts are kept, and what their fingerprints in the trail are made with. */
type Keeping = { db: Database; keys: KeyRing };

/** Names a contact. @throws AppError CONTACT.TOO_MANY */
export async function addContact({ db, keys }: Keeping, change: OwnChange, contact: ContactData): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    if ((await tx.contact.count({ where: { providerId, removedAt: null } })) >= CONTACTS_MAX) {
      throw new AppError('CONTACT.TOO_MANY', `A provider may name ${CONTACTS_MAX} contacts; remove one first.`);
    }
    await tx.contact.create({ data: { id, providerId, createdAt: at, ...contact } });
    return trailOf({ tx, keys, id }, contact, false);
  });
}

/**
 * Replaces what is known of a contact.
 * @param expectedVersion null: whatever it is now
 * @throws AppError CONTACT.NOT_FOUND, PRECONDITION.FAILED
 */
export async function replaceContact(
  { db, keys }: Keeping,
  change: OwnChange,
  contact: ContactData,
  expectedVersion: number | null,
): Promise<void> {
  const { objectId: id, providerId } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    const { version } = await findContact(tx, providerId, id);
    if (expectedVersion !== null && expectedVersion !== version) {
      throw new AppError('PRECONDITION.FAILED', 'Read the contacts again and repeat your change on that.');
    }
    await tx.contact.update({ where: { id }, data: { ...contact, version: { increment: 1 } } });
    return trailOf({ tx, keys, id }, contact, false);
  });
}

/** Removes a contact: nothing is sent to it any more. @throws AppError CONTACT.NOT_FOUND */
export async function removeContact({ db, keys }: Keeping, change: OwnChange): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    const contact = await findContact(tx, providerId, id);
    await tx.contact.update({ where: { id }, data: { removedAt: at, version: { increment: 1 } } });
    return trailOf({ tx, keys, id }, contact, true);
  });
}

const trailOf = async ({ tx, keys, id }: Changing, contact: ContactData, removed: boolean) => ({
  ...(await contactTrail(tx, keys, id, contact)),
  removed,
});
type Changing = { tx: Transaction; keys: KeyRing; id: string };
