import type { ImageHeader } from '../../domain/images/rules';
import { exifResolution, resolution } from './exif';

/** What every PNG begins with. */
export const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const METRES_PER_INCH = 0.0254;
/** What libvips, and so sharp, writes where it knows no resolution: a pixel a millimetre. */
const UNKNOWN_PER_METRE = 1_000;
/** What the pixels are made of; everything else is said about them, and never shown to the decoder. */
const OF_PIXELS = ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'];

type Chunk = { type: string; data: Buffer; whole: Buffer };

/** The chunks of a PNG up to its end, or up to where it breaks off. */
function* chunksOf(bytes: Buffer): Generator<Chunk> {
  for (let at = PNG_SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const end = at + 12 + length;
    yield { type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) };
    if (type === 'IEND') return;
    at = end;
  }
}

/** What a PNG's chunks say of it, without decoding anything; null when it has no proper header. */
export function pngHeader(bytes: Buffer): ImageHeader | null {
  const found: ImageHeader = { format: 'png', width: 0, height: 0, resolutions: [], animated: false };
  let isFirst = true;
  for (const { type, data } of chunksOf(bytes)) {
    if (isFirst && (type !== 'IHDR' || data.length !== 13)) return null;
    if (isFirst) [found.width, found.height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
    isFirst = false;
    if (type === 'acTL') found.animated = true;
    const recorded = type === 'pHYs' ? physical(data) : type === 'eXIf' ? exifResolution(data) : null;
    if (recorded !== null) found.resolutions.push(recorded);
  }
  return isFirst ? null : found;
}

/** pHYs: pixels a unit, across and down; without a unit it states only the shape of the pixels. */
function physical(data: Buffer) {
  if (data.length !== 9 || data.readUInt8(8) !== 1) return null;
  const [x, y] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  if (x === UNKNOWN_PER_METRE && y === UNKNOWN_PER_METRE) return null;
  return resolution('pHYs', x * METRES_PER_INCH, y * METRES_PER_INCH);
}

/** The same picture, its pixels only: texts and profiles, which may unpack to a thousand times their size, left out. */
export function pngPixels(bytes: Buffer): Buffer {
  const parts = [...chunksOf(bytes)].filter(({ type }) => OF_PIXELS.includes(type)).map(({ whole }) => whole);
  return Buffer.concat([PNG_SIGNATURE, ...parts]);
}
