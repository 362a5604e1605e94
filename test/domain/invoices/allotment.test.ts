import fc from 'fast-check';
import { allot, type Invoiceable } from '../../../domain/invoices/allotment';

const FEN_MAX = 1_000_000_000_00;
const orders: fc.Arbitrary<Invoiceable[]> = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: FEN_MAX })), { maxLength: 30 })
  .map((left) => left.map((leftFen, n) => ({ orderId: `ord_${n}`, leftFen })));
const sumOf = (list: readonly { leftFen?: number; amountFen?: number }[]) =>
  list.reduce((sum, { leftFen = 0, amountFen = 0 }) => sum + leftFen + amountFen, 0);

describe('INV-1: an amount is allotted to the orders that were chosen, or the oldest first', () => {
  test('it is borne in full by orders that have as much left, each in its turn, and by nothing else', () => {
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: FEN_MAX }), (invoiceable, amountFen) => {
        const allotments = allot(invoiceable, amountFen);
        if (allotments === null) {
          expect(sumOf(invoiceable)).toBeLessThan(amountFen);
          return;
        }
        expect(sumOf(allotments)).toBe(amountFen);
        const left = new Map(invoiceable.map(({ orderId, leftFen }) => [orderId, leftFen]));
        for (const { orderId, amountFen: bearsFen } of allotments) {
          expect(Number.isSafeInteger(bearsFen) && bearsFen > 0).toBe(true);
          expect(bearsFen).toBeLessThanOrEqual(left.get(orderId) ?? 0);
        }
        // All but the last one are used up, and none with something left was passed over.
        const used = invoiceable.filter(({ leftFen }) => leftFen > 0).slice(0, allotments.length);
        expect(allotments.map(({ orderId }) => orderId)).toEqual(used.map(({ orderId }) => orderId));
        expect(allotments.slice(0, -1).map((one) => one.amountFen)).toEqual(
          used.slice(0, -1).map((one) => one.leftFen),
        );
      }),
    );
  });

  test('whatever is asked for one after the other, no order is ever invoiced beyond what it has', () => {
    fc.assert(
      fc.property(orders, fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 40 }), (invoiceable, amounts) => {
        const left = invoiceable.map((order) => ({ ...order }));
        let invoicedFen = 0;
        for (const amountFen of amounts) {
          for (const { orderId, amountFen: bearsFen } of allot(left, amountFen) ?? []) {
            const order = left.find((one) => one.orderId === orderId);
            if (order === undefined) throw new Error(`${orderId} was not asked`);
            order.leftFen -= bearsFen;
            invoicedFen += bearsFen;
          }
        }
        expect(left.every(({ leftFen }) => leftFen >= 0)).toBe(true);
        expect(sumOf(left) + invoicedFen).toBe(sumOf(invoiceable));
      }),
    );
  });
});
