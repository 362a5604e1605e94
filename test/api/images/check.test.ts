import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkImage } from '../../../api/images/check';
import { jpegPixels } from '../../../api/images/jpeg';
import { pngPixels } from '../../../api/images/png';
import { IMAGE_RULES, type ImagePurpose } from '../../../domain/images/rules';
import { AppError } from '../../../domain/shared/errors';
import * as images from '../../factories/images';

const LOGO = { width: 390, height: 260 };
const BANNER = { width: 1920, height: 300 };
const GPS = Buffer.from('22.54, 114.06');
type File = Uint8Array<ArrayBuffer>;

const check = (purpose: ImagePurpose, name: string, file: File) =>
  checkImage(purpose, { name, content: Buffer.from(file), size: file.length });

/** What the refusal of a file says; empty when it is taken. */
async function faults(purpose: ImagePurpose, name: string, file: File): Promise<string[]> {
  try {
    await check(purpose, name, file);
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'IMAGE.NOT_ACCEPTABLE') throw error;
    const { errors = [] } = error.extra;
    expect(errors.map(({ path: at }) => at)).toEqual(errors.map(() => 'file'));
    return errors.map(({ message }) => message);
  }
}

describe('SHOP-1: each purpose takes what its rule says', () => {
  test.each(Object.entries(IMAGE_RULES))('%s', async (name, { formats, width, height }) => {
    const purpose = name as ImagePurpose;
    const taken: readonly string[] = formats;
    const png = await images.png({ width, height });
    expect(await check(purpose, 'a.png', png)).toEqual({ type: 'image/png', format: 'png', width, height });
    expect(await faults(purpose, 'a.jpg', await images.jpeg({ width, height }))).toEqual(
      taken.includes('jpeg') ? [] : ['is image/jpeg; must be image/png'],
    );
  });
});

describe('SHOP-6: real pixels', () => {
  test.each([
    [1920, 301],
    [1919, 300],
    [300, 1920],
    [1, 1],
  ])('a banner of %i×%i', async (width, height) => {
    const expected = [`is ${width}×${height} px; must be 1920×300 px`];
    expect(await faults('banner', 'banner.png', await images.png({ width, height }))).toEqual(expected);
  });

  test('the pixels of a JPEG are measured too', async () => {
    const file = await images.jpeg({ width: 260, height: 390 });
    expect(await faults('logo', 'logo.jpg', file)).toEqual(['is 260×390 px; must be 390×260 px']);
  });
});

describe('SHOP-6: a recorded resolution must round to 72 dpi', () => {
  const logo = () => images.png(LOGO);
  const photo = () => images.jpeg(LOGO);
  test.each<[string, () => Promise<File>, string | null]>([
    ['none in a PNG', logo, null],
    ['none in a JPEG', photo, null],
    ['72.009: 2,835 px/m', async () => images.withChunk(await logo(), 'pHYs', images.pHYs(2835, 2835, 1)), null],
    ['71.98: 2,834 px/m', async () => images.withChunk(await logo(), 'pHYs', images.pHYs(2834, 2834, 1)), null],
    ['71.50', async () => images.withChunk(await logo(), 'pHYs', images.pHYs(2815, 2835, 1)), null],
    [
      '71.48',
      async () => images.withChunk(await logo(), 'pHYs', images.pHYs(2814, 2835, 1)),
      'records 71.48×72.01 dpi (pHYs); must be 72 dpi',
    ],
    [
      '300 in a PNG',
      async () => images.withChunk(await logo(), 'pHYs', images.pHYs(11811, 11811, 1)),
      'records 300 dpi (pHYs); must be 72 dpi',
    ],
    ['only the shape of pixels', async () => images.withChunk(await logo(), 'pHYs', images.pHYs(300, 300, 0)), null],
    ['libvips knew none', async () => images.withChunk(await logo(), 'pHYs', images.pHYs(1000, 1000, 1)), null],
    [
      'EXIF in a PNG',
      async () => images.withChunk(await logo(), 'eXIf', images.exif('MM', 2, [96, 96])),
      'records 96 dpi (EXIF); must be 72 dpi',
    ],
    ['JFIF, inches', async () => images.withSegment(await photo(), 0xe0, images.jfif(1, 72, 72)), null],
    [
      'JFIF, 96',
      async () => images.withSegment(await photo(), 0xe0, images.jfif(1, 96, 96)),
      'records 96 dpi (JFIF); must be 72 dpi',
    ],
    [
      'JFIF, centimetres',
      async () => images.withSegment(await photo(), 0xe0, images.jfif(2, 118, 118)),
      'records 299.72 dpi (JFIF); must be 72 dpi',
    ],
    ['JFIF, shape of pixels', async () => images.withSegment(await photo(), 0xe0, images.jfif(0, 300, 300)), null],
    ['EXIF, inches', async () => images.withSegment(await photo(), 0xe1, images.exifSegment('II', 2, [72, 72])), null],
    [
      'EXIF, centimetres, as a fraction',
      async () => images.withSegment(await photo(), 0xe1, images.exifSegment('MM', 3, [2835, 2835], 100)),
      null,
    ],
    [
      'EXIF, 240',
      async () => images.withSegment(await photo(), 0xe1, images.exifSegment('II', 2, [240, 240])),
      'records 240 dpi (EXIF); must be 72 dpi',
    ],
    ['EXIF, no unit', async () => images.withSegment(await photo(), 0xe1, images.exifSegment('II', 1, [1, 1])), null],
    [
      'EXIF, nothing',
      async () => images.withSegment(await photo(), 0xe1, images.exifSegment('II', 2, [0, 0], 0)),
      null,
    ],
    [
      'EXIF that breaks off',
      async () => images.withSegment(await photo(), 0xe1, images.exifSegment('II', 2, [240, 240]).subarray(0, 40)),
      null,
    ],
  ])('%s', async (_, file, fault) => {
    const made = await file();
    const name = made[0] === 0xff ? 'logo.jpg' : 'logo.png';
    expect(await faults('logo', name, made)).toEqual(fault === null ? [] : [fault]);
  });

  test('a resolution is read as sharp itself records it', async () => {
    const { default: sharp } = await import('sharp');
    for (const [density, expected] of [
      [72, []],
      [150, ['records 150 dpi (EXIF); must be 72 dpi']],
    ] as const) {
      const file = new Uint8Array(
        await sharp(await photo())
          .withMetadata({ density })
          .jpeg()
          .toBuffer(),
      );
      expect([density, await faults('logo', 'logo.jpg', file)]).toEqual([density, expected]);
    }
  });

  test('of two that disagree each is judged', async () => {
    const both = images.withSegment(
      images.withSegment(await photo(), 0xe1, images.exifSegment('II', 2, [300, 300])),
      0xe0,
      images.jfif(1, 72, 72),
    );
    expect(await faults('logo', 'logo.jpg', both)).toEqual(['records 300 dpi (EXIF); must be 72 dpi']);
  });

  test('SHOP-1: a banner may record any resolution', async () => {
    const file = images.withChunk(await images.png(BANNER), 'pHYs', images.pHYs(11811, 11811, 1));
    expect(await faults('banner', 'banner.png', file)).toEqual([]);
  });
});

describe('SHOP-6: real format, by content and not by name', () => {
  test.each<[string, string, () => Promise<File>, string[]]>([
    ['a GIF', 'logo.gif', () => images.gif(LOGO), ['is image/gif; must be image/png or image/jpeg']],
    [
      'a WebP named .png',
      'logo.png',
      () => images.webp(LOGO),
      ['is image/webp; must be image/png or image/jpeg', 'is named .png but its content is image/webp'],
    ],
    ['a JPEG named .png', 'logo.png', () => images.jpeg(LOGO), ['is named .png but its content is image/jpeg']],
    ['a PNG named .jpg', 'logo.JPG', () => images.png(LOGO), ['is named .JPG but its content is image/png']],
    ['a PNG named .pdf', 'logo.pdf', () => images.png(LOGO), ['is named .pdf but its content is image/png']],
    ['a PNG without an extension', 'logo', () => images.png(LOGO), []],
    ['a PNG with an extension of no meaning', 'logo.2026', () => images.png(LOGO), []],
    ['a JPEG named .jpeg', 'logo.jpeg', () => images.jpeg(LOGO), []],
    [
      'a text',
      'logo.png',
      async () => new TextEncoder().encode('PNG'),
      ['is text/plain; must be image/png or image/jpeg', 'is named .png but its content is text/plain'],
    ],
    [
      'an SVG',
      'logo.svg',
      async () => new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="390" height="260"/>'),
      ['is image/svg+xml; must be image/png or image/jpeg'],
    ],
  ])('%s', async (_, name, file, expected) => {
    expect(await faults('logo', name, await file())).toEqual(
      expected.map((message) => message.replace('.JPG', '.jpg')),
    );
  });

  test('a refusal names everything that is wrong with a file at once', async () => {
    const tall = images.withSegment(await images.jpeg({ width: 10, height: 20 }), 0xe0, images.jfif(1, 96, 96));
    const padded = new Uint8Array(Buffer.concat([tall, Buffer.alloc(2 * 1_048_576)]));
    expect(await faults('logo', 'logo.png', padded)).toEqual([
      'is named .png but its content is image/jpeg',
      `is ${padded.length} bytes; must be 2097152 bytes at most`,
      'is 10×20 px; must be 390×260 px',
      'records 96 dpi (JFIF); must be 72 dpi',
    ]);
  });
});

describe('SHOP-6: what cannot be decoded to its last pixel is refused', () => {
  const broken = [expect.stringMatching(/^is broken or not whole: it cannot be decoded as (png|jpeg)/)];
  test.each<[string, string, () => Promise<File>]>([
    ['a PNG cut in half', 'logo.png', async () => half(await images.png(LOGO))],
    ['a PNG without its last 100 bytes', 'logo.png', async () => (await images.png(LOGO)).slice(0, -100)],
    ['a JPEG cut in half', 'logo.jpg', async () => half(await images.jpeg(LOGO))],
    ['a JPEG without its last 100 bytes', 'logo.jpg', async () => (await images.jpeg(LOGO)).slice(0, -100)],
    ['a PNG with a byte flipped', 'logo.png', async () => flipped(await images.png(LOGO))],
    ['a PNG that is a header only', 'logo.png', async () => images.claiming(LOGO)],
  ])('%s', async (_, name, file) => {
    expect(await faults('logo', name, await file())).toEqual(broken);
  });

  test('a PNG whose header breaks off is refused', async () => {
    const file = (await images.png(LOGO)).slice(0, 20);
    expect(await faults('logo', 'logo.png', file)).toEqual([
      'is image/png by its first bytes but has no header that can be read',
    ]);
  });

  test('an animated PNG is refused', async () => {
    const file = images.withChunk(await images.png(LOGO), 'acTL', images.acTL);
    expect(await faults('logo', 'logo.png', file)).toEqual(['is animated; must be one still picture']);
  });

  test('bytes after the picture’s end are not looked at', async () => {
    for (const [name, file] of [
      ['logo.png', await images.png(LOGO)],
      ['logo.jpg', await images.jpeg(LOGO)],
    ] as const) {
      expect(await faults('logo', name, new Uint8Array(Buffer.concat([file, Buffer.from('junk')])))).toEqual([]);
    }
  });

  const half = (file: File) => file.slice(0, file.length / 2);
  function flipped(file: File): File {
    const changed = file.slice();
    const at = Math.floor(changed.length / 2);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    return changed;
  }
});

describe('SHOP-6: a decompression bomb', () => {
  test.each([
    ['that claims 50,000×50,000', () => images.claiming({ width: 50_000, height: 50_000 }), '50000×50000'],
    ['of 20,000×20,000, valid', () => images.blank({ width: 20_000, height: 20_000 }), '20000×20000'],
    ['that claims all that a header can', () => images.claiming({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }), ''],
  ])('%s is refused by what its header says', async (_, file, size) => {
    const made = file();
    expect(made.length).toBeLessThan(100_000);
    expect(await faults('banner', 'banner.png', made)).toEqual([
      `is ${size || '2147483647×2147483647'} px; must be 1920×300 px`,
    ]);
  });

  test('texts and profiles that unpack to a hundred megabytes are not unpacked', async () => {
    const size = 100 * 1_048_576;
    for (const [type, data] of [
      ['zTXt', images.packedText(size)],
      ['iCCP', images.packedProfile(size)],
    ] as const) {
      const before = process.memoryUsage().rss;
      expect(await faults('logo', 'logo.png', images.withChunk(await images.png(LOGO), type, data))).toEqual([]);
      expect((process.memoryUsage().rss - before) / 1_048_576).toBeLessThan(60);
    }
  });

  test('what is said about a picture never reaches the decoder', async () => {
    const [png, jpeg] = [await images.png(LOGO), await images.jpeg(LOGO)];
    const said = images.withChunk(images.withChunk(png, 'iCCP', images.packedProfile(9)), 'zTXt', images.packedText(9));
    expect(pngPixels(Buffer.from(said))).toEqual(Buffer.from(png));
    const marked = images.withSegment(images.withSegment(jpeg, 0xe1, images.exifSegment('II', 2, [72, 72])), 0xfe, GPS);
    expect(jpegPixels(Buffer.from(marked))).toEqual(Buffer.from(jpeg));
  });

  test('fifty of them at once leave the memory as it was', async () => {
    const script = path.join(__dirname, '..', '..', '..', 'dist', 'test', 'factories', 'image-bombs.js');
    const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script]);
    const { grewMb, ...judged } = JSON.parse(stdout) as { refused: number; taken: number; grewMb: number };
    // A fifth is whole pictures with surplus data packed behind their pixels, which nobody unpacks.
    expect(judged).toEqual({ refused: 40, taken: 10 });
    expect(grewMb).toBeLessThan(64);
  });
});
