import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { FileStore } from './store';
import type { Upload } from './upload';

/** How a file is shown, and how long readers may keep it without asking again. */
export type Showing = { disposition: 'attachment' | 'inline'; cacheControl: string };

const AS_DOWNLOAD: Showing = { disposition: 'attachment', cacheControl: 'private, no-cache' };
/** A picture that was decoded here, under an id that never means another one: shown in its place, and kept for good. */
const AS_PICTURE: Showing = { disposition: 'inline', cacheControl: 'private, max-age=31536000, immutable' };

/** Answers with an image that was checked (SHOP-6). Whether the reader may have it is the caller's to decide. */
export const sendImage = (response: ServerResponse, file: Upload, store: Pick<FileStore, 'open'>): Promise<void> =>
  sendFile(response, file, store, AS_PICTURE);

/**
 * Answers with a kept file, as a download that no browser will run (DLV-14): an attachment unless `disposition` says
 * otherwise, never HTML, its type not to be guessed again, in a sandbox should it be opened all the same.
 * Whether the reader may have it is the caller's to decide.
 * @param file what `receiveUpload` gave
 * @throws Error when the store does not have the content; nothing has been answered then.
 */
export async function sendFile(
  response: ServerResponse,
  file: Upload,
  store: Pick<FileStore, 'open'>,
  { disposition, cacheControl }: Showing = AS_DOWNLOAD,
): Promise<void> {
  const etag = `"${file.sha256}"`;
  const { method, headers } = response.req;
  response.setHeader('ETag', etag);
  response.setHeader('Cache-Control', cacheControl);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  if (headers['if-none-match']?.split(/\s*,\s*/).includes(etag)) {
    response.writeHead(304).end();
    return;
  }
  const content = await store.open(file.sha256);
  response.setHeader('Content-Type', safeType(file.type));
  response.setHeader('Content-Length', file.size);
  response.setHeader('Content-Disposition', `${disposition}; ${nameIn(file.name)}`);
  if (method === 'HEAD') {
    content.destroy();
    response.end();
    return;
  }
  // A reader who leaves, or a disk that fails half-way, ends the connection: there is no other answer left.
  await pipeline(content, response).catch(() => response.destroy());
}

/** What a browser would run is called text, whatever the record says; what is no type is called bytes. */
function safeType(type: string): string {
  if (!/^[a-z]+\/[a-z0-9.+-]+$/.test(type)) return 'application/octet-stream';
  return /html|xml$|script/.test(type) ? 'text/plain' : type;
}

/** RFC 6266: a plain name for old readers, the real one (RFC 5987) for all others. */
function nameIn(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  // Through bytes and back: half a surrogate pair cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(name).toString()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain}"; filename*=UTF-8''${encoded}`;
}
