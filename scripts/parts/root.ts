import { existsSync } from 'node:fs';
import path from 'node:path';

/** The project's folder, seen from the sources and from dist/ alike. */
export const projectRoot = findRoot(__dirname);

/** Where `npm start` keeps everything that should survive a restart. */
export const dataDirectory = path.resolve(projectRoot, process.env.DATA_DIR || '.data');

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('package.json was not found above this file.');
  return findRoot(parent);
}
