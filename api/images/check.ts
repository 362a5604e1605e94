import sharp from 'sharp';
import {
  IMAGE_RULES,
  type ImageFormat,
  type ImageHeader,
  type ImagePurpose,
  imageFaults,
} from '../../domain/images/rules';
import { AppError } from '../../domain/shared/errors';
import { type Measured, measure, otherExtension } from '../files/sniff';
import { keyedSemaphore } from '../http/keyed-semaphore';
import { JPEG_START, jpegHeader, jpegPixels } from './jpeg';
import { PNG_SIGNATURE, pngHeader, pngPixels } from './png';

// Nothing is kept between checks, and one check takes one core.
sharp.cache(false);
sharp.concurrency(1);

/** An image that is right for its purpose, as it was measured. */
export type CheckedImage = { type: string; format: ImageFormat; width: number; height: number };

/** Files decoded at the same time, and how long one waits for a permit. */
const CHECKS_AT_ONCE = 2;
const WAIT_MS = 10_000;
const withPermit = keyedSemaphore(CHECKS_AT_ONCE);

/**
 * Measures a file by its content (SHOP-6): the header first, for a small file may claim a picture that fills the
 * memory; only what has the right size is decoded, to its last pixel.
 * @param name what its sender calls it; judged only where it claims another type than the content has
 * @param content its beginning, `maxBytes` of it at least, or all of it
 * @param size of the whole file, in bytes
 * @throws AppError IMAGE.NOT_ACCEPTABLE naming everything that is wrong with what was measured;
 *   SERVICE.UNAVAILABLE while too many others are being checked
 */
export async function checkImage(
  purpose: ImagePurpose,
  { name, content, size }: { name: string; content: Buffer; size: number },
): Promise<CheckedImage> {
  const measured = formatOf(content) ?? (await measure(content));
  const { type } = measured;
  const header = readHeader(type, content);
  const other = otherExtension(name, measured.extension);
  const faults = imageFaults(purpose, { type, size, otherExtension: other, header });
  if (faults.length > 0 || header === null) throw unacceptable(purpose, faults);
  const broken = await withPermit('images', WAIT_MS, () => decodingFault(content, header));
  if (broken === 'timed out') {
    throw new AppError('SERVICE.UNAVAILABLE', 'Too many images are being checked; send yours again.');
  }
  if (broken !== null) throw unacceptable(purpose, [broken]);
  const { format, width, height } = header;
  return { type, format, width, height };
}

/** The formats that are taken are recognised by their first bytes, however broken the rest is. */
function formatOf(content: Buffer): Measured | null {
  if (content.subarray(0, 8).equals(PNG_SIGNATURE)) return { extension: 'png', type: 'image/png' };
  return content.subarray(0, 3).equals(JPEG_START) ? { extension: 'jpg', type: 'image/jpeg' } : null;
}

/** A header made to break its reader is none. */
function readHeader(type: string, content: Buffer): ImageHeader | null {
  try {
    if (type === 'image/png') return pngHeader(content);
    return type === 'image/jpeg' ? jpegHeader(content) : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Decodes every pixel; answers what is wrong, or null. The header has bounded what that can take. */
async function decodingFault(content: Buffer, { format, width, height }: ImageHeader): Promise<string | null> {
  const pixels = format === 'png' ? pngPixels(content) : jpegPixels(content);
  try {
    const options = { failOn: 'warning', limitInputPixels: width * height, sequentialRead: true } as const;
    const { info } = await sharp(pixels, options).raw().toBuffer({ resolveWithObject: true });
    if (info.width === width && info.height === height) return null;
    return `is ${info.width}×${info.height} px when decoded, and ${width}×${height} px by its header`;
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return `is broken or not whole: it cannot be decoded as ${format} (${reason.slice(0, 200)})`;
  }
}

function unacceptable(purpose: ImagePurpose, faults: string[]): AppError {
  const { formats, width, height } = IMAGE_RULES[purpose];
  const wanted = `a ${formats.join(' or ')} of ${width}×${height} px`;
  return new AppError('IMAGE.NOT_ACCEPTABLE', `Send ${wanted}; "errors" says what was measured.`, {
    errors: faults.map((message) => ({ path: 'file', message })),
  });
}
