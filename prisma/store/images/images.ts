import type { ImagePurpose } from '../../../domain/images/rules';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

/** An image that was found right for its purpose. */
export type ImageRow = {
  id: string;
  providerId: string;
  purpose: ImagePurpose;
  format: string;
  width: number;
  height: number;
  size: number;
  sha256: string;
};

/** Stores an image once, and who uploaded it in the trail (AUD-1). */
export async function addImage(db: Database, change: Change, image: ImageRow): Promise<void> {
  const { id: _id, providerId: _providerId, ...trail } = image;
  await auditedTransaction(db, change, async (tx) => {
    await tx.image.create({ data: image });
    return trail;
  });
}

/** Who may see an image: its provider, operations, and once it was published, buyers. */
export type ImageScope = { providerId: string } | 'published' | 'all';

/** An image's content, or null when it is not in the scope. */
export async function findImage(db: Database, id: string, scope: ImageScope) {
  const within =
    scope === 'all' ? {} : scope === 'published' ? { publishedAt: { not: null } } : { providerId: scope.providerId };
  return db.image.findFirst({ where: { id, ...within }, select: { id: true, format: true, size: true, sha256: true } });
}

/** Which of the images are not the provider's own for that purpose. */
export async function notOwnImages(
  db: Pick<Transaction, 'image'>,
  providerId: string,
  wanted: { id: string; purpose: ImagePurpose }[],
): Promise<string[]> {
  if (wanted.length === 0) return [];
  const ids = wanted.map(({ id }) => id);
  const own = await db.image.findMany({ where: { id: { in: ids }, providerId }, select: { id: true, purpose: true } });
  const purposeOf = new Map(own.map(({ id, purpose }) => [id, purpose]));
  return wanted.filter(({ id, purpose }) => purposeOf.get(id) !== purpose).map(({ id }) => id);
}

/** What uses them was published: buyers may see them from now on. */
export async function publishImages(tx: Transaction, ids: string[], at: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx.image.updateMany({ where: { id: { in: ids }, publishedAt: null }, data: { publishedAt: at } });
}
