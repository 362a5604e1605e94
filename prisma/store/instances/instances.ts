import { z } from 'zod';
import { INSTANCE_STAGES, type InstanceStage, type InstanceState } from '../../../domain/instances/state';
import { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';
import { equal, keyset, type Page } from '../shared/paging';
import { queryRow, queryRows } from '../shared/query-rows';
import { type Scope, within } from '../shared/scopes';

/** An instance as lists show it. */
const instanceRow = z.object({
  id: z.string(),
  orderId: z.string(),
  productId: z.string(),
  productName: z.string(),
  specName: z.string(),
  isTrial: z.boolean(),
  stage: z.enum(INSTANCE_STAGES),
  signId: z.string().nullable(),
  expiresAt: z.date().nullable(),
  /** Written by our own statement, of the type that the rules have. */
  state: z.custom<InstanceState>(),
  policy: z.object({ destroyAfterMs: z.number(), unansweredAfterMs: z.number() }),
  createdAt: z.date(),
  updatedAt: z.date(),
});
export type InstanceRow = z.output<typeof instanceRow>;

/** An instance with how its buyer gets at it, sealed, and what happened to it. */
const instanceDetails = instanceRow.extend({
  accessSealed: z.instanceof(Uint8Array).nullable(),
  timeline: z.array(z.object({ at: z.string(), actor: z.string(), action: z.string() })),
});
export type InstanceDetails = z.output<typeof instanceDetails>;

const COLUMNS = Prisma.sql`id, order_id AS "orderId", product_id AS "productId", product_name AS "productName",
  spec_name AS "specName", is_trial AS "isTrial", stage, sign_id AS "signId", expires_at AS "expiresAt", state, policy,
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** A page of instances, one more than asked for when there are more. */
export function listInstances(
  db: Database,
  scope: Scope,
  { stage }: { stage?: InstanceStage | undefined },
  page: Page,
): Promise<InstanceRow[]> {
  const query = Prisma.sql`SELECT ${COLUMNS} FROM instances WHERE ${within(scope)} ${equal('stage', stage)} ${keyset(page)}`;
  return queryRows(db, instanceRow, query);
}

/** One instance in full, or null when it is not in the scope. */
export function findInstance(db: Database, id: string, scope: Scope): Promise<InstanceDetails | null> {
  const query = Prisma.sql`
    SELECT ${COLUMNS}, access_sealed AS "accessSealed", (
      SELECT coalesce(jsonb_agg(jsonb_build_object('at', at, 'actor', actor_role, 'action', action) ORDER BY sequence), '[]')
      FROM steps WHERE object_id = instances.id) AS timeline
    FROM instances WHERE id = ${id} AND ${within(scope)}`;
  return queryRow(db, instanceDetails, query);
}
