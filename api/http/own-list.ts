import { z } from 'zod';
import type { Page } from '../../prisma/store/shared/paging';
import { type ApiContext, get, nothing } from './endpoint';
import { pageAnswer, pageOfQuery } from './paging';
import { pageOf, paging } from './schemas';
import { providerOf } from './scope';
import type { Spec } from './spec';

/** A list of what is a provider's own, without filters. */
type OwnList<R extends { id: string }> = Pick<
  Spec<z.ZodType, z.ZodType, z.ZodType>,
  'path' | 'summary' | 'tag' | 'access'
> & {
  /** The schema of an item, and what the OpenAPI document calls a page of them. */
  item: z.ZodType;
  pageName: string;
  /** A page of the provider's rows, and one more when there are more. */
  rows: (providerId: string, page: Page) => Promise<R[]>;
  view: (row: R) => object;
};

/** The route of a list of what is the provider's own: page by page, the newest first unless asked otherwise. */
export function ownList<R extends { id: string }>(context: ApiContext, list: OwnList<R>): void {
  const { item, pageName, rows, view, ...spec } = list;
  get(context, {
    ...spec,
    params: nothing,
    query: z.strictObject(paging),
    body: nothing,
    answer: { status: 200, schema: pageOf(item, pageName) },
    async handle({ principal, query }) {
      const page = pageOfQuery(query);
      return pageAnswer(await rows(providerOf(principal), page), page, view);
    },
  });
}
