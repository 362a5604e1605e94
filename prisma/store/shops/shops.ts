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
  VERSION_STATUSES,
  type VersionStatus,
  wayOf,
} from '../../../domain/shops/rules';
import { Prisma } from '../../generated/client';
import { notOwnImages, publishImages } from '../images/images';
import type { ReviewHandler } from '../reviews/review-handler';
import { auditedTransaction, type Change, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import { queryRows } from '../shared/query-rows';

/** One company has one shop: its id follows from the provider's. */
export const shopIdOf = (providerId: string): string => `shp_${providerId.slice(4)}`;

/** A version of a shop as it is stored. */
const versionRow = z.object({
  id: z.string(),
  number: z.int(),
  status: z.enum(VERSION_STATUSES),
  content: z.unknown(),
  reviewId: z.string().nullable(),
  reason: z.string().nullable(),
  createdAt: z.date(),
  updatedAt: z.date(),
  publishedAt: z.date().nullable(),
});
export type VersionRow = z.output<typeof versionRow>;

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

type Reader = Pick<Transaction, '$queryRaw' | 'image' | 'product'>;

/** How far a shop is; nothing published and nothing worked on where there is no shop yet. */
export async function shopState(db: Reader, shopId: string): Promise<ShopState> {
  // One statement, so that the versions and the sum of their revisions are of one moment.
  const query = Prisma.sql`
    SELECT * FROM (
      SELECT id, number, status, content, review_id AS "reviewId", reason, created_at AS "createdAt",
             updated_at AS "updatedAt", published_at AS "publishedAt",
             sum(revision) OVER () AS version, row_number() OVER (ORDER BY number DESC) AS age
      FROM shop_versions WHERE shop_id = ${shopId}) AS versions
    WHERE status = 'published' OR age = 1 ORDER BY number DESC`;
  const rows = await queryRows(db, versionRow.extend({ version: z.bigint() }), query);
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

/** @throws AppError SHOP.NOT_ALLOWED with what is possible instead */
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
  { published, working }: ShopState,
  {
    shopId,
    providerId,
    id,
    content,
    at,
  }: { shopId: string; providerId: string; id: string; content: ShopDraft; at: Date },
): Promise<void> {
  if (working?.status === 'draft') {
    await changeVersion(tx, working.id, { content, updatedAt: at });
    return;
  }
  const times = { createdAt: at, updatedAt: at };
  await tx.shop.createMany({ data: [{ id: shopId, providerId, ...times }], skipDuplicates: true });
  const newest = working ?? published;
  const number = (newest?.number ?? 0) + 1;
  await tx.shopVersion.create({ data: { id, shopId, number, status: 'draft', content, ...times } });
}

/** Changes one version of a shop, and with it the shop's ETag. */
async function changeVersion(tx: Transaction, id: string, data: VersionChange): Promise<void> {
  await tx.shopVersion.update({ where: { id }, data: { ...data, revision: { increment: 1 } } });
}
type VersionChange = { updatedAt: Date; status?: VersionStatus } & Pick<
  Prisma.ShopVersionUpdateInput,
  'content' | 'reviewId' | 'reason' | 'publishedAt'
>;

/** What is wrong with what a draft names: images and products must be the provider's own, products published. */
async function faultsOfReferences(db: Reader, providerId: string, draft: ShopDraft): Promise<Fault[]> {
  const images = imagesOf(draft);
  const foreign = await notOwnImages(db, providerId, images);
  const products = await db.product.findMany({
    where: { id: { in: draft.bestSellers }, providerId },
    select: { id: true, status: true },
  });
  const statusOf = new Map(products.map(({ id, status }) => [id, productStatus.parse(status)]));
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
const productStatus = z.enum(PRODUCT_STATUSES);

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
  await tx.shopVersion.updateMany({
    where: { shopId, status: 'published' },
    data: { status: 'superseded', updatedAt: at },
  });
  await changeVersion(tx, versionId, { status: 'published', reason: null, publishedAt: at, updatedAt: at });
  await tx.shop.update({ where: { id: shopId }, data: { publishedVersionId: versionId, updatedAt: at } });
  await publishImages(
    tx,
    imagesOf(content).map(({ id }) => id),
    at,
  );
}

/** The version that a review is about, while it is about it. */
async function underReview(tx: Transaction, reviewId: string): Promise<{ id: string; content: ShopContent }> {
  const row = await tx.shopVersion.findFirst({
    where: { reviewId, status: 'in_review' },
    select: { id: true, content: true },
  });
  if (row === null) throw new Error(`Review ${reviewId} is about no version`);
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
    await changeVersion(tx, versionId, { status: 'in_review', reviewId, reason: null, updatedAt: at });
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
    await changeVersion(tx, id, { status: 'rejected', reason, updatedAt: at });
  },

  async withdraw(tx, { reviewId, at }) {
    const { id } = await underReview(tx, reviewId);
    await changeVersion(tx, id, { status: 'draft', updatedAt: at });
  },
};

/** A page of a shop's versions, one more than asked for when there are more. */
export async function listVersions(db: Database, shopId: string, page: Page): Promise<VersionRow[]> {
  const rows = await db.shopVersion.findMany({ where: { shopId, ...beyond(page) }, ...inOrder(page) });
  return rows.map((row) => versionRow.parse(row));
}

/** One version of a shop, or null. */
export async function findVersion(db: Database, shopId: string, id: string): Promise<VersionRow | null> {
  const row = await db.shopVersion.findFirst({ where: { id, shopId } });
  return row && versionRow.parse(row);
}
