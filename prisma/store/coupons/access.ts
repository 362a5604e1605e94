import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

const readAccess = async (
  tx: Pick<Transaction, 'provider'>,
  id: string,
): Promise<{ couponsEnabledAt: Date | null }> => {
  const found = await tx.provider.findUnique({ where: { id }, select: { couponsEnabledAt: true } });
  if (found === null) throw new AppError('PROVIDER.NOT_FOUND', 'There is no such provider.');
  return found;
};

const asTrail = ({ couponsEnabledAt }: { couponsEnabledAt: Date | null }) => ({
  couponsEnabledAt: couponsEnabledAt?.toISOString() ?? null,
});

/**
 * Lets a provider issue coupons, or no more: its coupons are hidden then, and those claimed stay usable (CPN-2).
 * @param change of the provider, by operations
 * @returns since when it may; null: it may not
 * @throws AppError PROVIDER.NOT_FOUND
 */
export async function switchCouponAccess(
  db: Database,
  change: Change,
  to: 'enabled' | 'disabled',
): Promise<Date | null> {
  const { objectId: id, at } = change;
  const work = async (tx: Transaction) => {
    const { couponsEnabledAt } = await readAccess(tx, id);
    const since = to === 'enabled' ? (couponsEnabledAt ?? at) : null;
    await tx.provider.update({ where: { id }, data: { couponsEnabledAt: since } });
    return asTrail({ couponsEnabledAt: since });
  };
  await auditedTransaction(db, change, work, async (tx) => asTrail(await readAccess(tx, id)));
  return (await readAccess(db, id)).couponsEnabledAt;
}

/** @throws AppError COUPON.NOT_ENABLED where operations do not let the provider issue coupons (CPN-2) */
export async function requireCouponAccess(tx: Pick<Transaction, 'provider'>, providerId: string): Promise<void> {
  const { couponsEnabledAt } = await readAccess(tx, providerId);
  if (couponsEnabledAt !== null) return;
  throw new AppError('COUPON.NOT_ENABLED', 'Ask operations to let you issue coupons.');
}
