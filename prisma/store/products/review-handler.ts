import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KeyRing } from '../../../codec/keys';
import { moveSealed, placeOf } from '../../../codec/places';
import { changeAsked, NOT_YET, type ProductChange, type ProductProposal } from '../../../domain/products/change';
import { imagesOf, needsToken, type ProductContent, supervisionOf } from '../../../domain/products/content';
import { GRADES } from '../../../domain/products/kinds';
import { BRINGS_CONTENT, isLegal, PRODUCT_OPERATIONS, productRefusal } from '../../../domain/products/rules';
import type { ReviewSubject } from '../../../domain/reviews/step';
import { AppError } from '../../../domain/shared/errors';
import { publishImages } from '../images/images';
import type { Decided, ReviewHandler } from '../reviews/review-handler';
import { lockObject, type Transaction } from '../shared/audited-transaction';
import { productStatus, storedContent } from './stored';

/** What an application means for its product, whether it was reviewed or took effect at once (PRD-3, PRD-5). */
export const productReviewHandler = (keys: KeyRing): ReviewHandler => ({
  async onSubmitted(tx, subject, at) {
    await lockObject(tx, subject.objectId);
    const operation = operationOf(subject);
    const { proposal, sealed } = await proposalOf(tx, subject.reviewId);
    const now = (await productNow(tx, subject)) ?? NEW;
    const facts = { ...now, inReview: false };
    if (!isLegal(facts, operation)) throw productRefusal(facts);
    const { content } = proposal;
    if (content === undefined && BRINGS_CONTENT.includes(operation)) throw gone();
    const isSigned = sealed !== null || (operation !== 'publish' && now.deliveryToken !== null);
    if (content !== undefined && needsToken(content) && !isSigned) throw tokenMissing();
    if (content !== undefined && operation === 'publish') await keepUnpublished(tx, subject, content, at);
    return {
      ...changeAsked(operation, now, proposal, sealed !== null),
      sealed: sealedForReview(keys, subject, sealed),
    };
  },

  async approve(tx, review) {
    const { status, grade, content } = await changeOf(tx, review);
    const before = await productNow(tx, review);
    const changed = { ...(status && { status }), ...(grade && { grade }), updatedAt: review.at };
    await tx.product.update({ where: { id: review.objectId }, data: changed });
    if (content != null) await publishContent(keys, tx, review, content);
    const after = await productNow(tx, review);
    if (after === null) throw new Error(`Product ${review.objectId} has no row`);
    return { before, after };
  },

  // The product is as it was before it was submitted.
  reject: async () => undefined,
  withdraw: async () => undefined,
});

/** The delivery token of a proposal, sealed for its review; null when none was sent. */
const sealedForReview = (keys: KeyRing, { reviewId }: ReviewSubject, sealed: Buffer | null): Buffer | null =>
  sealed && moveSealed(keys, sealed, placeOf('proposal', reviewId), placeOf('review', reviewId));

const operation = z.enum(PRODUCT_OPERATIONS);
const operationOf = (subject: ReviewSubject) => operation.parse(subject.operation);

const gone = () => new AppError('REQUEST.INVALID', 'What was sent is not kept any more; send it again.');

const tokenMissing = () =>
  new AppError('REQUEST.INVALID', 'Correct the fields listed in "errors" and send the request again.', {
    errors: [{ path: 'content.deliveryToken', message: 'is required: no token is kept yet' }],
  });

/** What came with the application; nothing with most. */
async function proposalOf(
  tx: Transaction,
  reviewId: string,
): Promise<{ proposal: ProductProposal; sealed: Buffer | null }> {
  const row = await tx.proposal.findUnique({ where: { id: reviewId }, select: { content: true, sealed: true } });
  if (row === null) return { proposal: {}, sealed: null };
  return {
    proposal: proposalDocument.parse(row.content),
    sealed: row.sealed === null ? null : Buffer.from(row.sealed),
  };
}

const grade = z.enum(GRADES);
const proposalDocument = z.object({ content: storedContent.exactOptional(), grade: grade.exactOptional() });
const changeDocument = z.object({
  status: productStatus.exactOptional(),
  grade: grade.exactOptional(),
  content: storedContent.nullable().exactOptional(),
  deliveryToken: z.literal('new').nullable().exactOptional(),
});
const productDocument = z.object({
  status: productStatus,
  grade,
  content: storedContent.nullable(),
  version: z.int(),
  deliveryToken: z.string().nullable(),
});

/**
 * A product as it is, and as its trail shows it (AUD-1). Of the delivery token a digest of its sealed form stands there:
 * a new token is seen to be another one, and nothing about it can be learnt.
 */
type TrackedProduct = z.output<typeof productDocument>;
const NEW: TrackedProduct = { ...NOT_YET, version: 0, deliveryToken: null };

export async function productNow(
  tx: Transaction,
  { objectId, providerId }: Pick<ReviewSubject, 'objectId' | 'providerId'>,
): Promise<TrackedProduct | null> {
  const row = await tx.product.findUnique({
    where: { id: objectId, providerId },
    select: { status: true, grade: true, version: true, content: true, deliveryTokenSealed: true },
  });
  if (row === null) return null;
  const { deliveryTokenSealed: token, ...product } = row;
  const digest = token && createHash('sha256').update(token).digest('hex').slice(0, 16);
  const found = productDocument.parse({ ...product, deliveryToken: digest });
  return found.content !== null && needsToken(found.content) ? found : { ...found, deliveryToken: null };
}

/** A product is there from its first application on, described as it was last proposed until it is published. */
async function keepUnpublished(
  tx: Transaction,
  { objectId, providerId }: ReviewSubject,
  content: ProductContent,
  at: Date,
): Promise<void> {
  const { name, type, category, summary, selfOperated } = content;
  const { status, grade } = NOT_YET;
  // One statement makes it or describes it anew, unless it has been published meanwhile: then its row says what is sold.
  await tx.$executeRaw`
    INSERT INTO products (id, provider_id, name, type, category, grade, supervised, self_operated, status, summary,
                          created_at, updated_at)
    VALUES (${objectId}, ${providerId}, ${name}, ${type}, ${category}, ${grade}, ${supervisionOf(content)},
            ${selfOperated}, ${status}, ${summary}, ${at}, ${at})
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category,
      supervised = excluded.supervised, self_operated = excluded.self_operated, summary = excluded.summary,
      updated_at = excluded.updated_at
    WHERE products.status = ${status}`;
}

/** What the application changes, as it was submitted. */
async function changeOf(tx: Transaction, { reviewId }: Decided): Promise<ProductChange> {
  const row = await tx.review.findUniqueOrThrow({ where: { id: reviewId }, select: { proposed: true } });
  return changeDocument.parse(row.proposed);
}

/** The next version: what is sold from now on. Orders keep the terms they were placed on (PRD-7). */
async function publishContent(keys: KeyRing, tx: Transaction, review: Decided, content: ProductContent): Promise<void> {
  const { objectId, reviewId, at } = review;
  const places = [placeOf('review', reviewId), placeOf('deliveryToken', objectId)] as const;
  const token = review.sealed && moveSealed(keys, review.sealed, ...places);
  const { name, category, summary, selfOperated, specs } = content;
  // Without a new token the one that is kept stays. URL and token of before are kept for the instances that run (PRD-7).
  const sealed = token && { deliveryTokenSealed: new Uint8Array(token) };
  const deliveryUrl =
    content.type === 'saas' && content.deliveryUrl !== null ? { deliveryUrl: content.deliveryUrl } : {};
  const { version } = await tx.product.update({
    where: { id: objectId },
    data: {
      ...{ name, category, summary, selfOperated, content, supervised: supervisionOf(content) },
      ...sealed,
      ...deliveryUrl,
      version: { increment: 1 },
    },
    select: { version: true },
  });
  await tx.productVersion.create({
    data: { productId: objectId, number: version, content, applicationId: reviewId, publishedAt: at },
  });
  await tx.productSpec.deleteMany({ where: { productId: objectId, id: { notIn: specs.map(({ id }) => id) } } });
  // One statement for the whole price list; a spec of another product is never touched.
  await tx.$executeRaw`
    INSERT INTO product_specs (id, product_id, name, duration, unit, list_price_fen, price_fen)
    SELECT id, ${objectId}, name, duration, unit, "listPriceFen", "priceFen"
    FROM jsonb_to_recordset(${JSON.stringify(specs)}::jsonb)
      AS s(id text, name text, duration int, unit text, "listPriceFen" bigint, "priceFen" bigint)
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, duration = excluded.duration, unit = excluded.unit,
      list_price_fen = excluded.list_price_fen, price_fen = excluded.price_fen
    WHERE product_specs.product_id = ${objectId}`;
  const images = imagesOf(content).map(({ id }) => id);
  await publishImages(tx, images, at);
}
