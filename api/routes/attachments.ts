import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { addAttachment, findAttachment } from '../../prisma/store/attachments';
import type { Database } from '../../prisma/store/client';
import { authenticate } from '../auth';
import { changeOf } from '../change';
import { answerOnce, type Door, expressPath, nothing } from '../endpoint';
import { sendFile } from '../files/download';
import type { FileStore } from '../files/store';
import { receiveUpload } from '../files/upload';
import { requireUsableKey } from '../idempotency';
import { idFrom } from '../ids';
import { documentEndpoint } from '../openapi';
import { attachmentSchema, byId } from '../schemas';
import { areasOfPrincipal, scopeOf } from '../scope';

const MAX_BYTES = 50 * 1024 * 1024;

/** Uploading and reading attachments (DLV-14). */
export function attachmentRoutes(door: Door, { db, files }: { db: Database; files: FileStore }): void {
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
    documentEndpoint(door.registry, 'post', upload, { takes: 'multipart/form-data' });
    door.router.post(upload.path, async (request, response) => {
      request.routePattern = upload.path;
      const principal = await authenticate(door, { request, response }, upload.access);
      requireUsableKey(request.header('idempotency-key'));
      // The content decides whether two uploads under one key are the same, so it is received first.
      const file = await receiveUpload(request, files, { maxBytes: MAX_BYTES });
      await answerOnce(
        door,
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
    documentEndpoint(door.registry, 'get', download, { answers: '*/*' });
    door.router.get(expressPath(download.path), async (request, response) => {
      request.routePattern = download.path;
      const principal = await authenticate(door, { request, response }, download.access);
      const areas = areasOfPrincipal(principal);
      const reader = { ownerId: principal.sub, ownerRole: role, areas, scope: scopeOf(principal) };
      const { id } = byId.parse(request.params);
      const found = await findAttachment(db, id, reader);
      if (found === null) throw new AppError('ATTACHMENT.NOT_FOUND', 'There is no such file that you may read.');
      await sendFile(response, found, files);
    });
  }
}
