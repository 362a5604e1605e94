import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readSheet } from 'read-excel-file/node';
import { addOrders } from '../../../bench/order-rows';
import { freePort } from '../../../scripts/parts/ports';
import { type RunningPart, startProgram } from '../../../scripts/parts/processes';
import { completedRow, orderRow } from '../../factories/order-rows';
import { type Api, JWT_SECRET, KEY, startApi } from '../../support/api';
import { bodyOf } from '../../support/story';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  const contact = { name: '王小明', email: 'export@demo.example', phone: '13800000001', language: 'zh-CN' };
  bodyOf(await api.buyer.put('/v1/me', contact), 200);
});
afterAll(() => api.stop());

const at = (shanghai: string) => new Date(`${shanghai.replace(' ', 'T')}+08:00`);
const add = async (...rows: ReturnType<typeof orderRow>[]) => {
  await api.db.order.createMany({ data: rows });
  return rows.map(({ id }) => id);
};

/** The rows of an export by the names of its columns; the export quotes every text and there is no quote in these. */
async function exported(query: string, client = api.provider): Promise<Record<string, string>[]> {
  const answer = await client.get(`/v1/provider/orders/export?${query}`);
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const lines = String(answer.body).trimEnd().split('\r\n');
  const [names = [], ...rows] = lines.map((line) => line.replaceAll('"', '').split(','));
  return rows.map((row) => Object.fromEntries(row.map((cell, index) => [names[index] ?? '', cell])));
}
const idsOf = (rows: Record<string, string>[]) => rows.map(({ id }) => id);

test('ORD-1: a search is exported with its details, in its order, times as in Shanghai and amounts in fen', async () => {
  const [early, late] = await add(
    completedRow(at('2020-06-01 00:00:00'), {
      createdAt: at('2020-05-31 23:59:59'),
      paidAt: at('2020-06-01 00:00:00'),
    }),
    completedRow(at('2020-06-30 23:59:59')),
    completedRow(at('2020-07-01 00:00:00')),
    orderRow({ createdAt: at('2020-06-15 12:00:00') }),
  );
  const rows = await exported('timeType=completed&from=2020-06-01&to=2020-07-01');
  expect(idsOf(rows)).toEqual([late, early]);
  expect(rows[1]).toMatchObject({
    ...{ id: early, state: 'completed', productName: '网站建设', payableFen: '200000', paidFen: '200000' },
    ...{ createdAt: '2020-05-31 23:59:59', paidAt: '2020-06-01 00:00:00', completedAt: '2020-06-01 00:00:00' },
  });
  expect(await exported('timeType=completed&from=2020-06-01&to=2020-07-01&state=refunded')).toEqual([]);
  expect(idsOf(await exported(`orderId=${early}`))).toEqual([early]);
});

test('ORD-7: contacts are masked, and an export is no look', async () => {
  const [id] = await add(orderRow({ createdAt: at('2019-01-01 10:00:00') }));
  expect(await exported(`orderId=${id}`)).toMatchObject([
    { buyerName: '王**', buyerEmail: 'e***@demo.example', buyerPhone: '***0001' },
  ]);
  expect(await api.db.contactLook.count({ where: { orderId: id ?? '' } })).toBe(0);
});

test('the workbook says the same as the CSV, and what a buyer or provider wrote is no formula in either', async () => {
  const [id] = await add(
    orderRow({ createdAt: at('2018-01-01 10:00:00'), specName: '=HYPERLINK(A1)', productName: '@SUM' }),
  );
  const [row] = await exported(`orderId=${id}`);
  expect(row).toMatchObject({ specName: "'=HYPERLINK(A1)", productName: "'@SUM" });
  const file = path.join(api.folder, 'orders.xlsx');
  const response = await fetch(`${api.url()}/v1/provider/orders/export?format=xlsx&orderId=${id}`, {
    headers: { authorization: `Bearer ${api.tokens.provider}` },
  });
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="orders-\d{14}\.xlsx"$/);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  const [names = [], cells = []] = await readSheet(file);
  expect(Object.fromEntries(names.map((name, index) => [name, String(cells[index] ?? '')]))).toEqual(row);
});

test('nobody exports orders of others', async () => {
  const [id] = await add(orderRow({ createdAt: at('2017-01-01 10:00:00') }));
  expect(await exported(`orderId=${id}`, api.otherProvider)).toEqual([]);
  expect(await exported('from=2017-01-01', api.otherProvider)).toEqual([]);
});

test.each([
  ['format=pdf', 'query.format'],
  ['limit=5', 'query.limit'],
  ['preset=today&from=2026-01-01', 'query.preset'],
])('%s is refused', async (query, fault) => {
  const answer = await api.provider.get(`/v1/provider/orders/export?${query}`);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: fault }] } });
});

describe('many orders', () => {
  const ROWS = Number(process.env.EXPORT_ROWS || 20_000);
  /** What it takes above an idle process, however many orders there are. */
  const MOST_MIB = 200;
  let program: RunningPart;
  let url = '';
  beforeAll(async () => {
    await addOrders(api.database.ownerUrl, ROWS, 1);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const { database, folder, config } = api;
    program = await startProgram({
      name: 'api',
      entry: 'api/main',
      readyUrl: `${url}/healthz`,
      logFile: path.join(folder, 'export-api.log'),
      // It asks Temporal nothing.
      env: {
        ...{ PATH: process.env.PATH, NODE_ENV: 'test', API_PORT: String(port), DATABASE_URL: database.appUrl },
        ...{ JWT_SECRET, JWT_AUDIENCE: config.JWT_AUDIENCE, CODEC_KEYS: `test:${KEY.toString('base64')}` },
        FILES_DIR: folder,
      },
    });
  }, 120_000);
  afterAll(() => program.stop());

  const memory = (name: 'VmRSS' | 'VmHWM') =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${program.pid}/status`, 'utf8'))?.[1]) / 1024;

  /** Reads an export without keeping it; answers the bytes, and the orders where they can be counted. */
  async function read(format: string, query = ''): Promise<{ bytes: number; lines: number }> {
    const authorization = `Bearer ${api.tokens.provider}`;
    const answer = await fetch(`${url}/v1/provider/orders/export?format=${format}${query}`, {
      headers: { authorization },
    });
    expect(answer.status).toBe(200);
    let [bytes, lines] = [0, 0];
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      for (const byte of chunk) if (byte === 10) lines += 1;
    }
    return { bytes, lines };
  }

  test('are exported in bounded memory, each of them once', async () => {
    await read('csv', '&preset=today');
    const idle = memory('VmRSS');
    const placed = await api.db.order.count({ where: { providerId: 'prv_demo' } });
    const csv = await read('csv');
    expect(csv.lines).toBe(placed + 1);
    const xlsx = await read('xlsx');
    expect(xlsx.bytes).toBeGreaterThan(ROWS * 10);
    const peak = memory('VmHWM') - idle;
    expect(peak).toBeLessThan(MOST_MIB);
    if (process.env.EXPORT_ROWS) console.log(`${ROWS} orders: ${peak.toFixed(0)} MiB above idle`);
  }, 300_000);
});
