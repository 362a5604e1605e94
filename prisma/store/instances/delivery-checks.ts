import { z } from 'zod';
import { PROVIDER_ACTIONS, type ProviderAction } from '../../../domain/instances/protocol';
import { auditedTransaction, type Change } from '../shared/audited-transaction';
import type { Database } from '../shared/database';

const check = z.object({
  url: z.string(),
  action: z.enum(PROVIDER_ACTIONS),
  signId: z.string().nullable(),
  passes: z.int(),
  tokenFingerprint: z.string(),
  passedAt: z.date(),
});

/** A call that a provider's side has passed at a URL (INS-5). */
export type DeliveryCheck = z.output<typeof check>;

/** Everything that a provider has passed, at one URL or at all of them. */
export async function deliveryChecksOf(db: Database, providerId: string, url?: string): Promise<DeliveryCheck[]> {
  const where = { providerId, ...(url !== undefined && { url }) };
  const rows = await db.deliveryCheck.findMany({ where, orderBy: [{ url: 'asc' }, { action: 'asc' }] });
  return rows.map((row) => check.parse(row));
}

/** What was tried, and what came of it; `failure` null: it passed. */
export type Tried = {
  url: string;
  action: ProviderAction;
  signId: string | null;
  tokenFingerprint: string;
  failure: string | null;
};

/** Records that a call was tried in the debugger, in the trail, and where it has passed that it has (INS-5). */
export async function recordDeliveryCheck(
  db: Database,
  change: Change & { providerId: string },
  { url, action, signId, tokenFingerprint, failure }: Tried,
): Promise<void> {
  const { providerId, at } = change;
  await auditedTransaction(db, change, async (tx) => {
    if (failure === null) {
      const passed = { signId, tokenFingerprint, passedAt: at };
      await tx.deliveryCheck.upsert({
        where: { providerId_url_action: { providerId, url, action } },
        create: { providerId, url, action, passes: 1, ...passed },
        update: { ...passed, passes: { increment: 1 } },
      });
    }
    return { url, action, passed: failure === null, failure };
  });
}
