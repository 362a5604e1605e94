import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';

/** An append-only file of JSON lines: what was written is there after a kill -9, and each write costs the same. */
export interface Journal<Entry> {
  /** What an earlier run wrote, oldest first. */
  entries: Entry[];
  append(entry: Entry): void;
  clear(): void;
}

/** Opens a journal, in memory only when no file is given. */
export function openJournal<Entry>(file: string | undefined, schema: z.ZodType<Entry>): Journal<Entry> {
  if (file === undefined) return { entries: [], append: () => undefined, clear: () => undefined };
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  return {
    entries: existsSync(file) ? readEntries(file, schema) : [],
    append: (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 }),
    clear: () => rmSync(file, { force: true }),
  };
}

function readEntries<Entry>(file: string, schema: z.ZodType<Entry>): Entry[] {
  const entries: Entry[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    try {
      entries.push(schema.parse(JSON.parse(line)));
    } catch {
      // The last line may be cut off where the process was killed, and the empty one follows it.
    }
  }
  return entries;
}
