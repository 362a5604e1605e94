import { z } from 'zod';
import { COUPON_PRODUCT_TYPES, stateOf } from '../../../domain/coupons/coupon';
import { faultsAt, type NewCoupon, namedProducts } from '../../../domain/coupons/form';
import { type CouponSwitch, switchRefusal } from '../../../domain/coupons/issuing';
import { AppError } from '../../../domain/shared/errors';
import type { Fault } from '../../../domain/shared/faults';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { beyond, inOrder, keyset, type Page } from '../shared/paging';
import { queryRows } from '../shared/query-rows';
import { requireCouponAccess } from './access';
import { type CouponRow, columnsOf } from './stored';

/** A change of a provider's people to its coupons. */
type OwnChange = Change & { providerId: string };

const noSuchCoupon = () => new AppError('COUPON.NOT_FOUND', 'There is no such coupon.');

/**
 * Creates a coupon, which can be claimed from then on (CPN-1, CPN-2).
 * @param link what the address of its own page ends with; null where it is shown on product pages
 * @throws AppError COUPON.NOT_ENABLED; REQUEST.INVALID where its validity has begun, and where a product is not the
 *   provider's, not published, or of a type that coupons are not for
 */
export async function createCoupon(
  db: Database,
  change: OwnChange,
  coupon: NewCoupon,
  link: string | null,
): Promise<void> {
  const { objectId: id, providerId, actorId: createdBy, at: createdAt } = change;
  await auditedTransaction(db, change, async (tx) => {
    await requireCouponAccess(tx, providerId);
    requireNoFaults(faultsAt(coupon, createdAt.getTime()));
    await requireProducts(tx, providerId, namedProducts(coupon.scope) ?? []);
    const data = { id, providerId, createdBy, createdAt, ...columnsOf(coupon, link) };
    return trailOf(await tx.coupon.create({ data }));
  });
}

/** A provider's coupon. @throws AppError COUPON.NOT_FOUND also when it is another's */
export async function findOwnCoupon(
  db: Pick<Transaction, 'coupon'>,
  providerId: string,
  id: string,
): Promise<CouponRow> {
  const found = await db.coupon.findFirst({ where: { id, providerId } });
  if (found === null) throw noSuchCoupon();
  return found;
}

/** A page of a provider's coupons, one more than asked for when there are more. @param q words that the name holds */
export async function listOwnCoupons(
  db: Database,
  providerId: string,
  { q }: { q?: string | undefined },
  page: Page,
): Promise<CouponRow[]> {
  if (q === undefined) return db.coupon.findMany({ where: { providerId, ...beyond(page) }, ...inOrder(page) });
  // Raw: the index holds ids and names, so that only the coupons of the page are read.
  const named = await queryRows(
    db,
    z.object({ id: z.string() }),
    Prisma.sql`
      SELECT id FROM coupons WHERE provider_id = ${providerId} AND position(lower(${q}) IN lower(name)) > 0
      ${keyset(page)}`,
  );
  return db.coupon.findMany({ where: { id: { in: named.map(({ id }) => id) } }, ...inOrder(page) });
}

/**
 * Hides a coupon's entry, or shows it again; claimed ones stay usable (CPN-2).
 * @throws AppError COUPON.NOT_FOUND; COUPON.NOT_ALLOWED, COUPON.NOT_ENABLED
 */
export async function switchCoupon(db: Database, change: OwnChange, to: CouponSwitch): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    const coupon = await findOwnCoupon(tx, providerId, id);
    const refusal = switchRefusal(
      stateOf({ ...coupon, validToMs: coupon.validTo.getTime() }, at.getTime()),
      coupon,
      to,
    );
    if (refusal !== null) throw refusal;
    if (to === 'resume') await requireCouponAccess(tx, providerId);
    return trailOf(await tx.coupon.update({ where: { id }, data: { paused: to === 'pause' } }));
  });
}

async function requireProducts(tx: Transaction, providerId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const where = { id: { in: [...ids] }, providerId, status: 'published', type: { in: [...COUPON_PRODUCT_TYPES] } };
  const known = new Set((await tx.product.findMany({ where, select: { id: true } })).map(({ id }) => id));
  const message = 'is no published SaaS, API or human-service product of the shop';
  requireNoFaults(ids.flatMap((id, index) => (known.has(id) ? [] : [{ path: `scope.products.${index}`, message }])));
}

function requireNoFaults(errors: Fault[]): void {
  if (errors.length > 0) throw new AppError('REQUEST.INVALID', 'Correct the fields listed in "errors".', { errors });
}

/** A coupon as the audit trail shows it, without the counter that others change. */
function trailOf({ claimed: _, ...coupon }: CouponRow): Prisma.InputJsonObject {
  const { reductionFen, thresholdFen, validFrom, validTo, createdAt, ...rest } = coupon;
  const amount = (fen: bigint | null) => (fen === null ? null : Number(fen));
  return {
    ...rest,
    ...{ reductionFen: amount(reductionFen), thresholdFen: amount(thresholdFen) },
    ...{ validFrom: validFrom.toISOString(), validTo: validTo.toISOString(), createdAt: createdAt.toISOString() },
  };
}
