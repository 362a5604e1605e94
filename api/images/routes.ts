import type { Request } from 'express';
import { z } from 'zod';
import { IMAGE_RULES, type ImagePurpose } from '../../domain/images/rules';
import { AppError } from '../../domain/shared/errors';
import { addImage, findImage, type ImageScope } from '../../prisma/store/images/images';
import type { Database } from '../../prisma/store/shared/database';
import { sendImage } from '../files/download';
import { downloadEndpoint, uploadEndpoint } from '../files/endpoints';
import type { FileStore } from '../files/store';
import { receiveUpload, type Upload } from '../files/upload';
import { ownChangeOf } from '../http/audited-change';
import type { Principal } from '../http/auth';
import type { ApiContext } from '../http/endpoint';
import { idFrom } from '../http/ids';
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
const TAG = 'Images';

/** Uploading images, which are measured before they are kept (SHOP-6), and looking at them. */
export function imageRoutes(context: ApiContext, needs: Needs): void {
  for (const purpose of PURPOSES) uploadRoute(context, needs, purpose);
  const shipped = shippedImages();
  for (const role of ['buyer', 'provider', 'ops'] as const) {
    const look = {
      path: `/v1/${role}/images/{id}`,
      summary: 'Look at an image: your own, a published one, or of the template library; operations see all',
      tag: TAG,
      access: { [role]: 'any' },
      type: 'image/*',
    } as const;
    downloadEndpoint(context, look, async (id, principal, response) => {
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

function uploadRoute(context: ApiContext, { db, files }: Needs, purpose: ImagePurpose): void {
  const { area, formats, width, height } = IMAGE_RULES[purpose];
  const upload = {
    path: `/v1/provider/${area}/images/${purpose}`,
    summary: `Upload a ${purpose.replaceAll('_', ' ')}: ${formats.join(' or ')}, ${width}×${height} px, 2 MB (SHOP-6)`,
    tag: TAG,
    access: { provider: area },
  } as const;
  uploadEndpoint(context, upload, {
    schema: imageSchema,
    receive: (request) => receiveImage(request, files, purpose),
    async keep({ file: { size, sha256 }, checked: { format, width, height } }, call) {
      const id = idFrom('img', call.command.atMs, call.command.commandId);
      const image = { id, purpose, format, width, height, size, sha256 };
      const change = ownChangeOf(call, id, 'provider.image.upload');
      await addImage(db, change, { ...image, providerId: change.providerId });
      return image;
    },
  });
}

/** Receives one image and checks it before it is kept. */
async function receiveImage(
  request: Request,
  files: FileStore,
  purpose: ImagePurpose,
): Promise<{ file: Upload; checked: CheckedImage }> {
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
  return { file, checked };
}
