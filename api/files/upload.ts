import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import { AppError, type ErrorCode } from '../../domain/shared/errors';
import { sniffType } from './sniff';
import { type FileStore, tooLarge } from './store';

/** An uploaded file, kept: `size` in bytes, `type` as measured, `sha256` in lower-case hex. */
export type Upload = { name: string; size: number; type: string; sha256: string };

/** What a form may hold beside the file's content: boundaries, headers, a few small fields. */
const FORM_OVERHEAD_BYTES = 65_536;

const MAX_NAME_CHARACTERS = 255;

/** What an upload may be; whoever has rules of their own for the content says how much of it they look at. */
export type UploadLimits = {
  /** The largest file, in bytes. */
  maxBytes: number;
  headBytes?: number;
  /** Answers the media type to keep it as, or refuses it. */
  measure?: (name: string, head: Buffer, size: number) => Promise<string>;
};

/** How a refused upload ends: this much more is read away, then nothing, then the connection is cut. */
const LINGER_BYTES = 1_048_576;
const LINGER_MS = 2_000;

/**
 * Receives one multipart upload into the store (DLV-14): exactly one file, in the field `file`.
 * Nothing is kept unless the whole form is good. A refused form is not read to its end.
 * @param request the request, its body not yet read
 * @param limits what is taken; by default everything but programs, as DLV-14 says
 * @throws AppError `ATTACHMENT.NOT_MULTIPART`, `MISSING`, `TOO_MANY_FILES`, `EMPTY`, `TOO_LARGE`,
 *   `INTERRUPTED`, `NAME_INVALID`, `TYPE_MISMATCH` or `TYPE_NOT_ALLOWED`, each naming what is at fault; what `measure` throws.
 */
export async function receiveUpload(request: IncomingMessage, store: FileStore, limits: UploadLimits): Promise<Upload> {
  const { maxBytes } = limits;
  const form = openForm(request);
  let upload: Promise<Upload> | undefined;
  const finished = new Promise<void>((resolve, reject) => {
    const stop = (error: Error) => {
      reject(error);
      form.destroy(error);
    };
    form.once('finish', resolve);
    form.on('error', (error) =>
      stop(error instanceof AppError ? error : broken(error instanceof Error ? error.message : String(error))),
    );
    form.once('filesLimit', () => stop(refuse('TOO_MANY_FILES', 'must be one file; send several one by one')));
    form.on('file', (field, content, { filename }) => {
      upload = receiveFile({ field, content, filename, finished, store, limits });
      upload.catch(stop);
    });
    watch(request, maxBytes, stop);
  });
  try {
    request.pipe(form);
    await finished;
    if (upload === undefined) throw refuse('MISSING', 'is missing; send it in a form field of that name');
    return await upload;
  } catch (error) {
    // The refusal is answered once nothing of the file is left behind.
    await upload?.catch(() => undefined);
    throw error;
  } finally {
    leave(request, form);
  }
}

function openForm(request: IncomingMessage): busboy.Busboy {
  const type = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new AppError('ATTACHMENT.NOT_MULTIPART', `Send multipart/form-data, not "${type}".`);
  }
  try {
    const limits = { files: 1, fields: 0, headerPairs: 50 };
    return busboy({ headers: request.headers, limits, defParamCharset: 'utf8', preservePath: true });
  } catch (error) {
    throw new AppError('ATTACHMENT.NOT_MULTIPART', error instanceof Error ? error.message : 'Not a usable form.');
  }
}

type FilePart = {
  field: string;
  content: Readable;
  filename: string | undefined;
  finished: Promise<void>;
  store: FileStore;
  limits: UploadLimits;
};

async function receiveFile({ field, content, filename, finished, store, limits }: FilePart): Promise<Upload> {
  // A content that breaks off while nobody reads it must not bring the process down.
  content.on('error', () => undefined);
  if (field !== 'file') throw refuse('MISSING', `is missing; the form has its file in the field "${field}"`);
  if (!filename) throw refuse('MISSING', 'is missing: none was chosen, or it has no name');
  const name = cleanName(filename);
  const { measure = sniffType, ...rest } = limits;
  let type = '';
  const check = async (head: Buffer, size: number) => {
    if (size === 0) throw refuse('EMPTY', 'has no content');
    type = await measure(name, head, size);
    await finished;
  };
  const { sha256, size } = await store.put(content, { ...rest, check });
  return { name, size, type, sha256 };
}

/** Ends a form whose request breaks off, or grows beyond what one allowed file can need. */
function watch(request: IncomingMessage, maxBytes: number, stop: (error: Error) => void): void {
  const most = maxBytes + FORM_OVERHEAD_BYTES;
  const interrupted = () => {
    if (!request.complete) stop(broken());
  };
  request.once('error', interrupted);
  request.once('close', interrupted);
  if (request.destroyed) interrupted();
  // Announced beforehand: refused before any of it is read.
  if (Number(request.headers['content-length']) > most) stop(tooLarge(maxBytes));
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > most) stop(tooLarge(maxBytes));
  });
}

/**
 * Leaves the rest of a body that is not wanted. A little is read away, so that a client which sends
 * before it listens still gets its answer; one that goes on meets a closed connection.
 */
function leave(request: IncomingMessage, form: busboy.Busboy): void {
  if (request.complete) return;
  request.unpipe(form);
  request.on('error', () => undefined);
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.pause();
  });
  request.resume();
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, LINGER_MS).unref();
}

/**
 * The file's own name: no folders, no control characters, none that turn the reading direction
 * (`invoice\u202Efdp.exe` would show as `invoiceexe.pdf`). Any script and emoji stay.
 */
function cleanName(filename: string): string {
  const own = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  const name = own
    .replace(/[\p{Cc}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu, '')
    .normalize('NFC')
    .trim();
  if (name === '' || name === '.' || name === '..') throw refuse('NAME_INVALID', 'has a name with nothing left in it');
  const length = [...name].length;
  if (length > MAX_NAME_CHARACTERS) {
    throw refuse('NAME_INVALID', `has a name of ${length} characters; ${MAX_NAME_CHARACTERS} are the most`);
  }
  return name;
}

function broken(reason = 'the connection closed'): AppError {
  return refuse('INTERRUPTED', `did not arrive whole: ${reason}`);
}

type UploadCode<C = ErrorCode> = C extends `ATTACHMENT.${infer Reason}` ? Reason : never;

function refuse(reason: UploadCode, message: string): AppError {
  return new AppError(`ATTACHMENT.${reason}`, `The file ${message}.`, { errors: [{ path: 'file', message }] });
}
