/** What can be sold (PRD-1). A product's type is for life. */
export const PRODUCT_TYPES = ['image', 'human_service', 'saas', 'api'] as const;
export type ProductType = (typeof PRODUCT_TYPES)[number];

/** The categories that are delivered under supervision (DLV-1). */
const DELIVERED_BY_PEOPLE = ['software', 'hardware', 'cloud_application', 'content', 'human_service'] as const;

/** The categories of each type: what people deliver, and what is delivered automatically (ORD-8). */
export const CATEGORIES_OF = {
  image: ['image'],
  human_service: DELIVERED_BY_PEOPLE,
  saas: ['saas', 'saas_manual_delivery'],
  api: ['api'],
} as const satisfies Record<ProductType, readonly string[]>;
export type Category = (typeof CATEGORIES_OF)[ProductType][number];
export const CATEGORIES: readonly Category[] = PRODUCT_TYPES.flatMap(
  (type): readonly Category[] => CATEGORIES_OF[type],
);

const SUPERVISED: readonly Category[] = [...DELIVERED_BY_PEOPLE, 'saas_manual_delivery'];

/**
 * Whether orders are delivered under supervision (PRD-6a, DLV-1).
 * @param wished what the provider chose; only human services may be without
 */
export const isSupervised = (category: Category, wished: boolean): boolean =>
  SUPERVISED.includes(category) && (wished || !MAY_BE_UNSUPERVISED.includes(category));

/** The categories whose products may be published without supervision (PRD-6a). */
export const MAY_BE_UNSUPERVISED: readonly Category[] = ['human_service'];

/** Whom the marketplace vouches for (认证), and everybody else (集市). */
export const GRADES = ['certified', 'bazaar'] as const;
export type Grade = (typeof GRADES)[number];

/** Where a product is: `unpublished` until its first publication is approved, `exited` for good. */
export const PRODUCT_STATUSES = ['unpublished', 'published', 'delisted', 'exited'] as const;
export type ProductStatus = (typeof PRODUCT_STATUSES)[number];

/** What a price is for: a length of time, or one time. */
export const UNITS = ['year', 'month', 'day', 'hour', 'time'] as const;
export type Unit = (typeof UNITS)[number];
