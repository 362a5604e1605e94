import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sendFile } from '../../../api/files/download';
import { type FileStore, type LocalFileStore, localFileStore } from '../../../api/files/store';
import { receiveUpload, type Upload } from '../../../api/files/upload';
import { AppError, ERRORS } from '../../../domain/shared/errors';
import * as samples from './samples';

const MB = 1_048_576;
const root = mkdtempSync(join(tmpdir(), 'files-'));
let store: LocalFileStore;
let server: Server;
let port = 0;
let maxBytes = 100_000;
/** A store does not begin to read before this. */
let held: Promise<void> = Promise.resolve();
/** The latest request as the server saw it: how much of it was read, and what it failed with. */
let seen: { request?: IncomingMessage; failure?: unknown } = {};

beforeAll(async () => {
  store = localFileStore(root);
  server = createServer((request, response) => {
    const look: typeof seen = { request };
    seen = look;
    const slow = { ...store, put: (...upload: Parameters<FileStore['put']>) => held.then(() => store.put(...upload)) };
    receiveUpload(request, slow, { maxBytes })
      .then((upload) => response.end(JSON.stringify(upload)))
      .catch((failure: unknown) => {
        look.failure = failure;
        response.statusCode = failure instanceof AppError ? ERRORS[failure.code].status : 500;
        response.end(JSON.stringify(failure instanceof AppError ? failure.code : String(failure)));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = portOf(server);
});

beforeEach(() => {
  maxBytes = 100_000;
  held = Promise.resolve();
  seen = {};
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  rmSync(root, { recursive: true });
});

const left = () => readdirSync(join(root, 'incoming'));
const kept = () => readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

async function post(body: FormData | string, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers });
  return { status: response.status, answer: JSON.parse(await response.text()) as unknown };
}

function form(...parts: [field: string, content: string | Uint8Array<ArrayBuffer>, name?: string][]): FormData {
  const data = new FormData();
  for (const [field, content, name] of parts) {
    if (name === undefined) data.append(field, String(content));
    else data.append(field, new Blob([content]), name);
  }
  return data;
}

/** A form written by hand, so that headers no client would send can be sent. */
function handmade(disposition: string, content = 'hello', end = '\r\n--b--\r\n') {
  return `--b\r\nContent-Disposition: ${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n${content}${end}`;
}
const asForm = { 'content-type': 'multipart/form-data; boundary=b' };

describe('DLV-14: an upload is one file, kept by its content', () => {
  test('it is answered with its name, size, measured type and hash', async () => {
    const content = new Uint8Array(samples.png);
    expect(await post(form(['file', content, '需求截图 🙂.png']))).toEqual({
      status: 200,
      answer: { name: '需求截图 🙂.png', size: content.length, type: 'image/png', sha256: sha256(content) },
    });
    const hash = sha256(content);
    expect(readFileSync(join(root, hash.slice(0, 2), hash.slice(2, 4), hash))).toEqual(samples.png);
    expect(left()).toEqual([]);
  });

  test('the same content is kept once, under any name and at the same time', async () => {
    const before = kept();
    const uploads = [1, 2, 3, 4, 5].map((n) => post(form(['file', 'the same text', `${n}.txt`])));
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(kept()).toBe(before + 1);
  });

  test('exactly the largest size is taken, one byte more is not', async () => {
    expect((await post(form(['file', 'a'.repeat(maxBytes), 'a.txt']))).status).toBe(200);
    const before = kept();
    expect(await post(form(['file', 'a'.repeat(maxBytes + 1), 'a.txt']))).toEqual({
      status: 413,
      answer: 'ATTACHMENT.TOO_LARGE',
    });
    expect(kept()).toBe(before);
  });

  test('other fields beside the file do no harm', async () => {
    expect((await post(form(['note', 'x'], ['file', 'text', 'a.txt'], ['more', 'y']))).status).toBe(200);
  });
});

describe('DLV-14: file names', () => {
  test.each([
    ['form-data; name="file"; filename="合同 最终版.txt"', '合同 最终版.txt'],
    [`form-data; name="file"; filename="x.txt"; filename*=UTF-8''%E5%90%88%E5%90%8C%F0%9F%99%82.txt`, '合同🙂.txt'],
    ['form-data; name="file"; filename="../../etc/passwd"', 'passwd'],
    ['form-data; name="file"; filename="C:\\\\Users\\\\me\\\\a.txt"', 'a.txt'],
    [`form-data; name="file"; filename*=UTF-8''..%2F..%2Fa%0D%0AX%3A%20y%00.txt`, 'aX: y.txt'],
    [`form-data; name="file"; filename*=UTF-8''invoice%E2%80%AEtxt.exe.txt`, 'invoicetxt.exe.txt'],
    ['form-data; name="file"; filename="👨‍👩‍👧.txt"', '👨‍👩‍👧.txt'],
    [`form-data; name="file"; filename="${'长'.repeat(251)}.txt"`, `${'长'.repeat(251)}.txt`],
  ])('%s', async (disposition, name) => {
    const { status, answer } = await post(handmade(disposition), asForm);
    expect({ status, answer }).toEqual({ status: 200, answer: expect.objectContaining({ name }) });
  });

  test.each([
    ['too long', `form-data; name="file"; filename="${'长'.repeat(252)}.txt"`],
    ['only a folder', 'form-data; name="file"; filename=".."'],
    ['only control characters', `form-data; name="file"; filename*=UTF-8''%01%02`],
  ])('%s: refused', async (_, disposition) => {
    expect(await post(handmade(disposition), asForm)).toEqual({ status: 422, answer: 'ATTACHMENT.NAME_INVALID' });
  });
});

describe('DLV-14: what is no proper upload is refused with its reason, and leaves nothing behind', () => {
  const file = 'form-data; name="file"; filename="a.txt"';
  test.each<[string, number, string, () => ReturnType<typeof post>]>([
    ['JSON', 415, 'NOT_MULTIPART', () => post('{}', { 'content-type': 'application/json' })],
    ['a plain form', 415, 'NOT_MULTIPART', () => post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })],
    ['no boundary', 415, 'NOT_MULTIPART', () => post('x', { 'content-type': 'multipart/form-data; charset=utf-8' })],
    ['no file', 422, 'MISSING', () => post(form(['note', 'x']))],
    ['a text instead of a file', 422, 'MISSING', () => post(form(['file', 'x']))],
    ['a file of another field', 422, 'MISSING', () => post(form(['upload', 'x', 'a.txt']))],
    ['none chosen', 422, 'MISSING', () => post(handmade('form-data; name="file"; filename=""', ''), asForm)],
    ['two files', 422, 'TOO_MANY_FILES', () => post(form(['file', 'x', 'a.txt'], ['file', 'y', 'b.txt']))],
    ['a file and another', 422, 'TOO_MANY_FILES', () => post(form(['file', 'x', 'a.txt'], ['b', 'y', 'b.txt']))],
    ['an empty file', 422, 'EMPTY', () => post(form(['file', '', 'a.txt']))],
    ['not what it says', 422, 'TYPE_MISMATCH', () => post(form(['file', '<html>', 'a.png']))],
    ['a program', 422, 'TYPE_NOT_ALLOWED', () => post(form(['file', '#!/bin/sh', 'a.sh']))],
    ['a form without end', 400, 'INTERRUPTED', () => post(handmade(file, 'hello', ''), asForm)],
    ['a form cut in its headers', 400, 'INTERRUPTED', () => post('--b\r\nContent-Disp', asForm)],
    ['a form of bad headers', 400, 'INTERRUPTED', () => post('--b\r\n: \r\n\r\nx\r\n--b--', asForm)],
  ])('%s: %i %s', async (_, status, reason, send) => {
    const before = kept();
    expect(await send()).toEqual({ status, answer: `ATTACHMENT.${reason}` });
    expect(left()).toEqual([]);
    expect(kept()).toBe(before);
  });

  test('a connection that breaks off', async () => {
    const before = kept();
    const socket = connect(port, '127.0.0.1');
    const body = handmade(file, 'half of it', '');
    socket.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${asForm['content-type']}\r\nContent-Length: 9999\r\n\r\n${body}`,
    );
    await waitFor(() => left().length === 1);
    socket.destroy();
    await waitFor(() => seen.failure !== undefined);
    expect(seen.failure).toMatchObject({ code: 'ATTACHMENT.INTERRUPTED' });
    expect(left()).toEqual([]);
    expect(kept()).toBe(before);
  });

  test('a refused request leaves its connection usable where the rest of it is short', async () => {
    const bad = post(form(['file', '#!/bin/sh', 'a.sh'], ['note', 'x'.repeat(50_000)]));
    expect((await bad).status).toBe(422);
    expect((await post(form(['file', 'x', 'a.txt']))).status).toBe(200);
  });
});

describe('DLV-14: large files', () => {
  const limit = 50 * MB;
  const chunk = Buffer.alloc(65_536, 'a');

  /** Sends a file of that size piece by piece, with or without announcing it. */
  async function upload(size: number, announced: boolean): Promise<{ status: number; answer: string }> {
    const start = handmade('form-data; name="file"; filename="a.txt"', '', '');
    const end = '\r\n--b--\r\n';
    function* body() {
      yield start;
      for (let left = size; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
      yield end;
    }
    const length = announced ? { 'content-length': start.length + size + end.length } : {};
    const request = httpRequest({ port, method: 'POST', agent: false, headers: { ...asForm, ...length } });
    const answered = once(request, 'response');
    // A server that has refused does not read on.
    pipeline(Readable.from(body()), request).catch(() => undefined);
    const [response]: IncomingMessage[] = await answered;
    let answer = '';
    for await (const piece of response ?? []) answer += String(piece);
    request.destroy();
    return { status: response?.statusCode ?? 0, answer };
  }

  beforeEach(() => {
    maxBytes = limit;
  });

  test.each([
    ['announced: before any of it is read', true, 2 * MB],
    ['not announced: once it is passed', false, limit + 2 * MB],
  ])('above the limit, %s', async (_, announced, most) => {
    const before = kept();
    expect(await upload(60 * MB, announced)).toMatchObject({ status: 413, answer: '"ATTACHMENT.TOO_LARGE"' });
    expect(seen.request?.socket.bytesRead).toBeLessThan(most);
    expect(left()).toEqual([]);
    expect(kept()).toBe(before);
  });

  test('within the limit: a store slower than the sender holds it back, so memory stays bounded', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    held = released;
    const uploading = upload(48 * MB, true);
    await waitFor(() => (seen.request?.socket.bytesRead ?? 0) > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen.request?.socket.bytesRead).toBeLessThan(MB);
    release();
    const { status, answer } = await uploading;
    expect({ status, answer: JSON.parse(answer) as unknown }).toMatchObject({ status: 200, answer: { size: 48 * MB } });
  });
});

describe('DLV-14: the store', () => {
  test('what died half-way is removed once it is old', async () => {
    await store.put(chunked(['x']), { maxBytes: 10 });
    const half = chunked(['half'], false);
    const stuck = store.put(half, { maxBytes: 10 });
    await waitFor(() => left().length === 1);
    await store.removeAbandoned(Date.now() - 60_000);
    expect(left()).toHaveLength(1);
    await store.removeAbandoned(Date.now() + 60_000);
    expect(left()).toEqual([]);
    half.destroy(new Error('gone'));
    await expect(stuck).rejects.toThrow('gone');
  });

  test.each(['', '../../../etc/passwd', 'A'.repeat(64), 'a'.repeat(64)])('%j opens nothing', async (hash) => {
    await expect(store.open(hash)).rejects.toThrow();
  });
});

describe('DLV-14: a download runs in no browser', () => {
  const serve = async (upload: Upload, headers: Record<string, string> = {}, method = 'GET') => {
    const downloads = createServer((_, response) => {
      sendFile(response, upload, store).catch(() => response.writeHead(500).end());
    });
    downloads.listen(0, '127.0.0.1');
    await once(downloads, 'listening');
    const response = await fetch(`http://127.0.0.1:${portOf(downloads)}/`, { headers, method });
    const body = Buffer.from(await response.arrayBuffer());
    downloads.close();
    downloads.closeAllConnections();
    return { response, body };
  };
  const keep = async (content: string, name: string, type: string): Promise<Upload> => {
    const stored = await store.put(chunked([content]), { maxBytes: 1_000 });
    return { name, type, size: stored.size, sha256: stored.sha256 };
  };

  test('it is an attachment under its own name, in a sandbox, its type not guessed', async () => {
    const upload = await keep('需求', '需求 "最终版" (1)🙂.txt', 'text/plain');
    const { response, body } = await serve(upload);
    expect(response.status).toBe(200);
    expect(body.toString()).toBe('需求');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'content-length': '6',
      'content-disposition':
        `attachment; filename="__ _____ (1)__.txt"; ` +
        `filename*=UTF-8''%E9%9C%80%E6%B1%82%20%22%E6%9C%80%E7%BB%88%E7%89%88%22%20%281%29%F0%9F%99%82.txt`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      etag: `"${upload.sha256}"`,
    });
  });

  test.each([
    ['text/html', 'text/plain'],
    ['image/svg+xml', 'text/plain'],
    ['application/xhtml+xml', 'text/plain'],
    ['text/javascript', 'text/plain'],
    ['text/html; charset=utf-8', 'application/octet-stream'],
    ['', 'application/octet-stream'],
    ['application/pdf', 'application/pdf'],
  ])('a record of type "%s" is sent as %s', async (type, sent) => {
    const { response } = await serve(await keep('<html>', 'a.html', type));
    expect(response.headers.get('content-type')).toBe(sent);
  });

  test('a reader who has it already is answered 304, and HEAD sends no content', async () => {
    const upload = await keep('text', 'a.txt', 'text/plain');
    expect((await serve(upload, { 'if-none-match': `"x", "${upload.sha256}"` })).response.status).toBe(304);
    const { response, body } = await serve(upload, {}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), body.length]).toEqual([200, '4', 0]);
  });

  test('a content that is lost is an error, not an empty file', async () => {
    const lost = { name: 'a.txt', type: 'text/plain', size: 4, sha256: 'b'.repeat(64) };
    expect((await serve(lost)).response.status).toBe(500);
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const until = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > until) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function portOf(listening: Server): number {
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

function chunked(pieces: string[], ended = true): Readable {
  const stream = new Readable({ read() {} });
  for (const piece of pieces) stream.push(piece);
  if (ended) stream.push(null);
  return stream;
}
