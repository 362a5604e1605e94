import { whyNotCallable } from '../webhooks/address';

/**
 * Why instances cannot be asked for at a URL; null when they can (INS-1). What we add to it is all of its query.
 * @param allowPrivate for development and tests: any address, and HTTP without TLS
 */
export function whyNoDeliveryUrl(url: URL, allowPrivate: boolean): string | null {
  // An empty query or fragment is not seen in its parts.
  if (/[?#]/.test(url.href)) return 'must not have a query or a fragment';
  return whyNotCallable(url, allowPrivate);
}
