import { INVOICE_TITLES_MAX } from '../../../domain/accounts/limits';
import { maskRecipient, type Recipient } from '../../../domain/invoices/recipient';
import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, type Change, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

/** A title that a buyer has saved; `sealed` is its recipient, bound to this row. */
export type InvoiceTitleRow = { id: string; sealed: Uint8Array; version: number; createdAt: Date; updatedAt: Date };

/** What is saved, sealed for its row, and which of its fields differ from what was sealed there before. */
export type SavedRecipient = {
  recipient: Recipient;
  sealed: Buffer;
  changedFrom(before: Uint8Array): (keyof Recipient)[];
};

type Reader = Pick<Transaction, 'invoiceTitle'>;

const FIELDS = { id: true, sealed: true, version: true, createdAt: true, updatedAt: true } as const;

/** The titles that a buyer has saved, 20 at most, in the order in which it did. */
export const savedTitles = (db: Reader, buyerId: string): Promise<InvoiceTitleRow[]> =>
  db.invoiceTitle.findMany({ where: { buyerId, removedAt: null }, orderBy: { id: 'asc' }, select: FIELDS });

/** One title. @throws AppError INVOICE_TITLE.NOT_FOUND when it was removed, and when it is another buyer's */
export async function findTitle(db: Reader, buyerId: string, id: string): Promise<InvoiceTitleRow> {
  const row = await db.invoiceTitle.findFirst({ where: { id, buyerId, removedAt: null }, select: FIELDS });
  if (row === null) throw new AppError('INVOICE_TITLE.NOT_FOUND', 'There is no such invoice title.');
  return row;
}

/** Saves a title. @throws AppError INVOICE_TITLE.TOO_MANY */
export async function addTitle(
  db: Database,
  change: Change,
  buyerId: string,
  { recipient, sealed }: SavedRecipient,
): Promise<void> {
  const { objectId: id, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, `${buyerId}/invoice-titles`);
    if ((await tx.invoiceTitle.count({ where: { buyerId, removedAt: null } })) >= INVOICE_TITLES_MAX) {
      throw new AppError('INVOICE_TITLE.TOO_MANY', `A buyer may save ${INVOICE_TITLES_MAX} titles; remove one first.`);
    }
    await tx.invoiceTitle.create({
      data: { id, buyerId, sealed: Uint8Array.from(sealed), createdAt: at, updatedAt: at },
      select: { id: true },
    });
    return trailOf(recipient, []);
  });
}

/**
 * Replaces a saved title; invoices that were asked for with it stay as they are.
 * @param expectedVersion null: whatever it is now
 * @throws AppError INVOICE_TITLE.NOT_FOUND, PRECONDITION.FAILED
 */
export async function replaceTitle(
  db: Database,
  change: Change,
  buyerId: string,
  { recipient, sealed, changedFrom }: SavedRecipient,
  expectedVersion: number | null,
): Promise<void> {
  const { objectId: id, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    const { version, sealed: before } = await findTitle(tx, buyerId, id);
    if (expectedVersion !== null && expectedVersion !== version) {
      throw new AppError('PRECONDITION.FAILED', 'Read the titles again and repeat your change on that.');
    }
    await tx.invoiceTitle.update({
      where: { id },
      data: { sealed: Uint8Array.from(sealed), version: { increment: 1 }, updatedAt: at },
      select: { id: true },
    });
    return trailOf(recipient, changedFrom(before));
  });
}

/**
 * Removes a saved title.
 * @param emptied takes the place of what was sealed: what nobody needs any more is not kept
 * @throws AppError INVOICE_TITLE.NOT_FOUND
 */
export async function removeTitle(db: Database, change: Change, buyerId: string, emptied: Buffer): Promise<void> {
  const { objectId: id, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    await findTitle(tx, buyerId, id);
    await tx.invoiceTitle.update({
      where: { id },
      data: { sealed: Uint8Array.from(emptied), removedAt: at, version: { increment: 1 }, updatedAt: at },
      select: { id: true },
    });
    return { removed: true };
  });
}

/** As the trail shows a title, which is kept for good (AUD-1): masked, with the names of what changed behind the masks. */
const trailOf = (recipient: Recipient, changed: (keyof Recipient)[]) => ({
  ...maskRecipient(recipient),
  changed,
  removed: false,
});
