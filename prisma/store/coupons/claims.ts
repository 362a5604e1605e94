import type { Claimed, ClaimStatus, Scene } from '../../../domain/coupons/coupon';
import { stateOf } from '../../../domain/coupons/coupon';
import { claimRefusal } from '../../../domain/coupons/issuing';
import { AppError } from '../../../domain/shared/errors';
import { type CouponClaim, Prisma } from '../../generated/client';
import { type AuditStep, insertNewStep, keyExpired } from '../shared/audit-log';
import { type Change, wasCarriedOut } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { notificationCtes } from '../shared/outbox';
import { beyond, inOrder, type Page } from '../shared/paging';
import { couponTaken } from './reservation';
import { type CouponRow, couponOf } from './stored';

/** A coupon in a buyer's hands. */
export type ClaimRow = CouponClaim & { coupon: CouponRow };

/** Which coupon is claimed: by its id where product pages show it, by its link where it has a page of its own. */
export type Entry = { id: string } | { link: string };

const placed = (entry: Entry) => ({ ...entry, placement: 'id' in entry ? 'product_page' : 'link' });

/** A coupon that buyers may look at, or null. */
export const findEntry = (db: Database, entry: Entry): Promise<CouponRow | null> =>
  db.coupon.findFirst({ where: placed(entry) });

const noSuchCoupon = () => new AppError('COUPON.NOT_FOUND', 'There is no such coupon.');

/**
 * Claims a coupon for a buyer: never more than were issued, never more than a buyer may have (CPN-4).
 * @param change of the new claim, by the buyer
 * @throws AppError COUPON.NOT_FOUND, COUPON.CLAIMED_OUT, COUPON.LIMIT_REACHED, COUPON.NOT_CLAIMABLE,
 *   IDEMPOTENCY.KEY_EXPIRED when the command has claimed another one, longer ago than its answer is kept
 */
export async function claimCoupon(db: Database, change: Change, entry: Entry): Promise<ClaimRow> {
  const { objectId: id, actorId: buyerId, commandId, at } = change;
  const coupon = await findEntry(db, entry);
  if (coupon === null) throw noSuchCoupon();
  // What one buyer claims of a coupon comes one after the other: the statement begins when it is this one's turn, and
  // so sees what the buyer has by then.
  const [, claimed] = await db.$transaction([
    db.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${coupon.id}/${buyerId}`}, 0))`,
    db.$queryRaw<unknown[]>(claiming(change, coupon)),
  ]);
  const isCarriedOut = claimed.length > 0 || (await wasCarriedOut(db, commandId));
  if (!isCarriedOut) throw await refusalOf(db, coupon.id, buyerId, at);
  const claim = await findClaim(db, buyerId, id);
  if (claim === null) throw keyExpired();
  return claim;
}

/**
 * One statement: counts one more as claimed while there are any, and only then adds the claim, its step, and the notice
 * that it was the last. It returns a row if it did. Everybody who claims the coupon waits for its row in line, and looks
 * at it again when it is theirs; it is theirs no longer than the statement takes.
 */
function claiming(change: Change, { id: couponId, providerId, name }: CouponRow): Prisma.Sql {
  const { objectId: id, actorId: buyerId, at, note = '', runId = null, ...cause } = change;
  const step: AuditStep = {
    ...cause,
    actorId: buyerId,
    objectId: id,
    providerId,
    note,
    runId,
    at,
    stateAfter: { couponId },
  };
  const held = Prisma.sql`(SELECT count(*)::int FROM coupon_claims WHERE coupon_id = ${couponId} AND buyer_id = ${buyerId})`;
  const params = { title: name, couponId };
  return Prisma.sql`
    WITH taken AS (
      UPDATE coupons c SET claimed = claimed + 1
      WHERE id = ${couponId} AND claimed < quantity AND NOT paused AND valid_to > ${at} AND ${held} < per_buyer
        AND EXISTS (SELECT FROM providers p WHERE p.id = c.provider_id AND p.coupons_enabled_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM steps WHERE command_id = ${change.commandId})
      RETURNING id AS coupon_id, quantity, per_buyer, claimed, scene
    ), step AS (${insertNewStep(step, 1, Prisma.sql`FROM taken`)}), claim AS (
      INSERT INTO coupon_claims (id, coupon_id, quantity, per_buyer, issue_number, buyer_number, buyer_id, scene, claimed_at,
                                 updated_at)
      SELECT ${id}::text, coupon_id, quantity, per_buyer, claimed, ${held} + 1, ${buyerId}::text, scene, ${at}::timestamptz,
             ${at}::timestamptz
      FROM taken
      RETURNING id
    ), target AS (
      SELECT NULL::text AS order_id, NULL::text AS product_name, NULL::text AS buyer_id, ${providerId}::text AS provider_id
      FROM taken WHERE claimed = quantity
    )${notificationCtes({
      ...{ objectId: id, about: couponId, deliveryId: null, sequence: 1, at },
      notices: [{ event: 'coupon.claimed_out', to: ['provider'], params }],
    })}
    SELECT id FROM claim`;
}

/** Why a coupon was not claimed. */
async function refusalOf(db: Database, couponId: string, buyerId: string, at: Date): Promise<AppError> {
  const coupon = await db.coupon.findUniqueOrThrow({ where: { id: couponId } });
  const isEnabled = { id: coupon.providerId, couponsEnabledAt: { not: null } };
  const refusal = claimRefusal({
    state: stateOf({ ...coupon, validToMs: coupon.validTo.getTime() }, at.getTime()),
    perBuyer: coupon.perBuyer,
    isEnabled: (await db.provider.count({ where: isEnabled })) > 0,
    buyerHas: await db.couponClaim.count({ where: { couponId, buyerId } }),
  });
  return refusal ?? new AppError('COUPON.NOT_CLAIMABLE', 'The coupon was just changed; try again.');
}

const findClaim = (db: Database, buyerId: string, id: string): Promise<ClaimRow | null> =>
  db.couponClaim.findFirst({ where: { id, buyerId }, include: { coupon: true } });

/** A page of a buyer's coupons, one more than asked for when there are more. */
export const listClaims = (
  db: Database,
  buyerId: string,
  { status, scene }: { status?: ClaimStatus | undefined; scene?: Scene | undefined },
  page: Page,
): Promise<ClaimRow[]> =>
  db.couponClaim.findMany({
    where: {
      buyerId,
      ...(status !== undefined && { status }),
      ...(scene !== undefined && { scene }),
      ...beyond(page),
    },
    ...inOrder(page),
    include: { coupon: true },
  });

/** As many as are looked at when a buyer's best coupon is chosen. */
const CANDIDATES_MAX = 500;

/** Whose coupons an order may use; `orderId` is the order that is being placed, perhaps for the second time. */
type Ordering = { buyerId: string; orderId: string };

/** A claim is an order's to use while it is free, or reserved by this very order. */
const usableBy = ({ buyerId, orderId }: Ordering) => ({ buyerId, OR: [{ status: 'claimed' }, { orderId }] });

const asClaimed = ({ id, coupon }: ClaimRow): Claimed => ({ claimId: id, coupon: couponOf(coupon) });

/** The coupons of a provider that a buyer has and may use at an instant, the oldest first. */
export async function usableClaims(
  db: Database,
  { providerId, at, ...order }: Ordering & { providerId: string; at: Date },
): Promise<Claimed[]> {
  const rows = await db.couponClaim.findMany({
    where: { ...usableBy(order), coupon: { providerId, validFrom: { lte: at }, validTo: { gt: at } } },
    ...{ include: { coupon: true }, orderBy: { id: 'asc' }, take: CANDIDATES_MAX },
  });
  return rows.map(asClaimed);
}

/**
 * The claim by which a buyer uses the coupon that they name, by its own id or by that of the claim.
 * @throws AppError COUPON.NOT_APPLICABLE where they have claimed none, COUPON.TAKEN where all of theirs are on orders
 */
export async function namedClaim(db: Database, couponId: string, order: Ordering): Promise<Claimed> {
  const named = { buyerId: order.buyerId, AND: [{ OR: [{ couponId }, { id: couponId }] }] };
  const found = await db.couponClaim.findFirst({
    where: { ...named, ...usableBy(order) },
    ...{ include: { coupon: true }, orderBy: { id: 'asc' } },
  });
  if (found !== null) return asClaimed(found);
  if ((await db.couponClaim.count({ where: named })) > 0) throw couponTaken();
  throw new AppError('COUPON.NOT_APPLICABLE', 'Claim the coupon first, or order without it.');
}
