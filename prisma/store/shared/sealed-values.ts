import { z } from 'zod';
import { KeyNotHeld, type KeyRing, sealingKeyId } from '../../../codec/keys';
import { moveSealed, placeOf, SEALED_COLUMNS, type SealedColumn, type SealedColumnName } from '../../../codec/places';
import { Prisma } from '../../generated/client';
import type { Database } from './database';
import { queryRows } from './query-rows';

type Connection = Pick<Database, '$queryRaw' | '$executeRaw'>;

const sealedRow = z.object({ row: z.string(), sealed: z.instanceof(Uint8Array) });
const usedKey = z.object({ id: z.instanceof(Uint8Array), values: z.bigint() });

/** How many values are read and sealed anew at a time. */
const BATCH = 500;

const identifier = (name: string) => Prisma.raw(`"${name}"`);

/** A column's values as bytes, whether it holds them as such or as base64. */
const bytesOf = ({ column, type }: SealedColumn): Prisma.Sql =>
  type === 'bytea' ? identifier(column) : Prisma.sql`decode(${identifier(column)}, 'base64')`;

/** Bytes as a column holds them. */
const stored = (bytes: Prisma.Sql, { type }: SealedColumn): Prisma.Sql =>
  type === 'bytea' ? bytes : Prisma.sql`replace(encode(${bytes}, 'base64'), E'\n', '')`;

/** What became of a column's values: sealed anew, or left because their key is not held. */
export type Resealed = { resealed: number; unreadable: number };

/**
 * Seals every value of a column anew that is not sealed with the first key. It may be stopped, repeated and run
 * beside the application at any time: a value that changes meanwhile is left to a repetition.
 * @param name of a column that is not append-only
 * @throws Error when a value was altered, or belongs elsewhere
 */
export async function resealColumn(db: Connection, keys: KeyRing, name: SealedColumnName): Promise<Resealed> {
  const done: Resealed = { resealed: 0, unreadable: 0 };
  for (let after = ''; ; ) {
    const rows = await otherwiseSealed(db, keys, name, after);
    for (const { row, sealed } of rows) {
      const fresh = sealedAnew(keys, name, row, sealed);
      if (fresh === null) done.unreadable += 1;
      else done.resealed += await replaceValue(db, name, { row, sealed, fresh });
    }
    const last = rows.at(-1);
    if (last === undefined) return done;
    after = last.row;
  }
}

/** The next values of a column that another key than the first sealed, by the keys of their rows. */
function otherwiseSealed(db: Connection, { all }: KeyRing, name: SealedColumnName, after: string) {
  const column = SEALED_COLUMNS[name];
  const prefix = Buffer.from(`${all[0].id}\0`);
  const bytes = bytesOf(column);
  const query = Prisma.sql`
    SELECT ${identifier(column.key)} AS row, ${bytes} AS sealed FROM ${identifier(column.table)}
    WHERE ${identifier(column.column)} IS NOT NULL AND ${identifier(column.key)} > ${after}
      AND substring(${bytes} FROM 1 FOR ${prefix.length}::int) <> ${prefix}
    ORDER BY 1 LIMIT ${BATCH}`;
  return queryRows(db, sealedRow, query);
}

function sealedAnew(keys: KeyRing, name: SealedColumnName, row: string, sealed: Uint8Array): Buffer | null {
  const place = placeOf(name, row);
  try {
    return moveSealed(keys, sealed, place, place);
  } catch (error) {
    if (error instanceof KeyNotHeld) return null;
    throw new Error(`${place.join(' ')} does not open with key "${sealingKeyId(sealed)}"`, { cause: error });
  }
}

/** Replaces a value unless it has changed since it was read; answers how many were replaced. */
function replaceValue(
  db: Connection,
  name: SealedColumnName,
  { row, sealed, fresh }: { row: string; sealed: Uint8Array; fresh: Buffer },
): Promise<number> {
  const column = SEALED_COLUMNS[name];
  return db.$executeRaw`
    UPDATE ${identifier(column.table)} SET ${identifier(column.column)} = ${stored(Prisma.sql`${fresh}::bytea`, column)}
    WHERE ${identifier(column.key)} = ${row} AND ${bytesOf(column)} = ${Buffer.from(sealed)}::bytea`;
}

/** How many values of a column each key sealed. */
export async function keysInUse(db: Connection, name: SealedColumnName): Promise<{ keyId: string; values: number }[]> {
  const column = SEALED_COLUMNS[name];
  const bytes = bytesOf(column);
  const query = Prisma.sql`
    SELECT substring(${bytes} FROM 1 FOR greatest(0, position('\\x00'::bytea IN ${bytes}) - 1)) AS id, count(*) AS values
    FROM ${identifier(column.table)} WHERE ${identifier(column.column)} IS NOT NULL GROUP BY 1 ORDER BY 1`;
  return (await queryRows(db, usedKey, query)).map(({ id, values }) => ({
    keyId: Buffer.from(id).toString(),
    values: Number(values),
  }));
}
