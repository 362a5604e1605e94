import type { z } from 'zod';
import type { Access } from './access';

/** One route, as data: what the router, the validator and the OpenAPI document all read. */
export type Spec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = {
  /** OpenAPI path, e.g. `/v1/buyer/orders/{id}`. */
  path: string;
  summary: string;
  tag: string;
  /** Who may use it. */
  access: Access;
  params: P;
  query: Q;
  body: B;
  /** Status and schema of the answer when all goes well. */
  answer: { status: number; schema: z.ZodType };
  /** Whether the answer is to be had as CSV, too. */
  asTable?: true;
};
