import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError } from '../../domain/errors';
import { IMAGE_RULES, type ImagePurpose } from '../../domain/images/rules';
import type { Database } from '../../prisma/store/client';
import { addImage, findImage, type ImageScope } from '../../prisma/store/images';
import { authenticate, type Principal } from '../auth';
import { ownChangeOf } from '../change';
import { answerOnce, type Door, expressPath, nothing } from '../endpoint';
import { sendImage } from '../files/download';
import type { FileStore } from '../files/store';
import { receiveUpload } from '../files/upload';
import { requireUsableKey } from '../idempotency';
import { idFrom } from '../ids';
import { type CheckedImage, checkImage } from '../images/check';
import { shippedImages } from '../images/shipped';
import { documentEndpoint } from '../openapi';
import { byId } from '../schemas';

/** Files are received up to here, so that what is too large can be told how large it is. */
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
export function imageRoutes(door: Door, needs: Needs): void {
  for (const purpose of PURPOSES) uploadRoute(door, needs, purpose);
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
    documentEndpoint(door.registry, 'get', look, { answers: 'image/*' });
    door.router.get(expressPath(look.path), async (request, response) => {
      request.routePattern = look.path;
      const principal = await authenticate(door, { request, response }, look.access);
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

function uploadRoute(door: Door, needs: Needs, purpose: ImagePurpose): void {
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
  documentEndpoint(door.registry, 'post', upload, { takes: 'multipart/form-data' });
  door.router.post(upload.path, async (request, response) => {
    request.routePattern = upload.path;
    const principal = await authenticate(door, { request, response }, upload.access);
    requireUsableKey(request.header('idempotency-key'));
    await receiveImage(door, needs, { purpose, path: upload.path, principal, request, response });
  });
}

type Receiving = { purpose: ImagePurpose; path: string; principal: Principal; request: Request; response: Response };

/** Receives, checks and keeps one image, and answers what it is. */
async function receiveImage(door: Door, { db, files }: Needs, receiving: Receiving): Promise<void> {
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
  await answerOnce(door, { principal, request, response }, keyed, async (command) => {
    const image = { id: idFrom('img', command.atMs, command.commandId), purpose, format, width, height, size, sha256 };
    const change = ownChangeOf({ principal, request, command }, image.id, 'provider.image.upload');
    await addImage(db, change, { ...image, providerId: change.providerId });
    return { status: 201, body: JSON.stringify(image) };
  });
}
