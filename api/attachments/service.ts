import { AppError } from '../../domain/shared/errors';
import { type FileUser, notOwned } from '../../prisma/store/attachments/attachments';
import type { Database } from '../../prisma/store/shared/database';
import type { Principal } from '../http/auth';
import { areasOfPrincipal } from '../http/scope';

/** Who a principal is to files. */
export const fileUser = (principal: Principal): FileUser => {
  const { sub: ownerId, role: ownerRole, providerId = null } = principal;
  return { ownerId, ownerRole, providerId, areas: areasOfPrincipal(principal) };
};

/** @throws AppError ATTACHMENT.NOT_YOURS naming every id that the principal did not upload (DLV-14) */
export async function requireOwnAttachments(db: Database, principal: Principal, ids: string[]): Promise<void> {
  const foreign = await notOwned(db, fileUser(principal), ids);
  if (foreign.length === 0) return;
  throw new AppError(
    'ATTACHMENT.NOT_YOURS',
    `Upload files with POST /v1/${principal.role}/attachments and use their ids.`,
    {
      errors: foreign.map((id) => ({
        path: `body.attachmentIds.${ids.indexOf(id)}`,
        message: 'is not a file that you can attach',
      })),
    },
  );
}
