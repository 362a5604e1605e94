import { fileTypeFromBuffer } from 'file-type/core';
import { AppError } from '../../domain/shared/errors';

/**
 * What a file is, by its content (DLV-14): its name is only a claim to be checked. The extensions
 * listed in one row are one kind, be they claimed by a name or measured; a name and a content of
 * different kinds disagree. Extensions listed nowhere claim nothing.
 */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  text: [
    ...['txt', 'text', 'log', 'csv', 'tsv', 'json', 'md', 'markdown', 'yaml', 'yml', 'toml', 'ini', 'conf', 'xml'],
    ...['html', 'htm', 'xhtml', 'svg', 'css', 'js', 'mjs', 'cjs', 'ts', 'py', 'java', 'go', 'php', 'sql', 'sh', 'bat'],
    ...['cmd', 'ps1', 'vbs', 'hta', 'ics', 'vcf', 'vtt', 'srt'],
  ],
  jpeg: ['jpg', 'jpeg', 'jfif'],
  png: ['png', 'apng'],
  gif: ['gif'],
  webp: ['webp'],
  bmp: ['bmp'],
  tiff: ['tif', 'tiff'],
  heif: ['heic', 'heif'],
  avif: ['avif'],
  icon: ['ico', 'cur'],
  photoshop: ['psd'],
  pdf: ['pdf'],
  postscript: ['ps', 'eps'],
  richText: ['rtf'],
  word: ['docx', 'docm', 'dotx', 'dotm'],
  excel: ['xlsx', 'xlsm', 'xltx', 'xltm'],
  powerpoint: ['pptx', 'pptm', 'potx', 'potm', 'ppsx', 'ppsm'],
  visio: ['vsdx'],
  odText: ['odt', 'ott'],
  odSheet: ['ods', 'ots'],
  odSlides: ['odp', 'otp'],
  odDrawing: ['odg', 'otg'],
  epub: ['epub'],
  java: ['jar', 'war', 'ear'],
  android: ['apk'],
  compound: ['cfb', 'doc', 'dot', 'xls', 'xlt', 'ppt', 'pot', 'pps', 'vsd', 'mpp', 'msg', 'msi', 'wps', 'et', 'dps'],
  zip: ['zip'],
  rar: ['rar'],
  sevenZip: ['7z'],
  gzip: ['gz', 'tgz', 'tar.gz'],
  bzip2: ['bz2'],
  xz: ['xz'],
  zstd: ['zst'],
  tar: ['tar'],
  mp4: ['mp4', 'm4v', 'm4a', 'm4b', 'm4p', 'mov', 'f4v', '3gp', '3g2'],
  matroska: ['mkv', 'webm'],
  avi: ['avi'],
  mpeg: ['mpg', 'mpeg'],
  mpegAudio: ['mp3', 'mp2', 'mp1'],
  wav: ['wav'],
  flac: ['flac'],
  ogg: ['ogg', 'oga', 'ogv', 'ogx', 'ogm', 'opus', 'spx'],
  windowsMedia: ['asf', 'wmv', 'wma'],
  program: ['exe', 'dll', 'sys', 'elf', 'macho'],
};

const KIND_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(KINDS).flatMap(([kind, extensions]) => extensions.map((extension) => [extension, kind])),
);

/** Zip files by construction; where the entry that names the format lies beyond the head they are measured as plain zip. */
const ZIP_KINDS: ReadonlySet<string> = new Set([
  ...['word', 'excel', 'powerpoint', 'visio', 'odText', 'odSheet', 'odSlides', 'odDrawing', 'epub', 'java', 'android'],
]);

/** The types of extensions whose content shows only the container. */
const TYPE_OF_EXTENSION: ReadonlyMap<string, string> = new Map([
  ['csv', 'text/csv'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['markdown', 'text/markdown'],
  ['doc', 'application/msword'],
  ['xls', 'application/vnd.ms-excel'],
  ['ppt', 'application/vnd.ms-powerpoint'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
]);

/** Formats that may begin with nothing but readable characters. Other magic numbers in a text are chance. */
const READABLE_FORMATS = new Set(['pdf', 'rtf', 'ps', 'eps']);

/** What the content is: an extension to find its kind by, and its type as measured. */
export type Measured = { extension: string; type: string };

/**
 * The media type to keep a file as, measured from its beginning.
 * Markup that a browser would run (HTML, SVG, XML) is kept as `text/plain`; what nothing is known of
 * as `application/octet-stream`.
 * @param name the file's name, for its extension
 * @param head the beginning of the content, 64 KiB or all of it
 * @throws AppError `ATTACHMENT.TYPE_NOT_ALLOWED` for programs (Windows, Linux, macOS, scripts with a
 *   shebang), `ATTACHMENT.TYPE_MISMATCH` where the content is not what a known extension says.
 */
export async function sniffType(name: string, head: Buffer): Promise<string> {
  const extension = extensionOf(name);
  const measured = await measure(head);
  const kind = KIND_OF.get(measured.extension);
  if (kind === 'program' || measured.type === 'text/x-shellscript') {
    throw refuse('ATTACHMENT.TYPE_NOT_ALLOWED', `is a program (${measured.type}); programs are not taken`);
  }
  if (!agrees(extension, kind)) {
    throw refuse('ATTACHMENT.TYPE_MISMATCH', `is named .${extension} but its content is ${measured.type}`);
  }
  if (isMarkup(measured.type)) return 'text/plain';
  return kind === 'text' || kind === 'compound' || kind === 'zip'
    ? (TYPE_OF_EXTENSION.get(extension) ?? measured.type)
    : measured.type;
}

/**
 * The extension of a name that claims another type than the content has; null where it claims the same, or nothing.
 * @param measured an extension that the content could have, e.g. `png`
 */
export function otherExtension(name: string, measured: string): string | null {
  const extension = extensionOf(name);
  return agrees(extension, KIND_OF.get(measured)) ? null : extension;
}

const extensionOf = (name: string): string => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';

function agrees(extension: string, measuredKind: string | undefined): boolean {
  const claimed = KIND_OF.get(extension);
  if (claimed === undefined || claimed === measuredKind) return true;
  if (claimed === 'zip') return measuredKind !== undefined && ZIP_KINDS.has(measuredKind);
  if (measuredKind === 'zip') return ZIP_KINDS.has(claimed);
  // Word has always written rich text under its own extension.
  return extension === 'doc' && measuredKind === 'richText';
}

/** Measures a content by its beginning. */
export async function measure(head: Buffer): Promise<Measured> {
  // A content made to break the detector is simply not recognised.
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const text = asText(head);
  if (text !== undefined && !(found !== undefined && READABLE_FORMATS.has(found.ext))) return measureText(text);
  return found === undefined
    ? { extension: '', type: 'application/octet-stream' }
    : { extension: found.ext, type: found.mime };
}

function measureText(text: string): Measured {
  if (text.startsWith('#!')) return { extension: 'sh', type: 'text/x-shellscript' };
  if (!/^\s*<[a-z!?]/i.test(text)) return { extension: 'txt', type: 'text/plain' };
  if (/<svg\b/i.test(text)) return { extension: 'svg', type: 'image/svg+xml' };
  if (/^\s*<\?xml\b/i.test(text) && !/<html\b/i.test(text)) return { extension: 'xml', type: 'application/xml' };
  return { extension: 'html', type: 'text/html' };
}

function isMarkup(type: string): boolean {
  return type === 'text/html' || type.endsWith('xml');
}

/** The head as text without its byte order mark, or undefined where it holds control characters no text has. */
function asText(head: Buffer): string | undefined {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(head);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(head);
  const isText = head.every((byte) => byte >= 0x20 || (byte >= 0x08 && byte <= 0x0d) || byte === 0x1b);
  // Bytes that are not UTF-8 (GB 18030, say) leave replacement characters, which no rule here looks at.
  return isText ? new TextDecoder('utf-8').decode(head) : undefined;
}

function refuse(code: 'ATTACHMENT.TYPE_NOT_ALLOWED' | 'ATTACHMENT.TYPE_MISMATCH', message: string): AppError {
  return new AppError(code, `The file ${message}.`, { errors: [{ path: 'file', message }] });
}
