import fc from 'fast-check';
import { shanghaiClock } from '../../../domain/calendar/shanghai';
import { PRESETS, type Preset, presetRange } from '../../../domain/orders/search';

const at = (shanghai: string) => Date.parse(`${shanghai.replace(' ', 'T')}+08:00`);
const rangeAt = (preset: Preset, now: string) => {
  const { fromMs, toMs } = presetRange(preset, at(now));
  return [shanghaiClock(fromMs), shanghaiClock(toMs)].map((clock) => clock.replace(' 00:00:00', ''));
};

describe('ORD-1: named ranges are days and months of Shanghai, and half-open', () => {
  test.each<[Preset, string, [string, string]]>([
    ['today', '2026-11-24 00:00:00', ['2026-11-24', '2026-11-25']],
    ['today', '2026-11-24 23:59:59.999', ['2026-11-24', '2026-11-25']],
    ['today', '2026-11-25 00:00:00', ['2026-11-25', '2026-11-26']],
    ['today', '2026-12-31 23:59:59', ['2026-12-31', '2027-01-01']],
    ['yesterday', '2026-11-24 23:59:59', ['2026-11-23', '2026-11-24']],
    ['yesterday', '2026-11-25 00:00:00', ['2026-11-24', '2026-11-25']],
    ['yesterday', '2027-01-01 00:00:00', ['2026-12-31', '2027-01-01']],
    ['yesterday', '2028-03-01 12:00:00', ['2028-02-29', '2028-03-01']],
    ['yesterday', '2027-03-01 12:00:00', ['2027-02-28', '2027-03-01']],
    ['last_7_days', '2026-11-24 12:00:00', ['2026-11-18', '2026-11-25']],
    ['last_7_days', '2028-03-01 00:00:00', ['2028-02-24', '2028-03-02']],
    ['last_30_days', '2026-11-24 23:59:59', ['2026-10-26', '2026-11-25']],
    ['last_30_days', '2028-03-01 00:00:00', ['2028-02-01', '2028-03-02']],
    ['this_month', '2026-11-30 23:59:59', ['2026-11-01', '2026-12-01']],
    ['this_month', '2026-12-01 00:00:00', ['2026-12-01', '2027-01-01']],
    ['this_month', '2028-02-29 23:59:59', ['2028-02-01', '2028-03-01']],
    ['last_month', '2026-10-31 23:59:59', ['2026-09-01', '2026-10-01']],
    ['last_month', '2027-01-01 00:00:00', ['2026-12-01', '2027-01-01']],
    ['last_month', '2028-03-31 12:00:00', ['2028-02-01', '2028-03-01']],
  ])('%s at %s', (preset, now, range) => {
    expect(rangeAt(preset, now)).toEqual(range);
  });

  const instant = fc.integer({ min: at('2000-01-01 00:00:00'), max: at('2100-01-01 00:00:00') });
  test('whatever the instant: ranges begin and end at midnight, and those of today and of this month hold it', () => {
    fc.assert(
      fc.property(instant, fc.constantFrom(...PRESETS), (nowMs, preset) => {
        const { fromMs, toMs } = presetRange(preset, nowMs);
        expect([fromMs, toMs].map(shanghaiClock).filter((clock) => !clock.endsWith(' 00:00:00'))).toEqual([]);
        expect(fromMs).toBeLessThan(toMs);
        const isOver = preset === 'yesterday' || preset === 'last_month';
        expect(fromMs <= nowMs && nowMs < toMs).toBe(!isOver);
        if (isOver) expect(toMs).toBeLessThanOrEqual(nowMs);
      }),
    );
  });

  test('yesterday ends where today begins, and last month where this one does', () => {
    fc.assert(
      fc.property(instant, (nowMs) => {
        expect(presetRange('yesterday', nowMs).toMs).toBe(presetRange('today', nowMs).fromMs);
        expect(presetRange('last_month', nowMs).toMs).toBe(presetRange('this_month', nowMs).fromMs);
      }),
    );
  });
});
