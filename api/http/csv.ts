import type { Request, Response } from 'express';
import { neutralised, type Cell as TextCell } from '../files/table';

/** A value of a table: text is neutralised, numbers are not text. */
export type Cell = TextCell | boolean;

/** By this mark spreadsheets know that the text is UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** One line of a CSV file (RFC 4180). Text that a spreadsheet would carry out begins with an apostrophe. */
export const csvLine = (cells: readonly Cell[]): string => `${cells.map(written).join(',')}\r\n`;

function written(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const neutral = neutralised(cell);
  return /[",\r\n]/.test(neutral) || neutral !== cell ? `"${neutral.replaceAll('"', '""')}"` : neutral;
}

/** An answer as a table: its columns, and the rows of what the route answers. */
export type Table<A> = { name: string; columns: readonly string[]; rows(answer: A): Cell[][] };

/** Whether a request asks for a table: by `?format=csv`, or by its Accept header where the query says nothing. */
export function wantsCsv(request: Request): boolean {
  const { format } = request.query;
  return format === undefined ? request.accepts(['application/json', 'text/csv']) === 'text/csv' : format === 'csv';
}

/** Answers with a table; the page after it is named by a Link header. */
export function sendCsv<A>(response: Response, status: number, { name, columns, rows }: Table<A>, answer: A): void {
  const next = nextPage(response.req, answer);
  if (next !== null) response.setHeader('Link', `<${next}>; rel="next"`);
  response.setHeader('Content-Disposition', `attachment; filename="${name}.csv"`);
  response.vary('Accept');
  response
    .status(status)
    .type('text/csv')
    .send(`${BYTE_ORDER_MARK}${[columns, ...rows(answer)].map(csvLine).join('')}`);
}

function nextPage(request: Request, answer: unknown): string | null {
  if (typeof answer !== 'object' || answer === null || !('nextCursor' in answer)) return null;
  if (typeof answer.nextCursor !== 'string') return null;
  const [path = '', query] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('cursor', answer.nextCursor);
  return `${path}?${parameters}`;
}
