import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { subAccount } from '../../factories/accounts';
import { everythingOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { type Answer, key } from '../../support/http';
import { bodyOf, storyOf } from '../../support/story';
import * as samples from '../files/samples';

let api: Api;
let story: ReturnType<typeof storyOf>;
beforeAll(async () => {
  api = await startApi();
  story = storyOf(api);
});
afterAll(() => api.stop());

type Attachment = { id: string; name: string; size: number; type: string; sha256: string };
const UPLOADS = '/v1/buyer/attachments';
const MB = 1_048_576;
const bytes = (content: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(content);
const kept = () =>
  readdirSync(api.folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
const upload = async (name: string, content: string | Uint8Array<ArrayBuffer>) =>
  bodyOf<Attachment>(await api.buyer.upload(UPLOADS, name, content), 201);

describe('DLV-14: files are uploaded first and then named by their ids', () => {
  test('an upload is answered with what it is; in the timeline it is beside the words it came with', async () => {
    const drawing = await upload('草图 🙂.png', bytes(samples.png));
    expect(drawing).toMatchObject({ id: expect.stringMatching(/^att_/), name: '草图 🙂.png', type: 'image/png' });
    const notes = await upload('说明.txt', '三页');
    const id = await story.deliveryAt('awaiting_requirement');
    const { timeline } = await story.done(id, 'buyer.requirement', {
      text: '见附件',
      attachmentIds: [notes.id, drawing.id],
    });
    const shown = ({ sha256: _, ...file }: Attachment) => file;
    expect(timeline.at(-1)?.attachments).toEqual([drawing, notes].map(shown).sort((a, b) => a.id.localeCompare(b.id)));
  });

  test('every step takes files, 20 at most', async () => {
    const ids = [];
    for (let n = 0; n < 21; n += 1) ids.push((await upload(`${n}.txt`, `file ${n}`)).id);
    const id = await story.deliveryAt('awaiting_requirement');
    const tooMany = await story.act(id, 'buyer.requirement', { text: '见附件', attachmentIds: ids });
    expect(tooMany).toMatchObject({ status: 422, body: { errors: [{ path: 'body.attachmentIds' }] } });
    const { timeline } = await story.done(id, 'buyer.requirement', { text: '见附件', attachmentIds: ids.slice(1) });
    expect(timeline.at(-1)?.attachments).toHaveLength(20);
  });

  test('AUD-1: an upload leaves who, from where and what in the trail, once for each key', async () => {
    const again = () => api.buyer.upload(UPLOADS, '合同.txt', '合同全文', key('aud-upload'));
    const [first, second] = await Promise.all([again(), again()]);
    const file = bodyOf<Attachment>(first, 201);
    expect(second.body).toEqual(first.body);
    const line = { action: 'buyer.attachment.upload', before: null, after: { name: '合同.txt', sha256: file.sha256 } };
    const trail = bodyOf<{ items: unknown[] }>(await api.manager.get(`/v1/ops/audit?objectId=${file.id}`), 200);
    expect(trail.items).toMatchObject([{ ...line, actor: { role: 'buyer', id: 'usr_demo' }, sourceIp: '127.0.0.1' }]);
    expect(trail.items).toHaveLength(1);
    const own = bodyOf<Attachment>(await api.provider.upload('/v1/provider/attachments', '方案.txt', '方案'), 201);
    const seen = bodyOf<{ items: unknown[] }>(await api.provider.get(`/v1/provider/audit?objectId=${own.id}`), 200);
    expect(seen.items).toMatchObject([
      { action: 'provider.attachment.upload', after: { size: 6, type: 'text/plain' } },
    ]);
  });

  test('a colleague of the uploader may use the provider’s file', async () => {
    const colleague = await subAccount(api, ['deliveries']);
    const file = bodyOf<Attachment>(await colleague.upload('/v1/provider/attachments', '方案.txt', '方案'), 201);
    const id = await story.deliveryAt('awaiting_requirement_confirmation');
    const { timeline } = await story.done(id, 'provider.requirement.confirm', { note: '', attachmentIds: [file.id] });
    expect(timeline.at(-1)?.attachments).toMatchObject([{ id: file.id }]);
  });
});

describe('DLV-14: what is no proper file is refused, and nothing of it stays', () => {
  const huge = new Uint8Array(50 * MB + 1).fill(97);
  const form = (body: string, type = 'multipart/form-data; boundary=b') =>
    api.buyer.send('POST', UPLOADS, { body, headers: { 'content-type': type } });
  test.each<[string, number, string, () => Promise<Answer>]>([
    [
      'HTML that says it is a picture',
      422,
      'TYPE_MISMATCH',
      () => api.buyer.upload(UPLOADS, 'a.png', '<html><script>1</script>'),
    ],
    [
      'a picture that says it is a PDF',
      422,
      'TYPE_MISMATCH',
      () => api.buyer.upload(UPLOADS, 'a.pdf', bytes(samples.png)),
    ],
    [
      'a Windows program',
      422,
      'TYPE_NOT_ALLOWED',
      () => api.buyer.upload(UPLOADS, 'a.bin', bytes(samples.windowsProgram)),
    ],
    [
      'a Linux program without a name of one',
      422,
      'TYPE_NOT_ALLOWED',
      () => api.buyer.upload(UPLOADS, 'a', bytes(samples.linuxProgram)),
    ],
    ['a shell script', 422, 'TYPE_NOT_ALLOWED', () => api.buyer.upload(UPLOADS, 'a.txt', '#!/bin/sh\nrm -rf /')],
    ['an empty file', 422, 'EMPTY', () => api.buyer.upload(UPLOADS, 'a.txt', '')],
    ['a name of nothing', 422, 'NAME_INVALID', () => api.buyer.upload(UPLOADS, '..', 'text')],
    [
      'a name of 256 characters',
      422,
      'NAME_INVALID',
      () => api.buyer.upload(UPLOADS, `${'长'.repeat(252)}.txt`, 'text'),
    ],
    ['50 MB and a byte', 413, 'TOO_LARGE', () => api.buyer.upload(UPLOADS, 'a.txt', huge)],
    ['JSON', 415, 'NOT_MULTIPART', () => api.buyer.post(UPLOADS, { file: 'x' })],
    ['no body', 415, 'NOT_MULTIPART', () => api.buyer.post(UPLOADS)],
    [
      'a form without its end',
      400,
      'INTERRUPTED',
      () => form('--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nx'),
    ],
    [
      'a form without a file',
      422,
      'MISSING',
      () => form('--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nx\r\n--b--\r\n'),
    ],
  ])('%s: %i %s', async (_, status, reason, send) => {
    const [rows, files] = [await everythingOf(api.db), kept()];
    expect(await send()).toMatchObject({
      status,
      body: { code: `ATTACHMENT.${reason}`, requestId: expect.any(String) },
    });
    expect(await everythingOf(api.db)).toEqual(rows);
    expect(kept()).toEqual(files);
  });

  test('without a token not a byte is read', async () => {
    const before = kept();
    const socket = connect(Number(new URL(api.url()).port), '127.0.0.1');
    const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(
      `POST ${UPLOADS} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 40000000\r\n\r\n--b`,
    );
    expect(await answered).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
    expect(kept()).toEqual(before);
  });

  test('a key that is not usable leaves no file', async () => {
    const [rows, files] = [await everythingOf(api.db), kept()];
    const refused = await api.buyer.upload(UPLOADS, 'key.txt', 'text of its own', key('a b'));
    expect(refused).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_INVALID' } });
    expect(await everythingOf(api.db)).toEqual(rows);
    expect(kept()).toEqual(files);
  });

  test('a name that leads upwards is cut to its last part', async () => {
    expect(await upload('../../etc/cron.d/evil.txt', 'text')).toMatchObject({ name: 'evil.txt' });
    expect(await upload('C:\\Windows\\evil.txt', 'text')).toMatchObject({ name: 'evil.txt' });
  });

  test('exactly 50 MB is taken', async () => {
    expect(await upload('a.txt', huge.subarray(1))).toMatchObject({ size: 50 * MB });
  });
});

describe('DLV-14: a download runs in no browser', () => {
  test.each([
    ['page.html', '<html><script>alert(1)</script></html>', 'text/plain'],
    ['picture.svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'text/plain'],
    ['data.xml', '<?xml version="1.0"?><a/>', 'text/plain'],
    ['code.js', 'alert(1)', 'text/plain'],
    ['需求 (最终) 100% 🙂.txt', '三页', 'text/plain'],
  ])('%s', async (name, content, type) => {
    const { id, sha256 } = await upload(name, content);
    const { status, headers, body } = await api.buyer.get(`${UPLOADS}/${id}`);
    expect([status, body]).toEqual([200, content]);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': type,
      'content-disposition': expect.stringMatching(/^attachment; filename="[^"]*"; filename\*=UTF-8''/),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, no-cache',
      'cross-origin-resource-policy': 'same-origin',
      etag: `"${sha256}"`,
    });
    const encoded = /filename\*=UTF-8''(\S+)$/.exec(headers.get('content-disposition') ?? '')?.[1];
    expect(decodeURIComponent(encoded ?? '')).toBe(name);
  });
});
