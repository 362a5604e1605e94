import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../../domain/shared/errors';

/** How much of a file's beginning is kept to measure its type, unless somebody wants more of it. */
export const HEAD_BYTES = 65_536;

/** A file as the store knows it: by its content alone. `sha256` is lower-case hex, `size` in bytes. */
export type StoredFile = { sha256: string; size: number; head: Buffer };

export type PutLimits = {
  maxBytes: number;
  /** How much of the beginning `check` looks at, in bytes. */
  headBytes?: number;
  /** Asked once all of the content is here and before it is kept; throwing refuses it. */
  check?: (head: Buffer, size: number) => Promise<void>;
};

/** Where the contents of attachments are kept, by their hash (DLV-14). The port for object storage. */
export interface FileStore {
  /**
   * Keeps a content; the same content twice is kept once. Nothing of a refused or broken one remains.
   * @throws AppError `ATTACHMENT.TOO_LARGE`; what `check` throws; what the stream fails with.
   */
  put(content: Readable, limits: PutLimits): Promise<StoredFile>;
  /**
   * The content with that hash.
   * @throws Error when there is none.
   */
  open(sha256: string): Promise<Readable>;
}

/** The store on a local disk, or on any file system all API processes share. */
export type LocalFileStore = FileStore & {
  /** Removes what uploads left behind that died with their process before that instant (epoch ms). */
  removeAbandoned(beforeMs: number): Promise<void>;
};

/**
 * Files under one directory: `ab/cd/abcd…`, and `incoming/` for those still arriving. A file takes
 * its place by a rename, so it is there whole or not at all, and survives a power cut once `put` returns.
 * @param root the directory; made when it is missing
 */
export function localFileStore(root: string): LocalFileStore {
  const incoming = join(root, 'incoming');
  const placeOf = (sha256: string) => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`"${sha256}" is not a SHA-256`);
    return join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  };

  return {
    async put(content, { maxBytes, headBytes = HEAD_BYTES, check }) {
      await mkdir(incoming, { recursive: true });
      const temporary = join(incoming, randomUUID());
      try {
        const stored = await writeHashed(content, temporary, { maxBytes, headBytes });
        await check?.(stored.head, stored.size);
        const place = placeOf(stored.sha256);
        await mkdir(dirname(place), { recursive: true });
        await rename(temporary, place);
        for (const path of [dirname(place), dirname(dirname(place)), root]) await syncDirectory(path);
        return stored;
      } finally {
        content.destroy();
        await rm(temporary, { force: true });
      }
    },

    async open(sha256) {
      const handle = await open(placeOf(sha256), 'r');
      return handle.createReadStream();
    },

    async removeAbandoned(beforeMs) {
      await mkdir(incoming, { recursive: true });
      for (const name of await readdir(incoming)) {
        const path = join(incoming, name);
        // Another process may finish or remove it meanwhile.
        const found = await stat(path).catch(() => undefined);
        if (found !== undefined && found.mtimeMs < beforeMs) await rm(path, { force: true });
      }
    },
  };
}

type WriteLimits = { maxBytes: number; headBytes: number };

/** Writes chunk by chunk, so an upload never needs more memory than a chunk and its head. */
async function writeHashed(content: Readable, path: string, { maxBytes, headBytes }: WriteLimits): Promise<StoredFile> {
  const hash = createHash('sha256');
  const heads: Buffer[] = [];
  let size = 0;
  await withHandle(path, 'wx', async (handle) => {
    for await (const piece of content) {
      const chunk = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
      if (size < headBytes) heads.push(Buffer.from(chunk.subarray(0, headBytes - size)));
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
  });
  return { sha256: hash.digest('hex'), size, head: Buffer.concat(heads) };
}

/** A new name in a directory is only durable once the directory itself is. */
async function syncDirectory(path: string): Promise<void> {
  await withHandle(path, 'r', (handle) => handle.sync());
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/** The refusal of a file above the limit, in words. */
export function tooLarge(maxBytes: number): AppError {
  const message = `must not be larger than ${maxBytes} bytes`;
  return new AppError('ATTACHMENT.TOO_LARGE', `The file ${message}.`, { errors: [{ path: 'file', message }] });
}
