import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { AppError } from '../../domain/shared/errors';
import {
  type AccountChange,
  type AccountRow,
  changeAccount,
  findAccount,
  sealedPayee,
} from '../../prisma/store/accounts/accounts';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, type Call, get, nothing, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { providerOf } from '../http/scope';
import { payeeBody, requireHolder } from './payee';
import { accountView } from './view';

const time = z.iso.datetime({ offset: true });
const PATH = '/v1/provider/account';
/** Registered capital and yearly revenue: ten trillion yuan at most. */
const bigAmountFen = z.int().min(0).max(1_000_000_000_000_000);

const merchantId = z
  .string()
  .regex(/^[0-9]{8,20}$/, 'must have 8 to 20 digits')
  .nullable();
const merchant = z.object({ merchantId: z.string().nullable(), opened: z.boolean() });
const other = {
  teamSize: z.int().min(0).max(10_000_000).nullable(),
  registeredCapitalFen: bigAmountFen.nullable(),
  yearsRegistered: z.int().min(0).max(500).nullable(),
  yearlyRevenueFen: bigAmountFen.nullable(),
};

const accountSchema = z
  .object({
    id: z.string(),
    business: z
      .object({ providerType: z.string(), name: z.string(), licenceNumber: z.string().nullable() })
      .openapi({ description: 'Type and name follow certification; the licence number changes by ticket (ACC-1)' }),
    payee: z
      .object({
        accountHolder: z.string(),
        bankLocation: z.string(),
        bank: z.string(),
        branch: z.string(),
        accountNumber: z.string().openapi({
          description: 'In full for the main account and people with the area finance, else ****1234 (ACC-6)',
        }),
      })
      .nullable(),
    payeeLocked: z.boolean().openapi({ description: 'From then on payee info changes by ticket only (ACC-3)' }),
    merchants: z.object({ wechat: merchant, tenpay: merchant }),
    other: z.object(other),
    revenueAgreementAt: time.nullable(),
    version: z.int(),
    updatedAt: time,
  })
  .openapi('Account');

const bigintOf = (amount: number | null) => (amount === null ? null : BigInt(amount));

function requireUnlocked({ revenueAgreementAt }: AccountRow): void {
  if (revenueAgreementAt === null) return;
  const detail = 'The revenue agreement is signed: ask for the change with POST /v1/provider/tickets.';
  throw new AppError('ACCOUNT.LOCKED', detail);
}

const common = {
  tag: 'Account',
  access: { provider: 'account' },
  params: nothing,
  query: nothing,
  answer: { status: 200, schema: accountSchema },
} as const;
type AnyCall = Call<z.ZodType, z.ZodType, z.ZodType>;

/** What a provider says of itself, and where its money goes (ACC-1, ACC-2, ACC-5). */
export function accountRoutes(context: ApiContext, { db, keys }: { db: Database; keys: KeyRing }): void {
  async function view({ principal, response }: Pick<AnyCall, 'principal' | 'response'>) {
    const account = await findAccount(db, providerOf(principal));
    response.setHeader('ETag', etagOf(account));
    return accountView(account, keys, principal.accessStatus);
  }
  async function change(
    call: AnyCall,
    part: 'payee' | 'merchants' | 'other',
    changesOf: (account: AccountRow) => AccountChange,
  ) {
    const own = ownChangeOf(call, providerOf(call.principal), `provider.account.${part}`);
    const version = expectedVersion(call.request.header('if-match'), PATH);
    await changeAccount(db, own, changesOf, version);
    return view(call);
  }

  get(context, {
    ...common,
    path: PATH,
    summary: 'Your account: business, payee and other info, merchant accounts',
    body: nothing,
    handle: view,
  });
  put(context, {
    ...common,
    path: `${PATH}/payee`,
    summary: 'Replace payee info, until the revenue supplementary agreement is signed (ACC-3)',
    body: payeeBody,
    handle: (call) =>
      change(call, 'payee', (account) => {
        requireUnlocked(account);
        requireHolder(call.body.accountHolder, account, 'body.accountHolder');
        return sealedPayee(keys, account, call.body);
      }),
  });
  put(context, {
    ...common,
    path: `${PATH}/merchants`,
    summary: 'Record the merchant ids of your WeChat and Tenpay accounts, null where none is opened (ACC-2)',
    body: z.strictObject({ wechatMerchantId: merchantId, tenpayMerchantId: merchantId }).openapi('Merchants'),
    handle: (call) => change(call, 'merchants', () => call.body),
  });
  put(context, {
    ...common,
    path: `${PATH}/other`,
    summary: 'Replace other info: team size, registered capital, years registered, yearly revenue (ACC-5)',
    body: z.strictObject(other).openapi('OtherInfo'),
    handle: (call) => {
      const { registeredCapitalFen: capital, yearlyRevenueFen: revenue, ...counts } = call.body;
      const amounts = { registeredCapitalFen: bigintOf(capital), yearlyRevenueFen: bigintOf(revenue) };
      return change(call, 'other', () => ({ ...counts, ...amounts }));
    },
  });
}
