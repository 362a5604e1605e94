import { readdirSync } from 'node:fs';
import { BANNER_TEMPLATES } from '../../../domain/shops/banner-templates';
import * as images from '../../factories/images';
import { everythingOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { key } from '../../support/http';
import { bodyOf } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

type Image = { id: string; sha256: string; size: number };
const SHOP = '/v1/provider/shop/images';
const BANNER = { width: 1920, height: 300 };
const LOGO = { width: 390, height: 260 };
const kept = () => readdirSync(api.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** The bytes and the headers, as a browser gets them. */
async function look(person: 'provider' | 'otherProvider' | 'ops' | 'buyer', id: string, headers = {}) {
  const role = person === 'otherProvider' ? 'provider' : person;
  const authorization = `Bearer ${api.tokens[person]}`;
  const response = await fetch(`${api.url()}/v1/${role}/images/${id}`, { headers: { authorization, ...headers } });
  return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
}

describe('SHOP-6: images are uploaded for a purpose, and measured before they are kept', () => {
  test('a good one is answered with what was measured, and can be looked at', async () => {
    const file = await images.png(BANNER);
    const image = bodyOf<Image>(await api.provider.upload(`${SHOP}/banner`, '横幅.png', file), 201);
    expect(image).toMatchObject({ purpose: 'banner', format: 'png', ...BANNER, size: file.length });
    const seen = await look('provider', image.id);
    expect(seen.status).toBe(200);
    expect(seen.bytes).toEqual(file);
    expect(Object.fromEntries(seen.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': expect.stringMatching(/^inline; /),
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${image.sha256}"`,
    });
    expect((await look('provider', image.id, { 'if-none-match': `"${image.sha256}"` })).status).toBe(304);
  });

  test('a refusal names the field and what was measured, and leaves nothing', async () => {
    const before = [await everythingOf(api.db), kept().length];
    const answer = await api.provider.upload(
      `${SHOP}/banner`,
      '横幅.jpg',
      await images.png({ width: 1920, height: 301 }),
    );
    expect(answer).toMatchObject({
      status: 422,
      body: {
        code: 'IMAGE.NOT_ACCEPTABLE',
        errors: [
          { path: 'file', message: 'is named .jpg but its content is image/png' },
          { path: 'file', message: 'is 1920×301 px; must be 1920×300 px' },
        ],
      },
    });
    expect([await everythingOf(api.db), kept().length]).toEqual(before);
  });

  test('the refusal of one that is too large says how large it is', async () => {
    const file = await images.png(LOGO);
    const size = 2 * 1_048_576 + 1;
    const padded = new Uint8Array(Buffer.concat([file, Buffer.alloc(size - file.length)]));
    expect(await api.provider.upload(`${SHOP}/logo`, 'logo.png', padded)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'file', message: 'is 2097153 bytes; must be 2097152 bytes at most' }] },
    });
    bodyOf(await api.provider.upload(`${SHOP}/logo`, 'logo.png', padded.slice(0, -1)), 201);
  });

  test('the same key and the same file are one image', async () => {
    const upload = async (file: Uint8Array<ArrayBuffer>) =>
      api.provider.upload('/v1/provider/products/images/product_logo', 'a.png', file, key('one-logo'));
    const file = await images.png({ width: 120, height: 80 });
    const [first, again] = await Promise.all([upload(file), upload(file)]);
    expect(bodyOf<Image>(again, 201)).toEqual(bodyOf<Image>(first, 201));
    const other = await upload(images.withChunk(file, 'pHYs', images.pHYs(2835, 2835, 1)));
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY.KEY_REUSED' } });
  });

  test('AUD-1: an upload leaves who, from where and what in the trail', async () => {
    const file = await images.png(BANNER);
    const { id, sha256 } = bodyOf<Image>(await api.provider.upload(`${SHOP}/banner`, '横幅.png', file), 201);
    const { items } = bodyOf<{ items: unknown[] }>(await api.manager.get(`/v1/ops/audit?objectId=${id}`), 200);
    expect(items).toMatchObject([
      {
        action: 'provider.image.upload',
        actor: { role: 'provider', id: 'usr_provider_demo' },
        sourceIp: '127.0.0.1',
        before: null,
        after: { purpose: 'banner', format: 'png', ...BANNER, sha256 },
      },
    ]);
  });

  test('twenty at once are each answered for themselves', async () => {
    const files = await Promise.all([images.jpeg(LOGO), images.jpeg({ width: 391, height: 260 }), images.png(LOGO)]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => {
        const file = files[n % 3] ?? new Uint8Array();
        return api.provider.upload(`${SHOP}/logo`, n % 3 === 2 ? 'a.png' : 'a.jpg', file);
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map((_, n) => (n % 3 === 1 ? 422 : 201)));
  });
});

describe('SHOP-6: who sees an image', () => {
  test('its provider and operations see it; buyers and other providers do not', async () => {
    const { id } = bodyOf<Image>(await api.provider.upload(`${SHOP}/logo`, 'a.png', await images.png(LOGO)), 201);
    const seen = [];
    for (const person of ['provider', 'ops', 'buyer', 'otherProvider'] as const) {
      seen.push([person, (await look(person, id)).status]);
    }
    expect(seen).toEqual([
      ['provider', 200],
      ['ops', 200],
      ['buyer', 404],
      ['otherProvider', 404],
    ]);
  });

  test('SHOP-1: the templates are for everybody, and keep the rule for banners themselves', async () => {
    for (const { imageId } of BANNER_TEMPLATES) {
      for (const person of ['provider', 'ops', 'buyer', 'otherProvider'] as const) {
        expect([imageId, person, (await look(person, imageId)).status]).toEqual([imageId, person, 200]);
      }
      const { bytes } = await look('provider', imageId);
      expect(bytes.length).toBeLessThan(100_000);
      bodyOf(await api.provider.upload(`${SHOP}/banner`, 'a.png', bytes), 201);
    }
  });
});
