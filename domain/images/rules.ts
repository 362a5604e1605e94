/** Formats that are measured and taken; all others are known by their media type only. */
export type ImageFormat = 'png' | 'jpeg';

/** What an image for a purpose must be (SHOP-1, PRD-2). Pixels; bytes; dots per inch where one is asked for. */
export type ImageRule = {
  formats: readonly ImageFormat[];
  width: number;
  height: number;
  maxBytes: number;
  dpi: number | null;
  /** Whose area it belongs to: what a sub-account needs to upload one. */
  area: 'shop' | 'products';
};

/** "2 MB" is 2 × 1,024 × 1,024 bytes, as file managers count. */
const TWO_MB = 2 * 1_048_576;

/** The rules as data. A resolution is asked for only where SHOP-1 names one. */
export const IMAGE_RULES = {
  banner: { formats: ['png'], width: 1920, height: 300, maxBytes: TWO_MB, dpi: null, area: 'shop' },
  logo: { formats: ['png', 'jpeg'], width: 390, height: 260, maxBytes: TWO_MB, dpi: 72, area: 'shop' },
  product_logo: { formats: ['png', 'jpeg'], width: 120, height: 80, maxBytes: TWO_MB, dpi: null, area: 'products' },
  product_thumbnail: {
    formats: ['png', 'jpeg'],
    width: 333,
    height: 150,
    maxBytes: TWO_MB,
    dpi: null,
    area: 'products',
  },
} as const satisfies Record<string, ImageRule>;

export type ImagePurpose = keyof typeof IMAGE_RULES;

/** A resolution that a file records: where it does, and what, in dots per inch. */
export type Resolution = { where: string; xDpi: number; yDpi: number };

/** What a file's header says, once it is one of the formats that are taken. */
export type ImageHeader = {
  format: ImageFormat;
  width: number;
  height: number;
  /** None where the file records none, or only the shape of its pixels. */
  resolutions: Resolution[];
  /** Several pictures in one file, shown one after the other. */
  animated: boolean;
};

/** A file as it was measured: nothing here is taken from what its sender claims but the extension. */
export type MeasuredFile = {
  /** Media type by content. */
  type: string;
  size: number;
  /** The extension of its name, where that claims another type than the content has; else null. */
  otherExtension: string | null;
  /** Null where the content is neither PNG nor JPEG, or its header cannot be read. */
  header: ImageHeader | null;
};

/**
 * Everything that is wrong with a file for a purpose, each with the value that was measured (SHOP-6).
 * @returns what is wrong with the file, nothing when its header is right; its pixels are still to be decoded then
 */
export function imageFaults(purpose: ImagePurpose, file: MeasuredFile): string[] {
  const rule: ImageRule = IMAGE_RULES[purpose];
  const { type, size, otherExtension, header } = file;
  const wanted = rule.formats.map((format) => `image/${format}`);
  const isWanted = wanted.includes(type);
  return [
    ...(isWanted ? [] : [`is ${type}; must be ${wanted.join(' or ')}`]),
    ...(otherExtension === null ? [] : [`is named .${otherExtension} but its content is ${type}`]),
    ...(size <= rule.maxBytes ? [] : [`is ${size} bytes; must be ${rule.maxBytes} bytes at most`]),
    ...(isWanted && header === null ? [`is ${type} by its first bytes but has no header that can be read`] : []),
    ...(header === null ? [] : headerFaults(rule, header)),
  ];
}

function headerFaults(rule: ImageRule, { width, height, animated, resolutions }: ImageHeader): string[] {
  const { dpi } = rule;
  const wrong = dpi === null ? [] : resolutions.filter(({ xDpi, yDpi }) => !isNear(xDpi, dpi) || !isNear(yDpi, dpi));
  return [
    ...(width === rule.width && height === rule.height
      ? []
      : [`is ${width}×${height} px; must be ${rule.width}×${rule.height} px`]),
    ...(animated ? ['is animated; must be one still picture'] : []),
    ...wrong.map(({ where, xDpi, yDpi }) => `records ${inWords(xDpi, yDpi)} dpi (${where}); must be ${dpi} dpi`),
  ];
}

/** A recorded resolution must round to what is asked for: 2,835 pixels a metre are 72.009 dpi. */
const isNear = (value: number, dpi: number) => Math.round(value) === dpi;

const inWords = (xDpi: number, yDpi: number) => (xDpi === yDpi ? rounded(xDpi) : `${rounded(xDpi)}×${rounded(yDpi)}`);
const rounded = (value: number) => `${Number(value.toFixed(2))}`;
