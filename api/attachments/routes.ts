import { z } from 'zod';
import { AppError } from '../../domain/shared/errors';
import { addAttachment, findAttachment } from '../../prisma/store/attachments/attachments';
import type { Database } from '../../prisma/store/shared/database';
import { sendFile } from '../files/download';
import type { FileStore } from '../files/store';
import { receiveUpload } from '../files/upload';
import { changeOf } from '../http/audited-change';
import { authenticate } from '../http/auth';
import { type ApiContext, answerOnce, expressPath, nothing } from '../http/endpoint';
import { requireUsableKey } from '../http/idempotency';
import { idFrom } from '../http/ids';
import { documentEndpoint } from '../http/openapi';
import { attachmentSchema, byId } from '../http/schemas';
import { areasOfPrincipal, scopeOf } from '../http/scope';

const MAX_BYTES = 50 * 1024 * 1024;

/** Uploading and reading attachments (DLV-14). */
export function attachmentRoutes(context: ApiContext, { db, files }: { db: Database; files: FileStore }): void {
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    const upload = {
      path: `/v1/${role}/attachments`,
      summary: 'Upload one file, 50 MB at most (DLV-14)',
      tag: 'Attachments',
      access: { [role]: 'any' },
      params: nothing,
      query: nothing,
      body: z.object({ file: z.string().openapi({ format: 'binary' }) }),
      answer: { status: 201, schema: attachmentSchema },
    } as const;
    documentEndpoint(context.registry, 'post', upload, { takes: 'multipart/form-data' });
    context.router.post(upload.path, async (request, response) => {
      request.routePattern = upload.path;
      const principal = await authenticate(context, { request, response }, upload.access);
      requireUsableKey(request.header('idempotency-key'));
      // The content decides whether two uploads under one key are the same, so it is received first.
      const file = await receiveUpload(request, files, { maxBytes: MAX_BYTES });
      await answerOnce(
        context,
        { principal, request, response },
        { route: upload.path, body: file, isRebuilt: false },
        async (command) => {
          const id = idFrom('att', command.atMs, command.commandId);
          const { sub: ownerId, providerId = null } = principal;
          const change = changeOf({ principal, request, command }, id, `${role}.attachment.upload`);
          await addAttachment(db, change, { id, ownerId, ownerRole: role, providerId, ...file });
          return { status: 201, body: JSON.stringify({ id, ...file }) };
        },
      );
    });

    const download = {
      path: `/v1/${role}/attachments/{id}`,
      summary: 'Download a file: your own, or one of a delivery of yours (DLV-14)',
      tag: 'Attachments',
      access: { [role]: 'any' },
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: z.string().openapi({ format: 'binary' }) },
    } as const;
    documentEndpoint(context.registry, 'get', download, { answers: '*/*' });
    context.router.get(expressPath(download.path), async (request, response) => {
      request.routePattern = download.path;
      const principal = await authenticate(context, { request, response }, download.access);
      const areas = areasOfPrincipal(principal);
      const reader = { ownerId: principal.sub, ownerRole: role, areas, scope: scopeOf(principal) };
      const { id } = byId.parse(request.params);
      const found = await findAttachment(db, id, reader);
      if (found === null) throw new AppError('ATTACHMENT.NOT_FOUND', 'There is no such file that you may read.');
      await sendFile(response, found, files);
    });
  }
}
