import { z } from 'zod';
import { Prisma } from '../../generated/client';
import { type Scope, within } from './scopes';

/**
 * An object's row `o`, and the step `c` of the command after which it is wanted; of nulls as it is now, or if the command has
 * no step here. Every command's answer is read so, in one round trip: what steps change is read from there.
 * @param table has id, state, sequence, updated_at and the columns of the scope
 */
export const objectAsOf = (
  table: Prisma.Sql,
  { id, scope, asOf }: { id: string; scope: Scope; asOf: string | null },
): Prisma.Sql => Prisma.sql`
  (SELECT * FROM ${table} WHERE id = ${id} AND ${within(scope)}) o
  LEFT JOIN steps c ON c.object_id = o.id AND c.command_id = ${asOf}`;

/** The columns that steps change. */
export const STATE_AS_OF = Prisma.sql`coalesce(c.state_after, o.state) AS state,
  coalesce(c.sequence, o.sequence) AS sequence, coalesce(c.at, o.updated_at) AS "updatedAt"`;

/** A step as a timeline shows it. */
export const timelineEntry = z.object({
  at: z.string(),
  actor: z.string(),
  action: z.string(),
  note: z.string().nullable(),
});
/** A file as the step that named it shows it. */
export const namedFile = z.object({ id: z.string(), name: z.string(), size: z.int(), type: z.string() });
const ENTRY = Prisma.sql`'at', s.at, 'actor', s.actor_role, 'action', s.action, 'note', s.note`;

/** The column `timeline`: the object's steps up to then. @param more what each step `s` shows beside its entry */
export const timelineAsOf = (more: Prisma.Sql = Prisma.empty): Prisma.Sql => Prisma.sql`(
  SELECT jsonb_agg(jsonb_build_object(${ENTRY} ${more}) ORDER BY s.sequence)
  FROM steps s WHERE s.object_id = o.id AND (c.sequence IS NULL OR s.sequence <= c.sequence)) AS timeline`;
