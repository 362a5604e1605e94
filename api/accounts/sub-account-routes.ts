import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { AREAS } from '../../domain/accounts/areas';
import {
  addSubAccount,
  findSubAccount,
  listSubAccounts,
  replaceSubAccount,
  type SubAccount,
  switchSubAccount,
} from '../../prisma/store/accounts/sub-accounts';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { ownList } from '../http/own-list';
import { areas, byId, email, id, phone, text } from '../http/schemas';
import { providerOf } from '../http/scope';

export const subAccountSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    areas: z.array(z.enum(AREAS)),
    status: z.enum(['enabled', 'disabled']),
    version: z.int(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('SubAccount');

const data = {
  name: text(100),
  email: email.nullable().default(null),
  phone: phone.nullable().default(null),
  areas,
};
const changed = z
  .strictObject({ name: text(100), email: email.nullable(), phone: phone.nullable(), areas })
  .openapi('SubAccountChange');
const newcomer = z
  .strictObject({ id: id('usr').openapi({ description: 'The `sub` of the user at the identity provider' }), ...data })
  .openapi('NewSubAccount');

const view = ({ disabledAt, ...account }: SubAccount) => ({
  ...account,
  status: disabledAt === null ? ('enabled' as const) : ('disabled' as const),
});

type Needs = { db: Database; keys: KeyRing };

/** The sub-accounts of a provider: the main account makes them, gives them areas, and takes them back (ACC-0). */
export function subAccountRoutes(context: ApiContext, needs: Needs): void {
  readRoutes(context, needs.db);
  changeRoutes(context, needs);
}

const common = { tag: 'Account', access: { provider: 'main' }, query: nothing } as const;

function readRoutes(context: ApiContext, db: Database): void {
  ownList(context, {
    ...common,
    path: '/v1/provider/sub-accounts',
    summary: 'Your sub-accounts, disabled ones too',
    item: subAccountSchema,
    pageName: 'SubAccountPage',
    rows: (providerId, page) => listSubAccounts(db, providerId, page),
    view,
  });
  get(context, {
    ...common,
    path: '/v1/provider/sub-accounts/{id}',
    summary: 'One sub-account',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: subAccountSchema },
    async handle({ principal, params, response }) {
      const account = await findSubAccount(db, providerOf(principal), params.id);
      response.setHeader('ETag', etagOf(account));
      return view(account);
    },
  });
}

function changeRoutes(context: ApiContext, { db, keys }: Needs): void {
  post(context, {
    ...common,
    path: '/v1/provider/sub-accounts',
    summary: 'Make a user of the identity provider a sub-account, for the areas that you give it',
    params: nothing,
    body: newcomer,
    answer: { status: 201, schema: subAccountSchema },
    async handle(call) {
      const { id: sub, ...account } = call.body;
      const change = ownChangeOf(call, sub, 'provider.sub_account.add');
      await addSubAccount({ db, keys }, change, account);
      return view(await findSubAccount(db, change.providerId, sub));
    },
  });
  put(context, {
    ...common,
    path: '/v1/provider/sub-accounts/{id}',
    summary: 'Replace a sub-account’s areas and contact data; they hold from its next request on',
    params: byId,
    body: changed,
    answer: { status: 200, schema: subAccountSchema },
    async handle(call) {
      const { params, body, request, response } = call;
      const change = ownChangeOf(call, params.id, 'provider.sub_account.change');
      const version = expectedVersion(request.header('if-match'), '/v1/provider/sub-accounts/{id}');
      await replaceSubAccount({ db, keys }, change, body, version);
      const account = await findSubAccount(db, change.providerId, params.id);
      response.setHeader('ETag', etagOf(account));
      return view(account);
    },
  });
  for (const { path, to, summary } of [
    { path: 'disable', to: 'disabled', summary: 'Disable a sub-account: it is refused from its next request on' },
    { path: 'enable', to: 'enabled', summary: 'Enable a sub-account again' },
  ] as const) {
    post(context, {
      ...common,
      path: `/v1/provider/sub-accounts/{id}/${path}`,
      summary,
      params: byId,
      body: nothing,
      answer: { status: 200, schema: subAccountSchema },
      async handle(call) {
        const change = ownChangeOf(call, call.params.id, `provider.sub_account.${path}`);
        await switchSubAccount({ db, keys }, change, to);
        return view(await findSubAccount(db, change.providerId, call.params.id));
      },
    });
  }
}
