import { z } from 'zod';
import type { ProductContent } from '../../../domain/products/content';
import { CATEGORIES, GRADES, PRODUCT_STATUSES, PRODUCT_TYPES } from '../../../domain/products/kinds';

const typed = z.looseObject({ type: z.enum(PRODUCT_TYPES) });

/**
 * A product's content as a row holds it. It was checked in full before it was written; it is not held against the rules
 * of today, which may ask more than those that it was published under.
 */
export const storedContent = z.custom<ProductContent>((value) => typed.safeParse(value).success);

/** The columns of a product that lists show. */
export const productColumns = {
  id: z.string(),
  providerId: z.string(),
  name: z.string(),
  type: z.enum(PRODUCT_TYPES),
  category: z.enum(CATEGORIES),
  grade: z.enum(GRADES),
  supervised: z.boolean(),
  selfOperated: z.boolean(),
  summary: z.string(),
  content: storedContent.nullable(),
};
export const productStatus = z.enum(PRODUCT_STATUSES);
