import { imageFaults, type MeasuredFile } from '../../../domain/images/rules';

const logo: MeasuredFile = {
  type: 'image/png',
  size: 2 * 1_048_576,
  otherExtension: null,
  header: { format: 'png', width: 390, height: 260, resolutions: [], animated: false },
};
const recorded = (xDpi: number, yDpi = xDpi): MeasuredFile => ({
  ...logo,
  header: { format: 'png', width: 390, height: 260, animated: false, resolutions: [{ where: 'pHYs', xDpi, yDpi }] },
});

describe('SHOP-6: a recorded resolution must round to 72 dpi', () => {
  test.each([
    [72, []],
    [71.5, []],
    [72.49, []],
    [71.49, ['records 71.49 dpi (pHYs); must be 72 dpi']],
    [72.5, ['records 72.5 dpi (pHYs); must be 72 dpi']],
    [300, ['records 300 dpi (pHYs); must be 72 dpi']],
  ])('%d', (dpi, faults) => {
    expect(imageFaults('logo', recorded(dpi))).toEqual(faults);
  });

  test('across and down', () => {
    expect(imageFaults('logo', recorded(72, 96))).toEqual(['records 72×96 dpi (pHYs); must be 72 dpi']);
  });

  test('asked for of logos only (SHOP-1)', () => {
    const small = { ...recorded(300), header: { ...recorded(300).header, width: 120, height: 80 } } as MeasuredFile;
    expect(imageFaults('product_logo', small)).toEqual([]);
  });
});

test('SHOP-1: 2 MB are taken, one byte more is not', () => {
  expect(imageFaults('logo', logo)).toEqual([]);
  expect(imageFaults('logo', { ...logo, size: logo.size + 1 })).toEqual([
    'is 2097153 bytes; must be 2097152 bytes at most',
  ]);
});
