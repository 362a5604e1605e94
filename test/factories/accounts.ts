import { newKey } from '../../api/http/keys';
import { AGREEMENTS } from '../../domain/accounts/agreements';
import type { Area } from '../../domain/accounts/areas';
import type { Database } from '../../prisma/store/shared/database';
import { type Api, tokenOf } from '../support/api';
import type { HttpClient } from '../support/http';
import { unique } from './commands';

/** Puts a sub-account into the table, of prv_demo if not of another, and answers its id. */
export async function addSubAccount(
  db: Database,
  areas: readonly Area[],
  { disabled = false, providerId = 'prv_demo' } = {},
): Promise<string> {
  const id = `usr_sub_${unique()}`;
  const disabledAt = disabled ? new Date() : null;
  await db.user.create({
    data: { id, role: 'provider', providerId, account: 'sub', areas: [...areas], disabledAt },
  });
  return id;
}

/** A client with the token of somebody who says to be of a provider. */
export const staffClient = async (api: Api, sub: string, providerId = 'prv_demo'): Promise<HttpClient> =>
  api.clientOf(await tokenOf({ sub, role: 'provider', providerId }));

/** A client that is a new sub-account, of prv_demo if not of another. */
export const subAccount = async (
  api: Api,
  areas: readonly Area[],
  state: { disabled?: boolean; providerId?: string } = {},
) => staffClient(api, await addSubAccount(api.db, areas, state), state.providerId);

/** A client that has a new API key, of prv_demo if not of another. */
export async function keyClient(
  api: Api,
  areas: readonly Area[],
  state: { revoked?: boolean; expired?: boolean; providerId?: string } = {},
): Promise<HttpClient> {
  const id = `key_${unique().padStart(26, '0')}`;
  const { key, secretHash } = newKey(id);
  const longAgo = new Date(Date.now() - 3_600_000);
  await api.db.apiKey.create({
    data: {
      id,
      providerId: state.providerId ?? 'prv_demo',
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

/** A provider that has just joined, with its main account: its entry agreement is signed, nothing else is there. */
export async function newProvider(api: Api, name = '新入驻服务商有限公司'): Promise<{ id: string; main: HttpClient }> {
  const [id, sub] = [`prv_new_${unique()}`, `usr_main_${unique()}`];
  const licenceNumber = '9144030071526726XG';
  await api.db.provider.create({ data: { id, name, licenceNumber, mainUserId: sub } });
  await api.db.user.create({ data: { id: sub, role: 'provider', providerId: id, account: 'main' } });
  const { revision, write } = AGREEMENTS.entry;
  const text = write({ company: name, licenceNumber, payee: null, contacts: [] });
  const signed = { kind: 'entry', revision, text, signedBy: sub, signedAt: new Date() };
  await api.db.agreement.create({ data: { id: `agr_${unique()}`, providerId: id, ...signed } });
  return { id, main: api.clientOf(await tokenOf({ sub, role: 'provider', providerId: id })) };
}
