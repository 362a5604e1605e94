import { AppError } from '../../domain/shared/errors';
import { addAttachment, findAttachment } from '../../prisma/store/attachments/attachments';
import type { Database } from '../../prisma/store/shared/database';
import { sendFile } from '../files/download';
import { downloadEndpoint, uploadEndpoint } from '../files/endpoints';
import type { FileStore } from '../files/store';
import { receiveUpload } from '../files/upload';
import { changeOf } from '../http/audited-change';
import type { ApiContext } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { attachmentSchema } from '../http/schemas';
import { areasOfPrincipal, scopeOf } from '../http/scope';

const MAX_BYTES = 50 * 1024 * 1024;
const TAG = 'Attachments';

/** Which files a download is for, as each role reads it. */
const READABLE = {
  buyer: 'your own, or one of your deliveries or orders',
  provider: 'your own, or one of your deliveries or orders',
  ops: 'your own, or one that is in use, whoever uploaded it',
} as const;

/** Uploading and reading attachments (DLV-14). */
export function attachmentRoutes(context: ApiContext, { db, files }: { db: Database; files: FileStore }): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    const common = { tag: TAG, access: { [role]: 'any' } } as const;
    const path = `/v1/${role}/attachments`;
    uploadEndpoint(
      context,
      { ...common, path, summary: 'Upload one file, 50 MB at most (DLV-14)' },
      {
        schema: attachmentSchema,
        receive: async (request) => ({ file: await receiveUpload(request, files, { maxBytes: MAX_BYTES }) }),
        async keep({ file }, call) {
          const { principal, command } = call;
          const id = idFrom('att', command.atMs, command.commandId);
          const { sub: ownerId, providerId = null } = principal;
          const change = changeOf(call, id, `${role}.attachment.upload`);
          await addAttachment(db, change, { id, ownerId, ownerRole: role, providerId, ...file });
          return { id, ...file };
        },
      },
    );
    downloadEndpoint(
      context,
      { ...common, path: `${path}/{id}`, summary: `Download a file: ${READABLE[role]} (DLV-14)`, type: '*/*' },
      async (id, principal, response) => {
        const areas = areasOfPrincipal(principal);
        const reader = { ownerId: principal.sub, ownerRole: role, areas, scope: scopeOf(principal) };
        const found = await findAttachment(db, id, reader);
        if (found === null) throw new AppError('ATTACHMENT.NOT_FOUND', 'There is no such file that you may read.');
        await sendFile(response, found, files);
      },
    );
  }
}
