import { AppError } from '../../domain/shared/errors';

/** The ETag of a resource that counts its versions. */
export const etagOf = ({ version }: { version: number }): string => `"${version}"`;

/**
 * The version that a client has read, as its If-Match says; null when it does not care.
 * @param where the route whose answer carries the ETag
 * @throws AppError PRECONDITION.FAILED when it cannot be one of ours
 */
export function expectedVersion(ifMatch: string | undefined, where: string): number | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  const version = /^"(\d{1,9})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new AppError('PRECONDITION.FAILED', `Send the ETag of GET ${where} as If-Match.`);
  return Number(version);
}
