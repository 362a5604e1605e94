import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { csvOf } from './csv';
import type { Cell, Table } from './table';
import { xlsxOf } from './xlsx';

/** In which formats tables are exported. */
export const EXPORT_FORMATS = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const TYPES: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};
const WRITERS = { csv: csvOf, xlsx: xlsxOf };

/** A reader who takes nothing for so long is gone. */
const SILENT_MS = 60_000;

/**
 * Answers with a table as a download, a batch at a time and only as fast as its reader takes it, so that it needs the
 * same memory however long it is. A reader who leaves ends it; where the table fails half-way, the connection breaks,
 * for a table that is cut off must not look like a whole one.
 * @param name of the file, without its extension
 * @throws whatever the table throws; before its first rows are there nothing has been answered
 */
export async function sendTable(
  response: ServerResponse,
  { columns, batches }: Table,
  { name, format }: { name: string; format: ExportFormat },
): Promise<void> {
  const started = await startOf(batches);
  response.setHeader('Content-Type', TYPES[format]);
  response.setHeader('Content-Disposition', `attachment; filename="${name}.${format}"`);
  response.setHeader('Cache-Control', 'private, no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (response.req.method === 'HEAD') {
    await started.return();
    response.end();
    return;
  }
  response.setTimeout(SILENT_MS);
  try {
    await pipeline(WRITERS[format]({ columns, batches: started }), response);
  } catch (error) {
    if (!hasLeft(error)) throw error;
  } finally {
    // A writer that had not come to its first row does not end them.
    await started.return();
  }
}

/** Whether the reader ended it. */
const hasLeft = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/** The same batches, the first of them read: who ends them ends the table, even before anything was taken. */
async function startOf(batches: AsyncIterable<Cell[][]>) {
  const iterator = batches[Symbol.asyncIterator]();
  let first: IteratorResult<Cell[][]> | null = await iterator.next();
  const started = {
    async next() {
      const next = first ?? (await iterator.next());
      first = null;
      return next;
    },
    async return(): Promise<IteratorResult<Cell[][]>> {
      await iterator.return?.(undefined);
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => started,
  };
  return started;
}
