import type { KeyRing } from '../../../codec/keys';
import { type Area, knownAreas } from '../../../domain/accounts/areas';
import { SUB_ACCOUNTS_MAX } from '../../../domain/accounts/limits';
import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import type { OwnChange } from './accounts';
import { personTrail } from './person-trail';

/** A sub-account as its provider sees it. */
export type SubAccount = {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  areas: Area[];
  disabledAt: Date | null;
  version: number;
  updatedAt: Date;
};

/** What the main account says of a sub-account. */
export type SubAccountData = { name: string; email: string | null; phone: string | null; areas: Area[] };

const FIELDS = {
  id: true,
  name: true,
  email: true,
  phone: true,
  areas: true,
  disabledAt: true,
  version: true,
  updatedAt: true,
} as const;

const toSubAccount = <T extends { areas: string[] }>(row: T) => ({ ...row, areas: knownAreas(row.areas) });

const ofProvider = (providerId: string) => ({ providerId, role: 'provider', account: 'sub' }) as const;

const noSuchAccount = () => new AppError('SUB_ACCOUNT.NOT_FOUND', 'There is no such sub-account.');

/** A page of a provider's sub-accounts, disabled ones too, one more than asked for when there are more. */
export async function listSubAccounts(db: Database, providerId: string, page: Page): Promise<SubAccount[]> {
  const rows = await db.user.findMany({
    where: { ...ofProvider(providerId), ...beyond(page) },
    ...inOrder(page),
    select: FIELDS,
  });
  return rows.map(toSubAccount);
}

/** One sub-account. @throws AppError SUB_ACCOUNT.NOT_FOUND also when it is another provider's */
export async function findSubAccount(
  db: Pick<Transaction, 'user'>,
  providerId: string,
  id: string,
): Promise<SubAccount> {
  const row = await db.user.findFirst({ where: { id, ...ofProvider(providerId) }, select: FIELDS });
  if (row === null) throw noSuchAccount();
  return toSubAccount(row);
}

/** Where accounts are kept, and what their fingerprints in the trail are made with. */
type Keeping = { db: Database; keys: KeyRing };

/**
 * Makes a user of the identity provider a sub-account; what they may do is what `areas` say.
 * @throws AppError SUB_ACCOUNT.TAKEN when the id belongs to somebody already, whoever that is; SUB_ACCOUNT.TOO_MANY
 */
export async function addSubAccount({ db, keys }: Keeping, change: OwnChange, account: SubAccountData): Promise<void> {
  const { objectId: id, providerId } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    // A buyer need not have a profile: an order makes somebody a buyer, too.
    const [user, order] = [
      await tx.user.findUnique({ where: { id }, select: { id: true } }),
      await tx.order.findFirst({ where: { buyerId: id }, select: { id: true } }),
    ];
    if (user !== null || order !== null) {
      throw new AppError('SUB_ACCOUNT.TAKEN', 'This user cannot become a sub-account; create another user for it.');
    }
    await requireRoom(tx, providerId);
    await tx.user.create({ data: { id, ...ofProvider(providerId), ...account } });
    return trailOf(tx, keys, id);
  });
}

/**
 * Replaces what the main account says of a sub-account.
 * @param expectedVersion null: whatever it is now
 * @throws AppError SUB_ACCOUNT.NOT_FOUND, PRECONDITION.FAILED
 */
export async function replaceSubAccount(
  { db, keys }: Keeping,
  change: OwnChange,
  account: SubAccountData,
  expectedVersion: number | null,
): Promise<void> {
  const { objectId: id, providerId } = change;
  await auditedTransaction(db, change, async (tx) => {
    const { version } = await findSubAccount(tx, providerId, id);
    const { count } = await tx.user.updateMany({
      where: { id, version: expectedVersion ?? version },
      data: { ...account, version: { increment: 1 } },
    });
    if (count === 0) {
      throw new AppError('PRECONDITION.FAILED', 'Read the sub-account again and repeat your change on that.');
    }
    return trailOf(tx, keys, id);
  });
}

/**
 * Disables a sub-account, or enables it again; it is refused, or let in, from its next request on.
 * @throws AppError SUB_ACCOUNT.NOT_FOUND, SUB_ACCOUNT.TOO_MANY when one more would be too many
 */
export async function switchSubAccount(
  { db, keys }: Keeping,
  change: OwnChange,
  to: 'enabled' | 'disabled',
): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    const { disabledAt } = await findSubAccount(tx, providerId, id);
    if (to === 'enabled' && disabledAt !== null) await requireRoom(tx, providerId);
    const data = { disabledAt: to === 'disabled' ? (disabledAt ?? at) : null, version: { increment: 1 } };
    await tx.user.update({ where: { id }, data });
    return trailOf(tx, keys, id);
  });
}

async function requireRoom(tx: Transaction, providerId: string): Promise<void> {
  const enabled = await tx.user.count({ where: { ...ofProvider(providerId), disabledAt: null } });
  if (enabled < SUB_ACCOUNTS_MAX) return;
  throw new AppError(
    'SUB_ACCOUNT.TOO_MANY',
    `A provider may have ${SUB_ACCOUNTS_MAX} enabled sub-accounts; disable one first.`,
  );
}

const trailOf = async (tx: Transaction, keys: KeyRing, id: string) =>
  personTrail(tx, keys, await tx.user.findUniqueOrThrow({ where: { id } }));
