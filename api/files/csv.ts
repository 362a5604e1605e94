import { Readable } from 'node:stream';
import { type Cell, neutralised, type Table } from './table';

/** Spreadsheets know by it that a file is UTF-8. */
const BOM = '\ufeff';

/** A table as CSV (RFC 4180): every text quoted, none of them a formula; one batch at a time, as fast as it is read. */
export const csvOf = ({ columns, batches }: Table): Readable => Readable.from(parts(columns, batches));

async function* parts(columns: string[], batches: AsyncIterable<Cell[][]>): AsyncGenerator<Buffer> {
  yield Buffer.from(BOM + line(columns));
  for await (const rows of batches) yield Buffer.from(rows.map(line).join(''));
}

const line = (cells: Cell[]): string => `${cells.map(field).join(',')}\r\n`;

function field(cell: Cell): string {
  if (cell === null) return '';
  return typeof cell === 'number' ? String(cell) : `"${neutralised(cell).replaceAll('"', '""')}"`;
}
