import { publicDetails } from '../../domain/products/content';
import { allowedProductActions, type ProductFacts } from '../../domain/products/rules';
import type { ProductEvent, ProductRow } from '../../prisma/store/products/products';
import type { DocumentRow, ForSaleRow, ProductPageRow } from '../../prisma/store/products/storefront';

/** What the rules look at. */
export const factsOf = ({ status, grade, openApplicationId }: ProductRow): ProductFacts => ({
  status,
  grade,
  inReview: openApplicationId !== null,
});

/** A product as its provider sees it in lists. */
export function ownProductSummary(row: ProductRow) {
  const { content: _content, hasToken: _hasToken, providerId: _providerId, ...seen } = row;
  return {
    ...seen,
    allowedActions: allowedProductActions(factsOf(row)),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** A product as its provider sees it: what is published, in full but for the token, and what was done to it. */
export const ownProduct = (row: ProductRow, timeline: ProductEvent[]) => ({
  ...ownProductSummary(row),
  content: row.content,
  hasDeliveryToken: row.hasToken,
  timeline: timeline.map((event) => ({ ...event, at: event.at.toISOString() })),
});

/** A published product as buyers see it in lists. */
export function forSale({ content, ...row }: ForSaleRow) {
  const { id, providerId, providerName, name, type, category, grade, supervised, selfOperated, summary, specs } = row;
  return {
    ...{ id, providerId, providerName, name, type, category, grade, supervised, selfOperated, summary, specs },
    tags: content?.tags ?? [],
    deliveryDays: content?.deliveryDays ?? null,
    logo: content?.logo ?? null,
    thumbnail: content?.thumbnail ?? null,
  };
}

/** A published product's page, with its prices, documents and the customer service of its shop (SHOP-1). */
export function productPage(row: ProductPageRow) {
  const { content, documents, version, service, updatedAt } = row;
  return {
    ...forSale(row),
    version,
    service,
    updatedAt: updatedAt.toISOString(),
    description: content?.description ?? '',
    dependedProducts: content?.dependedProducts ?? [],
    documents: documents.filter(({ id }) => content?.documents.includes(id)),
    serviceAgreement: content === null ? null : agreementOf(content.serviceAgreement, documents),
    details: content === null ? {} : publicDetails(content),
  };
}

type Content = NonNullable<ForSaleRow['content']>;

const agreementOf = (agreement: Content['serviceAgreement'], documents: DocumentRow[]) =>
  'text' in agreement ? agreement : { document: documents.find(({ id }) => id === agreement.attachmentId) ?? null };
