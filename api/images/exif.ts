import type { Resolution } from '../../domain/images/rules';

const X_RESOLUTION = 0x011a;
const Y_RESOLUTION = 0x011b;
const RESOLUTION_UNIT = 0x0128;
const ENTRY_BYTES = 12;
const CM_PER_INCH = 2.54;

/**
 * The resolution that EXIF data record in their first directory.
 * @param tiff the data from the byte order mark on; anything else that calls itself EXIF records nothing
 * @returns null without one, or where it states only the shape of the pixels (unit 1)
 */
export function exifResolution(tiff: Buffer): Resolution | null {
  const order = tiff.toString('latin1', 0, 4);
  const isLittle = order === 'II*\0';
  if (!isLittle && order !== 'MM\0*') return null;
  const uint16 = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const uint32 = (at: number) => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const has = (at: number, bytes: number) => at + bytes <= tiff.length;

  const entries = new Map<number, number>();
  const directory = has(4, 4) ? uint32(4) : tiff.length;
  if (!has(directory, 2)) return null;
  for (let n = 0, at = directory + 2; n < uint16(directory) && has(at, ENTRY_BYTES); n += 1, at += ENTRY_BYTES) {
    entries.set(uint16(at), at + 8);
  }
  /** A fraction lies elsewhere; the entry says where. */
  const fraction = (tag: number): number => {
    const entry = entries.get(tag);
    const at = entry === undefined ? tiff.length : uint32(entry);
    return has(at, 8) ? uint32(at) / uint32(at + 4) : Number.NaN;
  };
  const unitAt = entries.get(RESOLUTION_UNIT);
  // Inches, where EXIF does not say.
  const unit = unitAt === undefined ? 2 : uint16(unitAt);
  if (unit !== 2 && unit !== 3) return null;
  const perInch = unit === 2 ? 1 : CM_PER_INCH;
  return resolution('EXIF', fraction(X_RESOLUTION) * perInch, fraction(Y_RESOLUTION) * perInch);
}

/** A resolution, unless it is none: zero, or a fraction of nothing. */
export function resolution(where: string, xDpi: number, yDpi: number): Resolution | null {
  return xDpi > 0 && yDpi > 0 && Number.isFinite(xDpi) && Number.isFinite(yDpi) ? { where, xDpi, yDpi } : null;
}
