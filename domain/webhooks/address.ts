import ipaddr from 'ipaddr.js';

/** Where IPv6 is given out to the public; everything else there is for special purposes or for nobody. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * Whether an address belongs to the public internet: not this machine, not a private or shared network, not a cloud's
 * metadata service, not one of these in another guise (IPv4 inside IPv6).
 * @param address as the name service answers it, e.g. `93.184.215.14`; what is no address is not public
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6));
}

/** The host of a URL as an address; null when it is a name. `URL` has written every spelling of IPv4 as four numbers. */
export function addressIn({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(host) ? host : null;
}

/** Names that mean this machine wherever they are looked up (RFC 6761). */
const LOCAL_NAME = /(^|\.)localhost\.?$/;

/**
 * Why events cannot be sent to a URL; null when they can. A name may still lead to a private address: that is seen
 * when it is called, on the address that is connected to.
 * @param allowPrivate for development and tests: any address, and HTTP without TLS
 */
export function whyNotCallable(url: URL, allowPrivate: boolean): string | null {
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) return 'must begin with https://';
  if (url.username !== '' || url.password !== '') return 'must not carry a user or password: requests are signed';
  if (allowPrivate) return null;
  const address = addressIn(url);
  const isPublic = address === null ? !LOCAL_NAME.test(url.hostname) : isPublicAddress(address);
  return isPublic ? null : 'must be on the public internet';
}
