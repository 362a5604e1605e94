import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from './root';

const binaries = z.object({ temporalCli: z.string().optional(), testServer: z.string().optional() });

/** The Temporal programs that the preparation found; `npm run build` alone does not look for them. */
export function binaryPath(name: 'temporalCli' | 'testServer'): string {
  const file = path.join(projectRoot, '.cache', 'binaries.json');
  const found = binaries.parse(JSON.parse(read(file)))[name];
  if (found !== undefined) return found;
  throw new Error(`No ${name} was prepared: run "node scripts/prepare.mjs test" once.`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '{}';
  }
}
