import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { SHIPPED_IMAGES } from '../../domain/shops/banner-templates';
import type { Upload } from '../files/upload';

/** A picture that comes with the system, and the file it is in. */
type Shipped = Upload & { open: () => Promise<Readable> };

/** The pictures of `assets/images` by their ids, as they were when this process started. */
export function shippedImages(): ReadonlyMap<string, Shipped> {
  const folder = folderAbove(__dirname);
  return new Map(
    SHIPPED_IMAGES.map((id) => {
      const file = path.join(folder, `${id}.png`);
      const content = readFileSync(file);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const open = async () => createReadStream(file);
      return [id, { name: `${id}.png`, type: 'image/png', size: content.length, sha256, open }];
    }),
  );
}

/** `assets/images`, seen from the sources and from dist/ alike. */
function folderAbove(from: string): string {
  const folder = path.join(from, 'assets', 'images');
  if (existsSync(folder)) return folder;
  const parent = path.dirname(from);
  if (parent === from) throw new Error('assets/images was not found above this file.');
  return folderAbove(parent);
}
