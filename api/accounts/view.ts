import type { KeyRing } from '../../codec/keys';
import { seesAccountNumbers } from '../../domain/accounts/payee';
import type { AccessStatus } from '../../domain/accounts/permissions';
import { type AccountRow, accountNumberOf, maskedPayee } from '../../prisma/store/accounts/accounts';

const fenOrNull = (amount: bigint | null) => (amount === null ? null : Number(amount));
const merchant = (merchantId: string | null) => ({ merchantId, opened: merchantId !== null });

/** A provider's account as somebody of it reads it: the bank account number in full for few, masked for others (ACC-6). */
export function accountView(row: AccountRow, keys: KeyRing, reader: AccessStatus | undefined) {
  const masked = maskedPayee(row);
  const inFull = reader !== undefined && seesAccountNumbers(reader);
  const accountNumber = masked && inFull ? accountNumberOf(keys, row) : null;
  return {
    id: row.id,
    business: { providerType: row.providerType, name: row.name, licenceNumber: row.licenceNumber },
    payee: masked && accountNumber !== null ? { ...masked, accountNumber } : masked,
    payeeLocked: row.revenueAgreementAt !== null,
    merchants: { wechat: merchant(row.wechatMerchantId), tenpay: merchant(row.tenpayMerchantId) },
    other: {
      teamSize: row.teamSize,
      registeredCapitalFen: fenOrNull(row.registeredCapitalFen),
      yearsRegistered: row.yearsRegistered,
      yearlyRevenueFen: fenOrNull(row.yearlyRevenueFen),
    },
    revenueAgreementAt: row.revenueAgreementAt?.toISOString() ?? null,
    version: row.version,
    updatedAt: row.updatedAt.toISOString(),
  };
}
