import type { Request, Response } from 'express';
import { z } from 'zod';
import { IMAGE_RULES, type ImagePurpose } from '../../domain/images/rules';
import { AppError } from '../../domain/shared/errors';
import { addImage, findImage, type ImageScope } from '../../prisma/store/images/images';
import type { Database } from '../../prisma/store/shared/database';
import { sendImage } from '../files/download';
import type { FileStore } from '../files/store';
import { receiveUpload } from '../files/upload';
import { ownChangeOf } from '../http/audited-change';
import { authenticate, type Principal } from '../http/auth';
import { type ApiContext, answerOnce, expressPath, nothing } from '../http/endpoint';
import { requireUsableKey } from '../http/idempotency';
import { idFrom } from '../http/ids';
import { documentEndpoint } from '../http/openapi';
import { byId } from '../http/schemas';
import { type CheckedImage, checkImage } from './check';
import { shippedImages } from './shipped';

/** Files are received up to here, so that the refusal of a larger one can say how large it is. */
const RECEIVED_MAX_BYTES = 16 * 1_048_576;

const imageSchema = z
  .object({
    id: z.string(),
    purpose: z.enum(['banner', 'logo', 'product_logo', 'product_thumbnail']),
    format: z.enum(['png', 'jpeg']),
    width: z.int(),
    height: z.int(),
    size: z.int(),
    sha256: z.string(),
  })
  .openapi('Image');

type Needs = { db: Database; files: FileStore };
const PURPOSES: readonly ImagePurpose[] = ['banner', 'logo', 'product_logo', 'product_thumbnail'];

/** Uploading images, which are measured before they are kept (SHOP-6), and looking at them. */
export function imageRoutes(context: ApiContext, needs: Needs): void {
  for (const purpose of PURPOSES) uploadRoute(context, needs, purpose);
  const shipped = shippedImages();
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    const look = {
      path: `/v1/${role}/images/{id}`,
      summary: 'Look at an image: your own, a published one, or of the template library; operations see all',
      tag: 'Images',
      access: { [role]: 'any' },
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: z.string().openapi({ format: 'binary' }) },
    } as const;
    documentEndpoint(context.registry, 'get', look, { answers: 'image/*' });
    context.router.get(expressPath(look.path), async (request, response) => {
      request.routePattern = look.path;
      const principal = await authenticate(context, { request, response }, look.access);
      const { id } = byId.parse(request.params);
      const known = shipped.get(id);
      if (known !== undefined) return sendImage(response, known, known);
      const found = await findImage(needs.db, id, scopeOf(principal));
      if (found === null) throw new AppError('IMAGE.NOT_FOUND', 'There is no such image that you may see.');
      const { format, size, sha256 } = found;
      const name = `${id}.${format === 'jpeg' ? 'jpg' : format}`;
      return sendImage(response, { name, type: `image/${format}`, size, sha256 }, needs.files);
    });
  }
}

/** What a principal may see: everything, their provider's, or what was published. */
function scopeOf({ role, providerId }: Principal): ImageScope {
  if (role === 'ops') return 'all';
  return role === 'provider' ? { providerId: providerId ?? '' } : 'published';
}

function uploadRoute(context: ApiContext, needs: Needs, purpose: ImagePurpose): void {
  const { area, formats, width, height } = IMAGE_RULES[purpose];
  const upload = {
    path: `/v1/provider/${area}/images/${purpose}`,
    summary: `Upload a ${purpose.replaceAll('_', ' ')}: ${formats.join(' or ')}, ${width}×${height} px, 2 MB (SHOP-6)`,
    tag: 'Images',
    access: { provider: area },
    params: nothing,
    query: nothing,
    body: z.object({ file: z.string().openapi({ format: 'binary' }) }),
    answer: { status: 201, schema: imageSchema },
  } as const;
  documentEndpoint(context.registry, 'post', upload, { takes: 'multipart/form-data' });
  context.router.post(upload.path, async (request, response) => {
    request.routePattern = upload.path;
    const principal = await authenticate(context, { request, response }, upload.access);
    requireUsableKey(request.header('idempotency-key'));
    await receiveImage(context, needs, { purpose, path: upload.path, principal, request, response });
  });
}

type Receiving = { purpose: ImagePurpose; path: string; principal: Principal; request: Request; response: Response };

/** Receives, checks and keeps one image, and answers what it is. */
async function receiveImage(context: ApiContext, { db, files }: Needs, receiving: Receiving): Promise<void> {
  const { purpose, path, principal, request, response } = receiving;
  let checked: CheckedImage | undefined;
  const file = await receiveUpload(request, files, {
    maxBytes: RECEIVED_MAX_BYTES,
    headBytes: IMAGE_RULES[purpose].maxBytes,
    async measure(name, content, size) {
      checked = await checkImage(purpose, { name, content, size });
      return checked.type;
    },
  });
  if (checked === undefined) throw new Error('an upload was kept that nobody had measured');
  const { format, width, height } = checked;
  const { size, sha256 } = file;
  const keyed = { route: path, body: file, isRebuilt: false };
  await answerOnce(context, { principal, request, response }, keyed, async (command) => {
    const image = { id: idFrom('img', command.atMs, command.commandId), purpose, format, width, height, size, sha256 };
    const change = ownChangeOf({ principal, request, command }, image.id, 'provider.image.upload');
    await addImage(db, change, { ...image, providerId: change.providerId });
    return { status: 201, body: JSON.stringify(image) };
  });
}
