import { KeyNotHeld, type KeyRing, keyedHash, openText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { requiredActions } from '../../domain/instances/protocol';
import type { SentContent } from '../../domain/products/content';
import type { ProductOperation } from '../../domain/products/rules';
import type { Fault } from '../../domain/shared/faults';
import { type DeliveryCheck, deliveryChecksOf } from '../../prisma/store/instances/delivery-checks';
import { deliveryEndpointOf } from '../../prisma/store/instances/delivery-endpoints';
import type { Database } from '../../prisma/store/shared/database';

/** For which provider and product what is sent with an application. */
type Asked = { providerId: string; productId: string; operation: ProductOperation; content: SentContent };

/**
 * What a provider's side has not shown yet of what it must before instances are asked for there: that URL and token are
 * understood, where either is new (INS-2); and before a publication, that its calls work (INS-5).
 */
export async function faultsOfDelivery(
  { db, keys }: { db: Database; keys: KeyRing },
  { providerId, productId, operation, content }: Asked,
): Promise<Fault[]> {
  if (content.type !== 'saas' || content.deliveryUrl === null) return [];
  const url = new URL(content.deliveryUrl).href;
  const kept = await deliveryEndpointOf(db, productId);
  const token =
    content.deliveryToken ?? (kept && openText(keys, kept.tokenSealed, placeOf('deliveryToken', productId)));
  // A token that is missing is said where tokens are asked for.
  if (token === null) return [];
  const checks = await deliveryChecksOf(db, providerId);
  const isKept = content.deliveryToken === undefined && kept !== null && new URL(kept.url).href === url;
  const message = (what: string) => ({ path: 'body.content.deliveryUrl', message: what });
  return [
    ...(isKept || isVerified(keys, checks, { url, token })
      ? []
      : [message('must have answered verifyInterface, signed with this token: run it in the delivery debugger')]),
    ...(operation !== 'publish' || isTried(checks, content.trial !== null)
      ? []
      : [
          message(
            `is for calls that work: run ${requiredActions(content.trial !== null).join(', ')} in the delivery debugger, at one URL`,
          ),
        ]),
  ];
}

function isVerified(keys: KeyRing, checks: readonly DeliveryCheck[], wanted: { url: string; token: string }): boolean {
  const check = checks.find(({ url, action }) => url === wanted.url && action === 'verifyInterface');
  try {
    return check !== undefined && keyedHash(keys, 'fingerprint').isOf(wanted.token, check.tokenFingerprint);
  } catch (error) {
    // Verified under a key that has been retired: it is verified again.
    if (error instanceof KeyNotHeld) return false;
    throw error;
  }
}

/** Whether everything has passed at one URL, whichever that is: tests have a URL of their own. */
const isTried = (checks: readonly DeliveryCheck[], hasTrial: boolean): boolean =>
  checks.some(({ url }) =>
    requiredActions(hasTrial).every((needed) => checks.some((check) => check.url === url && check.action === needed)),
  );
