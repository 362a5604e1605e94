import type { Database } from '../shared/database';

/** Where a product's instances are asked for, and the sealed token that signs it; null where nothing is kept. */
export async function deliveryEndpointOf(
  db: Database,
  productId: string,
): Promise<{ url: string; tokenSealed: Uint8Array } | null> {
  const product = await db.product.findUnique({
    where: { id: productId },
    select: { deliveryUrl: true, deliveryTokenSealed: true },
  });
  if (product === null || product.deliveryUrl === null || product.deliveryTokenSealed === null) return null;
  return { url: product.deliveryUrl, tokenSealed: product.deliveryTokenSealed };
}

/** Keeps how a buyer gets at an instance, sealed; nothing where it is not waited for any more. */
export async function keepAccess(db: Database, instanceId: string, sealed: Buffer): Promise<void> {
  await db.instance.updateMany({
    where: { id: instanceId, stage: 'creating' },
    data: { accessSealed: new Uint8Array(sealed) },
  });
}
