import { z } from 'zod';
import { type KeyRing, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { Policy } from '../../domain/policies/catalogue';
import type { ProductProposal } from '../../domain/products/change';
import {
  DOCUMENT_TYPES,
  filesOf,
  imagesOf,
  keptContent,
  type Named,
  namedBy,
  PRODUCT_LIMITS,
  type SentContent,
  untypedContent,
} from '../../domain/products/content';
import type { Grade } from '../../domain/products/kinds';
import {
  isLegal,
  isReviewed,
  needsSecurityCheck,
  type ProductOperation,
  productRefusal,
} from '../../domain/products/rules';
import type { ReviewSubject } from '../../domain/reviews/step';
import { AppError } from '../../domain/shared/errors';
import { type Fault, faultsOf } from '../../domain/shared/faults';
import { type FileUser, usableFiles } from '../../prisma/store/attachments/attachments';
import { notOwnImages } from '../../prisma/store/images/images';
import { applyAtOnce } from '../../prisma/store/products/applications';
import { findOwnProduct, ownSpecs, type ProductRow } from '../../prisma/store/products/products';
import { addProposal } from '../../prisma/store/reviews/proposals';
import { findReview } from '../../prisma/store/reviews/reviews';
import type { Database } from '../../prisma/store/shared/database';
import { fileUser } from '../attachments/service';
import { changeOf } from '../http/audited-change';
import type { Principal } from '../http/auth';
import type { CommandRequest } from '../http/command-request';
import { idFrom } from '../http/ids';
import { inBody, invalid } from '../http/problems';
import { providerOf } from '../http/scope';
import { dropRefused } from '../reviews/proposals';
import { type ReviewService, reviewScope } from '../reviews/service';
import { faultsOfDelivery } from './delivery-faults';
import { factsOf } from './view';

/** What a provider sends with an application; nothing with most. */
export type Sent = { content: SentContent; grade?: Grade };

/** Where routes apply for what is to be done to a product (PRD-3). */
export type ProductService = ReturnType<typeof productService>;

type ProductServiceDependencies = { db: Database; keys: KeyRing; policy: Policy; reviews: ReviewService };

const noProduct = () => new AppError('PRODUCT.NOT_FOUND', 'There is no such product.');

/** A provider's product. @throws AppError PRODUCT.NOT_FOUND also when it is another's */
export async function ownProductOf(db: Database, id: string, { providerId = '' }: Principal): Promise<ProductRow> {
  const found = await findOwnProduct(db, id, providerId);
  if (found === null) throw noProduct();
  return found;
}

export function productService({ db, keys, policy, reviews }: ProductServiceDependencies) {
  /**
   * Applies for one operation; answers the application as it is then: in review, or effective at once (PRD-5).
   * @param productId of a product that there is, or, to publish one for the first time, its future id
   * @throws AppError PRODUCT.NOT_FOUND, PRODUCT.NOT_ALLOWED, REVIEW.IN_REVIEW (PRD-4), REQUEST.INVALID
   */
  async function apply(
    call: CommandRequest,
    operation: ProductOperation,
    productId: string,
    sent: Sent | null,
    isNew = false,
  ) {
    const { principal, command } = call;
    const { providerId = '' } = principal;
    const reviewId = idFrom('app', command.atMs, command.commandId);
    const scope = reviewScope(principal);
    // A repetition whose first answer was lost: what was applied for then stands.
    if ((await findReview(db, reviewId, scope)) !== null) return reviews.view(reviewId, scope, command.commandId);
    const product = isNew ? null : await ownProductOf(db, productId, principal);
    if (product !== null && !isLegal(factsOf(product), operation)) throw productRefusal(factsOf(product));
    const faults =
      sent === null
        ? []
        : [
            ...(await faultsOfNamed(db, principal, namedBy(sent.content), product)),
            ...(await faultsOfDelivery({ db, keys }, { providerId, productId, operation, content: sent.content })),
          ];
    if (faults.length > 0) throw invalid(faults);
    const type = sent?.content.type ?? product?.type;
    const title = sent?.content.name ?? product?.name;
    if (type === undefined || title === undefined) throw noProduct();
    const subject: ReviewSubject = { reviewId, kind: 'product', operation, objectId: productId, providerId, title };
    const proposal = proposalOf(sent, (n) => idFrom('spc', command.atMs, `${command.commandId}/${n}`));
    const sealed = sealedToken(keys, sent, reviewId);
    const submit = () => reviews.submit(call, { subject, needsSecurityCheck: needsSecurityCheck(type, operation) });
    try {
      if (isReviewed(type, operation, policy['product.reviewed'])) {
        await addProposal(db, { id: reviewId, providerId, content: proposal, sealed });
        await submit().catch(dropRefused(db, reviewId));
      } else {
        const change = changeOf(call, reviewId, `provider.${operation}`);
        await applyAtOnce(db, keys, change, { subject, proposal, sealed });
      }
    } catch (error) {
      throw inBody(error);
    }
    return reviews.view(reviewId, scope, command.commandId);
  }

  /**
   * What is wrong with what a description names while its form is at fault, so that one answer names both (PRD-2).
   * @param productId of the product that it is for, or null for a new one
   */
  async function furtherFaults(principal: Principal, body: unknown, productId: string | null): Promise<Fault[]> {
    const { content } = bodyWithContent.parse(body);
    const product = productId === null ? null : await findOwnProduct(db, productId, principal.providerId ?? '');
    if (content === undefined || (productId !== null && product === null)) return [];
    const untyped = namedBy(content).type === null ? faultsOf(untypedContent, content, ...CONTENT) : [];
    return [...untyped, ...(await faultsOfNamed(db, principal, namedBy(content), product))];
  }

  return { apply, furtherFaults };
}

const CONTENT = ['body', 'content'];
/** The content that was sent, whatever is in it; none where it is no object. */
const bodyWithContent = z.object({ content: z.looseObject({}).optional().catch(undefined) }).catch({});

function proposalOf(sent: Sent | null, specId: (n: number) => string): ProductProposal {
  if (sent === null) return {};
  const content = keptContent(sent.content, specId);
  return sent.grade === undefined ? { content } : { content, grade: sent.grade };
}

function sealedToken(keys: KeyRing, sent: Sent | null, reviewId: string): Buffer | null {
  const token = sent?.content.type === 'saas' ? sent.content.deliveryToken : undefined;
  return token === undefined ? null : sealText(keys, token, placeOf('proposal', reviewId));
}

/**
 * Everything that a content names must be there, the provider's own, and what it is named as (PRD-2).
 * @param product what is changed, or null for a new product
 */
async function faultsOfNamed(
  db: Database,
  principal: Principal,
  named: Named,
  product: ProductRow | null,
): Promise<Fault[]> {
  const faults = [
    ...faultsOfType(named, product),
    ...(await faultsOfImages(db, providerOf(principal), named)),
    ...(await faultsOfFiles(db, fileUser(principal), named)),
    ...(await faultsOfSpecs(db, named, product)),
    ...faultsOfToken(named, product),
  ];
  return faults.map(({ path, message }) => ({ path: [...CONTENT, path].join('.'), message }));
}

function faultsOfType({ type }: Named, product: ProductRow | null): Fault[] {
  if (product === null || type === null || product.type === type) return [];
  return [{ path: 'type', message: `must stay ${product.type}: publish another product instead` }];
}

/** INS-1: what is sent to a delivery URL is signed. A repetition of this rule, in the review, sees what came meanwhile. */
function faultsOfToken({ type, deliveryUrl, deliveryToken }: Named, product: ProductRow | null): Fault[] {
  const isKept = product?.hasToken === true;
  if (type !== 'saas' || deliveryUrl === null || deliveryToken !== undefined || isKept) return [];
  return [{ path: 'deliveryToken', message: 'is required: no token is kept yet' }];
}

async function faultsOfImages(db: Database, providerId: string, content: Named): Promise<Fault[]> {
  const named = imagesOf(content);
  const wrong = await notOwnImages(db, providerId, named);
  return named
    .filter(({ id }) => wrong.includes(id))
    .map(({ field, purpose }) => ({ path: field, message: `is not a ${purpose} that you uploaded` }));
}

async function faultsOfFiles(db: Database, user: FileUser, content: Named): Promise<Fault[]> {
  const named = filesOf(content);
  const known = await usableFiles(
    db,
    user,
    named.map(({ id }) => id),
  );
  return named.flatMap(({ id, field: path }) => {
    const found = known.find((file) => file.id === id);
    if (found === undefined) return [{ path, message: 'is not a file that you uploaded' }];
    if (found.size > PRODUCT_LIMITS.documentBytes) {
      return [{ path, message: `has ${found.size} bytes; ${PRODUCT_LIMITS.documentBytes} are the most` }];
    }
    if (DOCUMENT_TYPES.includes(found.type)) return [];
    return [{ path, message: `is ${found.type}; PDF, Word, PPT, ZIP and RAR are taken` }];
  });
}

async function faultsOfSpecs(db: Database, content: Named, product: ProductRow | null): Promise<Fault[]> {
  const named = content.specs.flatMap(({ id }) => id ?? []);
  const known = product === null || named.length === 0 ? [] : await ownSpecs(db, product.id, named);
  return content.specs.flatMap(({ id }, n) =>
    id === undefined || known.includes(id)
      ? []
      : [{ path: `specs.${n}.id`, message: 'is not a spec of this product; leave it out for a new one' }],
  );
}
