import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSheet } from 'read-excel-file/node';
import { type ExportFormat, sendTable } from '../../../api/files/export';
import type { Cell } from '../../../api/files/table';
import { eventually } from '../../support/eventually';

type Batches = AsyncIterable<Cell[][]>;

let server: Server;
let failed: unknown[] = [];
afterEach(() => {
  server.closeAllConnections();
  server.close();
  failed = [];
});

/** Serves one table, whoever asks. */
async function serving(format: ExportFormat, columns: string[], batches: Batches): Promise<number> {
  server = createServer((_, response) => {
    sendTable(response, { columns, batches }, { name: 'table', format }).catch((error) => failed.push(error));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function exported(format: ExportFormat, rows: Cell[][], columns = ['a', 'b']): Promise<Buffer> {
  const port = await serving(format, columns, batchesOf(rows));
  return Buffer.from(await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer());
}

async function* batchesOf(rows: Cell[][]): AsyncGenerator<Cell[][]> {
  for (const row of rows) yield [row];
}

/** A table without an end, that notes how much was asked of it and that it was ended. */
function endless() {
  // Nothing that could be compressed.
  const batch = Array.from({ length: 500 }, (_, n): Cell[] => [n, randomBytes(100).toString('base64')]);
  const seen = { batches: 0, isEnded: false };
  async function* all(): AsyncGenerator<Cell[][]> {
    try {
      for (;;) {
        seen.batches += 1;
        yield batch;
      }
    } finally {
      seen.isEnded = true;
    }
  }
  return { seen, batches: all() };
}

describe('CSV', () => {
  test('begins with a byte order mark, quotes every text, and leaves empty cells empty', async () => {
    const csv = await exported('csv', [
      ['网站, "小程序"', 12],
      ['two\r\nlines', null],
    ]);
    expect(csv.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(csv.subarray(3).toString()).toBe('"a","b"\r\n"网站, ""小程序""",12\r\n"two\r\nlines",\r\n');
  });
});

describe.each(['csv', 'xlsx'] as const)('%s', (format) => {
  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1+1', '＋1', '－1', '＠A1'])(
    'a text that begins as a formula does is none: %j',
    async (text) => {
      const content = await exported(format, [[text, -5]]);
      const cell = format === 'csv' ? content.toString().split('"')[5] : (await readSheet(content))[1]?.[0];
      expect(cell).toBe(`'${text}`);
    },
  );

  test('a reader who takes nothing is sent no more than fits on the way', async () => {
    const { seen, batches } = endless();
    const port = await serving(format, ['a', 'b'], batches);
    const request = get({ port, host: '127.0.0.1' });
    const [response]: IncomingMessage[] = await once(request, 'response');
    response?.pause();
    let before = -1;
    await eventually(async () => {
      const same = before === seen.batches;
      before = seen.batches;
      await sleep(100);
      expect(same).toBe(true);
    });
    // Some megabytes: what the buffers of both sides of the connection take.
    expect(seen.batches).toBeLessThan(300);
    expect(seen.isEnded).toBe(false);
    request.destroy();
    await eventually(async () => expect(seen.isEnded).toBe(true));
    expect(failed).toEqual([]);
  });

  test('a reader who leaves in the middle ends the table, and that is no fault', async () => {
    const { seen, batches } = endless();
    const port = await serving(format, ['a', 'b'], batches);
    const request = get({ port, host: '127.0.0.1' });
    const [response]: IncomingMessage[] = await once(request, 'response');
    await once(response as IncomingMessage, 'data');
    request.destroy();
    await eventually(async () => expect(seen.isEnded).toBe(true));
    expect(failed).toEqual([]);
  });

  test('a table that fails half-way breaks the connection: it does not look like a whole one', async () => {
    async function* failing(): AsyncGenerator<Cell[][]> {
      yield Array.from({ length: 2_000 }, (_, n) => [n, String(Math.random())]);
      throw new Error('the database is gone');
    }
    const port = await serving(format, ['a', 'b'], failing());
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    await expect(answer.arrayBuffer()).rejects.toThrow();
    await eventually(async () => expect(failed).toEqual([new Error('the database is gone')]));
  });

  test('a table that fails at once is answered as any fault is: nothing was sent', async () => {
    async function* failing(): AsyncGenerator<Cell[][]> {
      yield* [];
      throw new Error('the database is gone');
    }
    const port = await serving(format, ['a', 'b'], failing());
    const request = get({ port, host: '127.0.0.1' });
    request.on('error', () => undefined);
    await eventually(async () => expect(failed).toEqual([new Error('the database is gone')]));
    request.destroy();
  });

  test('a HEAD request reads no more than the beginning', async () => {
    const { seen, batches } = endless();
    const port = await serving(format, ['a', 'b'], batches);
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' });
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="table.${format}"`);
    expect(seen).toEqual({ batches: 1, isEnded: true });
  });

  test('a table without rows has its columns', async () => {
    const content = await exported(format, []);
    if (format === 'csv') expect(content.subarray(3).toString()).toBe('"a","b"\r\n');
    else expect(await readSheet(content)).toEqual([['a', 'b']]);
  });
});

describe('XLSX', () => {
  test('numbers are numbers, and texts are read as they were written, whatever is in them', async () => {
    const texts = ['<b> & "c"', ' blanks ', '网站 🙂', '_x0041_', 'a]]>b', '1.0'];
    const content = await exported(
      'xlsx',
      texts.map((text) => [text, 1_200]),
    );
    const rows = await readSheet(content, { trim: false });
    expect(rows.slice(1).map(([, number]) => number)).toEqual(texts.map(() => 1_200));
    expect(rows.slice(1).map(([text]) => text)).toEqual(
      texts.map((text) => (text === '_x0041_' ? expect.any(String) : text)),
    );
  });

  test('what XML cannot hold is escaped', async () => {
    const content = await exported('xlsx', [['a\u0000b\u001fc\ud800d\uffff', null]]);
    expect((await readSheet(content))[1]?.[0]).toMatch(/^a.*b.*c.*d/);
  });
});
