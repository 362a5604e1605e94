import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadHolidays } from '../../config/calendar';

const folder = mkdtempSync(path.join(tmpdir(), 'holidays-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = path.join(folder, 'holidays.json');
function load(content: string) {
  writeFileSync(file, content);
  return loadHolidays({ CALENDAR_FILE: file });
}

describe('GEN-1: CALENDAR_FILE takes the place of the committed holidays, and a bad one refuses to start', () => {
  test('the holidays are those that it names', () => {
    const schedule = '{"holidays": {"2027-10-01": "国庆节"}, "workdays": {}}';
    expect(load(`{"version": "2027-1", "years": {"2027": ${schedule}}}`)).toEqual({
      version: '2027-1',
      years: [2027],
      days: new Map([['2027-10-01', { kind: 'holiday', name: '国庆节' }]]),
    });
  });

  test.each([
    ['half a file', '{"version": '],
    ['nothing', ''],
    ['a year without holidays', '{"version": "1", "years": {"2027": {"holidays": {}, "workdays": {}}}}'],
  ])('of %s the refusal names the file', (_, content) => {
    expect(() => load(content)).toThrow(`CALENDAR_FILE ${file}: `);
  });

  test('a file that is not there is named', () => {
    const missing = path.join(folder, 'missing.json');
    expect(() => loadHolidays({ CALENDAR_FILE: missing })).toThrow(`CALENDAR_FILE ${missing}`);
  });
});
