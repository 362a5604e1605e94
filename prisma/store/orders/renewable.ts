import { z } from 'zod';
import type { RenewalFacts } from '../../../domain/instances/renewal';
import type { InstanceState } from '../../../domain/instances/state';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { queryRow } from '../shared/query-rows';

/** Written by our own statement, of the type that the rules have. */
const facts = z.object({ productId: z.string(), state: z.custom<InstanceState>(), isGivenBack: z.boolean() });

/** What decides whether an order may be for more of a buyer's instance (INS-4), or null when it is not theirs. */
export function findRenewable(db: Database, instanceId: string, buyerId: string): Promise<RenewalFacts | null> {
  const query = Prisma.sql`
    SELECT i.product_id AS "productId", i.state, EXISTS (
        SELECT FROM orders o WHERE o.id = i.state->'purchase'->>'orderId' AND o.state IN ('refunding', 'refunded')
      ) AS "isGivenBack"
    FROM instances i WHERE i.id = ${instanceId} AND i.buyer_id = ${buyerId}`;
  return queryRow(db, facts, query);
}
