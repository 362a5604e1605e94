import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { type Cell, neutralised, type Table } from './table';

/** Rows of a sheet, that of the columns' names included: more are not opened. */
const SHEET_ROWS = 1_048_576;
/** Rows that an export can have. */
export const XLSX_ROWS_MAX = SHEET_ROWS - 1;

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** All that an Office Open XML workbook of one sheet needs beside the sheet. */
const PARTS: Record<string, string> = {
  '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPE}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPE}.worksheet+xml"/></Types>`,
  '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
};

/**
 * A table as a workbook (Office Open XML): texts are texts and numbers are numbers, none of them a formula. It is
 * packed as fast as it is read, one batch at a time: no string is shared, so nothing of a row is kept.
 * Destroying the stream ends the table's batches.
 * @throws RangeError, as the stream's error, when there are more than XLSX_ROWS_MAX rows
 */
export function xlsxOf({ columns, batches }: Table): Readable {
  const zip = new ZipFile();
  const sheet = Readable.from(sheetOf(columns, batches));
  const content = new PassThrough();
  for (const [name, xml] of Object.entries(PARTS)) zip.addBuffer(Buffer.from(XML + xml), name);
  // The fastest compression still leaves a twentieth of so repetitive a text.
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml', { compressionLevel: 1 });
  zip.end();
  for (const failing of [zip, sheet]) failing.once('error', (error: Error) => content.destroy(error));
  zip.outputStream.pipe(content);
  content.once('close', () => sheet.destroy());
  return content;
}

async function* sheetOf(columns: string[], batches: AsyncIterable<Cell[][]>): AsyncGenerator<Buffer> {
  yield Buffer.from(`${XML}<worksheet xmlns="${MAIN}"><sheetData>${row(columns, 1)}`);
  let count = 1;
  for await (const rows of batches) {
    const first = count + 1;
    count += rows.length;
    if (count > SHEET_ROWS) throw new RangeError(`A sheet holds ${XLSX_ROWS_MAX} rows at most.`);
    yield Buffer.from(rows.map((cells, index) => row(cells, first + index)).join(''));
  }
  yield Buffer.from('</sheetData></worksheet>');
}

// Places are said though they follow from the order: not every reader counts.
const row = (cells: Cell[], number: number): string =>
  `<row r="${number}">${cells.map((cell, index) => cellOf(cell, `${lettersOf(index)}${number}`)).join('')}</row>`;

/** 0 → `A`, 25 → `Z`, 26 → `AA`. */
const lettersOf = (index: number): string =>
  (index < 26 ? '' : lettersOf(Math.floor(index / 26) - 1)) + String.fromCharCode(65 + (index % 26));

function cellOf(cell: Cell, place: string): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${place}"><v>${cell}</v></c>`;
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${xmlOf(neutralised(cell))}</t></is></c>`;
}

const ENTITIES = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

/** Beyond markup, what XML cannot hold is written as a workbook escapes it, and so is what looks like such an escape. */
const xmlOf = (text: string): string =>
  text
    .toWellFormed()
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML has no characters for
    .replace(/[\u0000-\u0008\u000b\u000c\r\u000e-\u001f\ufffe\uffff]/g, escaped)
    .replace(/[&<>]/g, (character) => ENTITIES.get(character) ?? character);

const escaped = (character: string): string =>
  `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
