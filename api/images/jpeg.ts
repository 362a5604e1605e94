import type { ImageHeader, Resolution } from '../../domain/images/rules';
import { exifResolution, resolution } from './exif';

/** What every JPEG begins with. */
export const JPEG_START = Buffer.from('ffd8ff', 'hex');

const START_OF_SCAN = 0xda;
const COMMENT = 0xfe;
const ADOBE = 0xee;
const CM_PER_INCH = 2.54;

type Segment = { marker: number; data: Buffer; whole: Buffer };

/** The segments of a JPEG up to its first scan, or up to where it breaks off. */
function* segmentsOf(bytes: Buffer): Generator<Segment> {
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = bytes.readUInt8(at + 1);
    if (bytes.readUInt8(at) !== 0xff) return;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    yield { marker, data: bytes.subarray(at + 4, end), whole: bytes.subarray(at, end) };
    if (marker === START_OF_SCAN) return;
    at = end;
  }
}

/** A frame's marker: C0 to CF but the tables DHT, JPG and DAC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const startsWith = (data: Buffer, name: string) => data.toString('latin1', 0, name.length) === name;

/** What a JPEG's segments say of it, without decoding anything; null when it has no frame. */
export function jpegHeader(bytes: Buffer): ImageHeader | null {
  const resolutions: Resolution[] = [];
  let frame: Buffer | null = null;
  for (const { marker, data } of segmentsOf(bytes)) {
    if (isFrame(marker) && data.length >= 5) frame ??= data;
    const recorded = recordedIn(marker, data);
    if (recorded !== null) resolutions.push(recorded);
  }
  if (frame === null) return null;
  return { format: 'jpeg', width: frame.readUInt16BE(3), height: frame.readUInt16BE(1), resolutions, animated: false };
}

function recordedIn(marker: number, data: Buffer): Resolution | null {
  if (marker === 0xe0 && startsWith(data, 'JFIF\0') && data.length >= 12) return jfifResolution(data);
  if (marker === 0xe1 && startsWith(data, 'Exif\0\0')) return exifResolution(data.subarray(6));
  return null;
}

/** JFIF: dots an inch (unit 1) or a centimetre (2); unit 0 states only the shape of the pixels. */
function jfifResolution(data: Buffer): Resolution | null {
  const unit = data.readUInt8(7);
  if (unit !== 1 && unit !== 2) return null;
  const perInch = unit === 1 ? 1 : CM_PER_INCH;
  return resolution('JFIF', data.readUInt16BE(8) * perInch, data.readUInt16BE(10) * perInch);
}

/** The same picture without what is said about it: the decoder sees pixels, and how their colours are meant. */
export function jpegPixels(bytes: Buffer): Buffer {
  const parts: Buffer[] = [bytes.subarray(0, 2)];
  let end = 2;
  for (const { marker, whole } of segmentsOf(bytes)) {
    end = whole.byteOffset - bytes.byteOffset + whole.length;
    const isAbout = marker === COMMENT || (marker >= 0xe0 && marker <= 0xef && marker !== ADOBE);
    if (!isAbout) parts.push(whole);
  }
  return Buffer.concat([...parts, bytes.subarray(end)]);
}
