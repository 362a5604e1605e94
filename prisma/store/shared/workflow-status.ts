import { z } from 'zod';
import { Prisma } from '../../generated/client';
import type { Database } from './database';
import { queryRow } from './query-rows';
import { type Scope, within } from './scopes';

/**
 * What the table says of an object's workflow: whether it still runs (`absent` also when it is not in the reader's scope), its last
 * step, and whether a command is among its steps.
 */
export type WorkflowStatus = { is: 'open' | 'ended' | 'absent'; sequence: number; hasCommand: boolean };

const statusRow = z.object({ isOpen: z.boolean(), sequence: z.int(), hasCommand: z.boolean() });

/**
 * Reads what a table says of an object and of a command to it, as far as the reader may know: one round trip, since every
 * command that is refused asks it.
 * @param table has id, sequence, and the columns of the scope
 * @param isOpen the condition, on the object's row, by which its workflow takes commands
 */
export async function workflowStatusOf(
  db: Database,
  { table, isOpen }: { table: Prisma.Sql; isOpen: Prisma.Sql },
  { id, scope, commandId }: { id: string; scope: Scope; commandId: string | null },
): Promise<WorkflowStatus> {
  const query = Prisma.sql`
    SELECT ${isOpen} AS "isOpen", sequence, EXISTS (SELECT FROM steps WHERE command_id = ${commandId}) AS "hasCommand"
    FROM ${table} WHERE id = ${id} AND ${within(scope)}`;
  const row = await queryRow(db, statusRow, query);
  if (row === null) return { is: 'absent', sequence: 0, hasCommand: false };
  return { is: row.isOpen ? 'open' : 'ended', sequence: row.sequence, hasCommand: row.hasCommand };
}
