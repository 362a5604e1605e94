import { type Area, knownAreas } from '../../../domain/accounts/areas';
import { API_KEYS_MAX } from '../../../domain/accounts/limits';
import { AppError } from '../../../domain/shared/errors';
import { auditedTransaction, lockObject, type Transaction } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { beyond, inOrder, type Page } from '../shared/paging';
import type { OwnChange } from './accounts';

/** A key as its provider sees it: without its secret, of which only a hash is kept. */
export type ApiKeyRow = {
  id: string;
  name: string;
  areas: Area[];
  createdBy: string;
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
};

const FIELDS = {
  id: true,
  name: true,
  areas: true,
  createdBy: true,
  createdAt: true,
  expiresAt: true,
  revokedAt: true,
} as const;

const toKey = <T extends { areas: string[] }>(row: T) => ({ ...row, areas: knownAreas(row.areas) });

/** A page of a provider's keys, revoked and expired ones too, one more than asked for when there are more. */
export async function listApiKeys(db: Database, providerId: string, page: Page): Promise<ApiKeyRow[]> {
  const rows = await db.apiKey.findMany({
    where: { providerId, ...beyond(page) },
    ...inOrder(page),
    select: FIELDS,
  });
  return rows.map(toKey);
}

/** One key. @throws AppError API_KEY.NOT_FOUND also when it is another provider's */
export async function findApiKey(db: Pick<Transaction, 'apiKey'>, providerId: string, id: string): Promise<ApiKeyRow> {
  const row = await db.apiKey.findFirst({ where: { id, providerId }, select: FIELDS });
  if (row === null) throw new AppError('API_KEY.NOT_FOUND', 'There is no such API key.');
  return toKey(row);
}

/**
 * Keeps a new key.
 * @returns false when this very command made it before: then the hash of another secret is kept
 * @throws AppError API_KEY.TOO_MANY
 */
export async function addApiKey(
  db: Database,
  change: OwnChange,
  key: { name: string; areas: Area[]; expiresAt: Date | null; secretHash: string },
): Promise<boolean> {
  const { objectId: id, providerId, actorId: createdBy, at: createdAt } = change;
  return auditedTransaction(db, change, async (tx) => {
    await lockObject(tx, providerId);
    const live = await tx.apiKey.count({
      where: { providerId, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: createdAt } }] },
    });
    if (live >= API_KEYS_MAX) {
      throw new AppError('API_KEY.TOO_MANY', `A provider may have ${API_KEYS_MAX} live API keys; revoke one first.`);
    }
    await tx.apiKey.create({ data: { id, providerId, createdBy, createdAt, ...key } });
    return trailOf(await findApiKey(tx, providerId, id));
  });
}

/** Revokes a key: it is refused from its next request on. @throws AppError API_KEY.NOT_FOUND */
export async function revokeApiKey(db: Database, change: OwnChange): Promise<void> {
  const { objectId: id, providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    const { revokedAt } = await findApiKey(tx, providerId, id);
    await tx.apiKey.update({ where: { id }, data: { revokedAt: revokedAt ?? at } });
    return trailOf(await findApiKey(tx, providerId, id));
  });
}

const trailOf = ({ name, areas, expiresAt, revokedAt }: ApiKeyRow) => ({
  ...{ name, areas },
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});
