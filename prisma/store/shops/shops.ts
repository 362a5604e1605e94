import { z } from 'zod';
import { PRODUCT_STATUSES, type ProductStatus } from '../../../domain/products/kinds';
import { AppError } from '../../../domain/shared/errors';
import type { Fault } from '../../../domain/shared/faults';
import {
  completed,
  imagesOf,
  type ShopContent,
  type ShopDraft,
  shopContent,
  shopDraft,
} from '../../../domain/shops/content';
import {
  allowedShopActions,
  isLegal,
  type ShopOperation,
  stageOf,
  type VersionStatus,
  wayOf,
} from '../../../domain/shops/rules';
import { Prisma } from '../../generated/client';
import { notOwnImages, publishImages } from '../images/images';
import type { ReviewHandler } from '../reviews/review-handler';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { keyset } from '../shared/paging';
import { queryRows } from '../shared/query-rows';

/** One company has one shop: its id follows from the provider's. */
export const shopIdOf = (providerId: string): string => `shp_${providerId.slice(4)}`;

/** A version of a shop as it is stored. */
export type VersionRow = {
  id: string;
  number: number;
  status: VersionStatus;
  content: Prisma.JsonValue;
  reviewId: string | null;
  reason: string | null;
  createdAt: Date;
  updatedAt: Date;
  publishedAt: Date | null;
};

/** A version whose content was read. */
export type Version<C> = Omit<VersionRow, 'content'> & { content: C };

/** A shop as its provider sees it: what is published, and what is worked on. */
export type ShopState = {
  published: Version<ShopContent> | null;
  /** The newest version, unless it is the published one. */
  working: Version<ShopDraft> | null;
  /** Grows with every change of any version. */
  version: number;
};

const VERSION = Prisma.sql`id, number, status, content, review_id AS "reviewId", reason, created_at AS "createdAt",
  updated_at AS "updatedAt", published_at AS "publishedAt"`;

type Reader = Pick<Database, '$queryRaw'>;

/** How far a shop is; nothing published and nothing worked on where there is no shop yet. */
export async function shopState(db: Reader, shopId: string): Promise<ShopState> {
  const rows = await db.$queryRaw<(VersionRow & { version: bigint })[]>`
    SELECT * FROM (
      SELECT ${VERSION}, sum(revision) OVER () AS version, row_number() OVER (ORDER BY number DESC) AS age
      FROM shop_versions WHERE shop_id = ${shopId}) AS versions
    WHERE status = 'published' OR age = 1 ORDER BY number DESC`;
  const published = rows.find(({ status }) => status === 'published');
  const [newest] = rows;
  const isWorkedOn = newest !== undefined && stageOf(newest.status) !== 'none';
  return {
    published: published === undefined ? null : { ...published, content: shopContent.parse(published.content) },
    working: isWorkedOn ? { ...newest, content: shopDraft.parse(newest.content) } : null,
    version: Number(newest?.version ?? 0),
  };
}

/** Changes a shop at once, as `auditedTransaction`; its trail shows it before and after (AUD-1). */
export async function changeShop(
  db: Database,
  change: Change,
  work: (tx: Transaction) => Promise<void>,
): Promise<void> {
  const found = (tx: Transaction) => shopTrail(tx, change.objectId);
  const changed = async (tx: Transaction) => {
    await work(tx);
    return found(tx);
  };
  await auditedTransaction(db, change, changed, found);
}

/** A shop as the audit trail shows it: what buyers see, and what is worked on (AUD-1). */
async function shopTrail(tx: Transaction, shopId: string) {
  const { published, working } = await shopState(tx, shopId);
  return { published: published?.content ?? null, draft: working?.content ?? null };
}

/** @throws AppError SHOP.NOT_ALLOWED telling what is possible instead */
export function requireLegal(operation: ShopOperation, { working }: ShopState): void {
  const stage = stageOf(working?.status ?? null);
  if (isLegal(operation, stage)) return;
  const said = stage === 'none' ? 'has no draft' : `is ${stage.replaceAll('_', ' ')}`;
  throw new AppError('SHOP.NOT_ALLOWED', `The shop ${said}: see allowedActions for what is possible now.`, {
    allowedActions: allowedShopActions(stage),
  });
}

/**
 * Saves the draft; the first one makes the shop, and one after a rejection or a publication is a new version (SHOP-4).
 * The shop is locked.
 * @param draft what is saved; `id` is that of the version, where a new one is needed
 */
export async function saveDraft(
  tx: Transaction,
  { working }: ShopState,
  {
    shopId,
    providerId,
    id,
    content,
    at,
  }: { shopId: string; providerId: string; id: string; content: ShopDraft; at: Date },
): Promise<void> {
  const json = JSON.stringify(content);
  if (working?.status === 'draft') {
    await tx.$executeRaw`
      UPDATE shop_versions SET content = ${json}::jsonb, revision = revision + 1, updated_at = ${at}
      WHERE id = ${working.id}`;
    return;
  }
  await tx.$executeRaw`
    INSERT INTO shops (id, provider_id, created_at, updated_at) VALUES (${shopId}, ${providerId}, ${at}, ${at})
    ON CONFLICT DO NOTHING`;
  await tx.$executeRaw`
    INSERT INTO shop_versions (id, shop_id, number, status, content, created_at, updated_at)
    SELECT ${id}, ${shopId}, coalesce(max(number), 0) + 1, 'draft', ${json}::jsonb, ${at}, ${at}
    FROM shop_versions WHERE shop_id = ${shopId}`;
}

/** What is wrong with what a draft names: images and products must be the provider's own, products published. */
async function faultsOfReferences(db: Reader, providerId: string, draft: ShopDraft): Promise<Fault[]> {
  const images = imagesOf(draft);
  const foreign = await notOwnImages(db, providerId, images);
  const products = await queryRows(
    db,
    productStatus,
    Prisma.sql`SELECT id, status FROM products
               WHERE id = ANY(${draft.bestSellers}::text[]) AND provider_id = ${providerId}`,
  );
  const statusOf = new Map(products.map(({ id, status }) => [id, status]));
  return [
    ...images
      .filter(({ id }) => foreign.includes(id))
      .map(({ field, purpose }) => ({ path: field, message: `is not a ${purpose} that you uploaded` })),
    ...draft.bestSellers.flatMap((id, n) => {
      const status = statusOf.get(id);
      return status === 'published' ? [] : [{ path: `bestSellers.${n}`, message: `${id} ${unsold(status)}` }];
    }),
  ];
}
const productStatus = z.object({ id: z.string(), status: z.enum(PRODUCT_STATUSES) });

/** Why a product cannot be a best seller, and what to do about it (SHOP-1). */
function unsold(status: Exclude<ProductStatus, 'published'> | undefined): string {
  switch (status) {
    case 'delisted':
      return 'is delisted: remove it from bestSellers, or relist it first';
    case 'exited':
      return 'has left the market: remove it from bestSellers';
    default:
      return 'is not a published product of this provider: remove it from bestSellers';
  }
}

/**
 * The draft as it can be submitted, and how that is treated (SHOP-2). In a transaction, the shop is locked.
 * @throws AppError SHOP.NOT_ALLOWED without a draft, SHOP.NOT_READY naming every field at fault, SHOP.UNCHANGED
 */
export async function submittable(
  db: Reader,
  { shopId, providerId }: { shopId: string; providerId: string },
  bestSellersMax?: number,
) {
  const state = await shopState(db, shopId);
  requireLegal('provider.submit', state);
  const { published, working } = state;
  if (working === null) throw new Error(`${shopId} has a stage but no version`);
  const { content, faults } = completed(working.content, bestSellersMax);
  const errors = [...faults, ...(await faultsOfReferences(db, providerId, working.content))];
  if (content === null || errors.length > 0) {
    throw new AppError('SHOP.NOT_READY', 'Complete the fields listed in "errors" in the draft, then submit it.', {
      errors,
    });
  }
  const way = wayOf(published?.content ?? null, content);
  if (way === 'nothing') {
    throw new AppError('SHOP.UNCHANGED', 'Change the draft first: it is what is published already.', {
      allowedActions: allowedShopActions('draft'),
    });
  }
  return { way, content, versionId: working.id, published: published?.content ?? null };
}

/** What was published gives way to a version of the shop, which buyers see from now on. */
export async function publishVersion(
  tx: Transaction,
  { shopId, versionId, content, at }: { shopId: string; versionId: string; content: ShopContent; at: Date },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE shop_versions SET status = 'superseded', updated_at = ${at} WHERE shop_id = ${shopId} AND status = 'published'`;
  await tx.$executeRaw`
    UPDATE shop_versions SET status = 'published', revision = revision + 1, reason = NULL, published_at = ${at},
      updated_at = ${at}
    WHERE id = ${versionId}`;
  await tx.$executeRaw`UPDATE shops SET published_version_id = ${versionId}, updated_at = ${at} WHERE id = ${shopId}`;
  await publishImages(
    tx,
    imagesOf(content).map(({ id }) => id),
    at,
  );
}

/** The version that a review is about, while it is about it. */
async function underReview(tx: Transaction, reviewId: string): Promise<{ id: string; content: ShopContent }> {
  const [row] = await tx.$queryRaw<{ id: string; content: Prisma.JsonValue }[]>`
    SELECT id, content FROM shop_versions WHERE review_id = ${reviewId} AND status = 'in_review'`;
  if (row === undefined) throw new Error(`Review ${reviewId} is about no version`);
  return { id: row.id, content: shopContent.parse(row.content) };
}

/** What the review of a shop's introduction means for the shop (SHOP-2, SHOP-3). */
export const shopReviewHandler: ReviewHandler = {
  async onSubmitted(tx, { reviewId, objectId: shopId, providerId }, at) {
    const { way, content, versionId, published } = await submittable(tx, { shopId, providerId });
    if (way !== 'review') {
      throw new AppError('SHOP.NOT_ALLOWED', 'The draft changed while it was submitted: submit it again.', {
        allowedActions: allowedShopActions('draft'),
      });
    }
    await tx.$executeRaw`
      UPDATE shop_versions SET status = 'in_review', revision = revision + 1, review_id = ${reviewId}, reason = NULL,
        updated_at = ${at}
      WHERE id = ${versionId}`;
    return { base: published, proposed: content };
  },

  async approve(tx, { reviewId, objectId: shopId, at }) {
    const before = await shopTrail(tx, shopId);
    const { id: versionId, content } = await underReview(tx, reviewId);
    await publishVersion(tx, { shopId, versionId, content, at });
    return { before, after: await shopTrail(tx, shopId) };
  },

  async reject(tx, { reviewId, reason, at }) {
    const { id } = await underReview(tx, reviewId);
    await tx.$executeRaw`
      UPDATE shop_versions SET status = 'rejected', revision = revision + 1, reason = ${reason}, updated_at = ${at}
      WHERE id = ${id}`;
  },

  async withdraw(tx, { reviewId, at }) {
    const { id } = await underReview(tx, reviewId);
    await tx.$executeRaw`
      UPDATE shop_versions SET status = 'draft', revision = revision + 1, updated_at = ${at} WHERE id = ${id}`;
  },
};

/** A page of a shop's versions, one more than asked for when there are more. */
export async function listVersions(
  db: Database,
  shopId: string,
  page: { limit: number; after: string | null; newestFirst: boolean },
): Promise<VersionRow[]> {
  return db.$queryRaw<VersionRow[]>`
    SELECT ${VERSION} FROM shop_versions WHERE shop_id = ${shopId} ${keyset(page)}`;
}

/** One version of a shop, or null. */
export async function findVersion(db: Database, shopId: string, id: string): Promise<VersionRow | null> {
  const [row] = await db.$queryRaw<VersionRow[]>`
    SELECT ${VERSION} FROM shop_versions WHERE shop_id = ${shopId} AND id = ${id}`;
  return row ?? null;
}
