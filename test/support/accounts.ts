import { newKey } from '../../api/keys';
import type { Area } from '../../domain/account/areas';
import type { Database } from '../../prisma/store/client';
import { type Api, tokenOf } from './api';
import { unique } from './commands';
import type { HttpClient } from './http';

/** Puts a sub-account of prv_demo into the table, and answers its id. */
export async function addSubAccount(db: Database, areas: readonly Area[], { disabled = false } = {}): Promise<string> {
  const id = `usr_sub_${unique()}`;
  const disabledAt = disabled ? new Date() : null;
  await db.user.create({
    data: { id, role: 'provider', providerId: 'prv_demo', account: 'sub', areas: [...areas], disabledAt },
  });
  return id;
}

/** A client with the token of somebody who says to be of prv_demo. */
export const staffClient = async (api: Api, sub: string): Promise<HttpClient> =>
  api.clientOf(await tokenOf({ sub, role: 'provider', providerId: 'prv_demo' }));

/** A client that is a new sub-account of prv_demo. */
export const subAccount = async (api: Api, areas: readonly Area[], state: { disabled?: boolean } = {}) =>
  staffClient(api, await addSubAccount(api.db, areas, state));

/** A client that has a new API key of prv_demo. */
export async function keyClient(
  api: Api,
  areas: readonly Area[],
  state: { revoked?: boolean; expired?: boolean } = {},
): Promise<HttpClient> {
  const id = `key_${unique().padStart(26, '0')}`;
  const { key, secretHash } = newKey(id);
  const longAgo = new Date(Date.now() - 3_600_000);
  await api.db.apiKey.create({
    data: {
      id,
      providerId: 'prv_demo',
      name: 'ERP',
      secretHash,
      areas: [...areas],
      createdBy: 'usr_provider_demo',
      createdAt: longAgo,
      expiresAt: state.expired ? new Date(Date.now() - 1_000) : null,
      revokedAt: state.revoked ? longAgo : null,
    },
  });
  return api.clientOf(key);
}
