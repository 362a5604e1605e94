import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** Real pictures, made when a test wants them. */

type Size = { width: number; height: number };
type Made = Uint8Array<ArrayBuffer>;

const bytes = (buffer: Buffer): Made => new Uint8Array(buffer);

/** Something to look at, so that the file is no few bytes: stripes of many colours. */
function painted({ width, height }: Size): sharp.Sharp {
  const pixels = Buffer.alloc(width * height * 3);
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (at * 31 + Math.floor(at / width) * 17) % 256;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** A PNG that records no resolution. */
export const png = async (size: Size): Promise<Made> => withoutChunk(await painted(size).png().toBuffer(), 'pHYs');

/** A JPEG that records no resolution: neither JFIF nor EXIF. */
export const jpeg = async (size: Size): Promise<Made> => bytes(await painted(size).jpeg().toBuffer());

/** As other formats write it. */
export const gif = async (size: Size): Promise<Made> => bytes(await painted(size).gif().toBuffer());
export const webp = async (size: Size): Promise<Made> => bytes(await painted(size).webp().toBuffer());

/** A PNG chunk with its checksum. */
export function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A PNG with one more chunk, right after its header. */
export const withChunk = (image: Made, type: string, data: Buffer): Made =>
  bytes(Buffer.concat([image.subarray(0, 33), chunk(type, data), image.subarray(33)]));

function withoutChunk(image: Buffer, type: string): Made {
  const at = image.indexOf(type, 0, 'latin1') - 4;
  if (at < 0) return bytes(image);
  return bytes(Buffer.concat([image.subarray(0, at), image.subarray(at + 12 + image.readUInt32BE(at))]));
}

/** pHYs: pixels a unit across and down; unit 1 is the metre, 0 none. */
export function pHYs(x: number, y: number, unit: number): Buffer {
  const data = Buffer.alloc(9);
  data.writeUInt32BE(x, 0);
  data.writeUInt32BE(y, 4);
  data.writeUInt8(unit, 8);
  return data;
}

/** acTL: an animation of two frames. */
export const acTL = Buffer.from('0000000200000000', 'hex');

/** A JPEG with one more segment, right at its beginning. */
export function withSegment(image: Made, marker: number, data: Buffer): Made {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return bytes(Buffer.concat([image.subarray(0, 2), head, data, image.subarray(2)]));
}

/** JFIF; unit 0 is none, 1 the inch, 2 the centimetre. */
export function jfif(unit: number, x: number, y: number): Buffer {
  const data = Buffer.from('4a46494600010100000000000000', 'hex').subarray(0, 14);
  data.writeUInt8(unit, 7);
  data.writeUInt16BE(x, 8);
  data.writeUInt16BE(y, 10);
  return data;
}

/** EXIF that records a resolution; unit 1 is none, 2 the inch, 3 the centimetre. */
export function exif(order: 'II' | 'MM', unit: number, [x, y]: [number, number], divisor = 1): Buffer {
  const data = Buffer.alloc(8 + 2 + 3 * 12 + 4 + 16);
  const uint16 = (value: number, at: number) =>
    order === 'II' ? data.writeUInt16LE(value, at) : data.writeUInt16BE(value, at);
  const uint32 = (value: number, at: number) =>
    order === 'II' ? data.writeUInt32LE(value, at) : data.writeUInt32BE(value, at);
  data.write(order, 0, 'latin1');
  uint16(42, 2);
  uint32(8, 4);
  uint16(3, 8);
  const fractions = 8 + 2 + 3 * 12 + 4;
  for (const [n, [tag, type, value]] of (
    [
      [0x011a, 5, fractions],
      [0x011b, 5, fractions + 8],
      [0x0128, 3, unit],
    ] as const
  ).entries()) {
    const at = 10 + n * 12;
    uint16(tag, at);
    uint16(type, at + 2);
    uint32(1, at + 4);
    if (type === 3) uint16(value, at + 8);
    else uint32(value, at + 8);
  }
  for (const [n, value] of [x, divisor, y, divisor].entries()) uint32(value, fractions + n * 4);
  return data;
}

/** The same as a JPEG carries it. */
export const exifSegment = (...args: Parameters<typeof exif>): Buffer =>
  Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif(...args)]);

/** A PNG of a few hundred bytes that claims any size, and holds next to nothing. */
export function claiming({ width, height }: Size): Made {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  header.writeUInt8(6, 9);
  const parts = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return bytes(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]));
}

/** A valid PNG of one colour: few bytes, and as many pixels as wanted once it is decoded. */
export function blank({ width, height }: Size): Made {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(1, 8);
  const rows = Buffer.alloc((Math.ceil(width / 8) + 1) * height);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return bytes(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts]));
}

/** A PNG of the right size whose pixels unpack to that many bytes more than it has. */
export function overfull({ width, height }: Size, size: number): Made {
  const image = blank({ width, height });
  const at = Buffer.from(image).indexOf('IDAT', 0, 'latin1') - 4;
  const packed = chunk('IDAT', deflateSync(Buffer.alloc(size)));
  return bytes(Buffer.concat([image.subarray(0, at), packed, chunk('IEND', Buffer.alloc(0))]));
}

/** A text chunk of that many bytes of nothing, packed a thousand to one. */
export const packedText = (size: number): Buffer =>
  Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(size))]);

/** A colour profile of that many bytes of nothing, packed a thousand to one. */
export const packedProfile = (size: number): Buffer =>
  Buffer.concat([Buffer.from('icc\0\0', 'latin1'), deflateSync(Buffer.alloc(size))]);
