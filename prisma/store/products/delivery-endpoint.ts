import { needsToken } from '../../../domain/products/content';
import { AppError } from '../../../domain/shared/errors';
import { requireNoneOpen } from '../reviews/steps';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { productNow } from './review-handler';

/** Whose product gets another delivery URL. */
export type EndpointChange = Change & { providerId: string };

/**
 * Saves where a product's instances are asked for, and what signs it (INS-2): of those that run, too.
 * @param sealed the token
 * @throws AppError PRODUCT.NOT_FOUND; PRODUCT.NOT_ALLOWED where people deliver, or it is not published yet; REVIEW.IN_REVIEW
 */
export async function saveDeliveryEndpoint(
  db: Database,
  change: EndpointChange,
  { url, sealed }: { url: string; sealed: Buffer },
): Promise<void> {
  await auditedTransaction(
    db,
    change,
    async (tx) => {
      await requireAutomatic(tx, change);
      await requireNoneOpen(tx, { kind: 'product', objectId: change.objectId, operation: 'modify' });
      await tx.product.update({
        where: { id: change.objectId },
        data: { deliveryUrl: url, deliveryTokenSealed: new Uint8Array(sealed), updatedAt: change.at },
      });
      // What is published says where instances are asked for; the versions stay as they were published.
      await tx.$executeRaw`
        UPDATE products SET content = jsonb_set(content, '{deliveryUrl}', to_jsonb(${url}::text))
        WHERE id = ${change.objectId}`;
      const after = await productNow(tx, change);
      if (after === null) throw new Error(`Product ${change.objectId} has no row`);
      return after;
    },
    (tx) => productNow(tx, change),
  );
}

/** Only of what is delivered automatically. @throws AppError PRODUCT.NOT_FOUND, PRODUCT.NOT_ALLOWED */
async function requireAutomatic(tx: Transaction, change: EndpointChange): Promise<void> {
  const product = await productNow(tx, change);
  if (product === null) throw new AppError('PRODUCT.NOT_FOUND', 'There is no such product.');
  if (product.content !== null && needsToken(product.content)) return;
  throw new AppError(
    'PRODUCT.NOT_ALLOWED',
    'Only published SaaS products without manual delivery have a delivery URL; send a first one with the publication.',
  );
}
