import fc from 'fast-check';
import { endOfDay, meetsNoReason, noReasonUntil } from '../../../domain/refunds/condition';

const shanghai = (text: string) => Date.parse(`${text}+08:00`);
const saas = (paidAt: string) => ({ productType: 'saas', paidAtMs: shanghai(paidAt), isAccepted: false }) as const;

describe('RFD-3: the no-reason condition', () => {
  test.each(['2026-07-01T00:00:00', '2026-07-01T12:00:00', '2026-07-01T23:59:59.999'])(
    'SaaS bought at %s can be given back on 1–5 July',
    (paidAt) => {
      expect(meetsNoReason(saas(paidAt), 5, shanghai('2026-07-05T23:59:59.999'))).toBe(true);
      expect(meetsNoReason(saas(paidAt), 5, shanghai('2026-07-06T00:00:00'))).toBe(false);
    },
  );

  test('the day is that of Shanghai, also where it is another one in UTC', () => {
    expect(endOfDay(Date.parse('2026-06-30T16:00:00Z'), 5)).toBe(Date.parse('2026-07-05T16:00:00Z'));
    expect(endOfDay(Date.parse('2026-06-30T15:59:59.999Z'), 5)).toBe(Date.parse('2026-07-04T16:00:00Z'));
  });

  test('over a month, a leap day and a year, five days are five days', () => {
    expect(noReasonUntil(saas('2028-02-27T10:00:00'), 5)).toBe(shanghai('2028-03-03T00:00:00'));
    expect(noReasonUntil(saas('2026-12-30T10:00:00'), 5)).toBe(shanghai('2027-01-04T00:00:00'));
  });

  test('the n-th day ends between n - 1 and n days after the purchase', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 30 }), (fromMs, days) => {
        const left = endOfDay(fromMs, days) - fromMs;
        expect(left).toBeGreaterThan((days - 1) * 86_400_000);
        expect(left).toBeLessThanOrEqual(days * 86_400_000);
      }),
    );
  });

  test('what people deliver can be given back until it is accepted, however late', () => {
    const purchase = { productType: 'human_service', paidAtMs: 0 } as const;
    expect(meetsNoReason({ ...purchase, isAccepted: false }, 5, Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(meetsNoReason({ ...purchase, isAccepted: true }, 5, 0)).toBe(false);
  });

  test.each(['api', 'image'] as const)('for %s there is none', (productType) => {
    expect(meetsNoReason({ productType, paidAtMs: 0, isAccepted: false }, 5, 0)).toBe(false);
  });
});
