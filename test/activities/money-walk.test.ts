import fc from 'fast-check';
import { usableCoupon } from '../factories/coupons';
import { scaled } from '../faults/support/scale';
import { type Store, startStore } from '../support/store';
import { fickleChannel, WAYS } from './support/money-channel';
import { check, replayed } from './support/money-checks';
import { booksFrom } from './support/money-model';
import type { Move, Walk, WalkCoupon } from './support/money-moves';
import { refundMoves } from './support/money-refunds';
import { orderMoves } from './support/money-walk';

let store: Store;
beforeAll(async () => {
  store = await startStore();
});
afterAll(() => store.stop());

/** A fresh market on the books as they stand, with two coupons of either kind. */
async function newWalk(): Promise<Walk> {
  const issued = { quantity: 4, perBuyer: 2 };
  const coupons: WalkCoupon[] = [
    {
      id: await usableCoupon(store.db, { ...issued, kind: { reductionFen: 40_000, thresholdFen: 90_000 } }),
      ...{ ...issued, reduces: { offFen: 40_000, aboveFen: 90_000 }, claims: [] },
    },
    {
      id: await usableCoupon(store.db, { ...issued, kind: { discount: 0.6 } }),
      ...{ ...issued, reduces: { paidBasisPoints: 6_000 }, claims: [] },
    },
  ];
  return { store, channel: fickleChannel(), books: booksFrom(await replayed(store.db)), orders: [], coupons };
}

/** Everything that moves money, or decides who gets it; some more often, so that histories come far. */
const MOVES = {
  claim: 1,
  place: 6,
  reprice: 4,
  take: 3,
  pay: 7,
  report: 4,
  handOver: 4,
  close: 1,
  complete: 5,
  cancel: 2,
  payOut: 2,
  ask: 4,
  act: 5,
  execute: 5,
  refund: 8,
  invoice: 2,
  endInvoice: 2,
};
const ways = fc.oneof(
  { weight: 3, arbitrary: fc.constant(WAYS[0]) },
  { weight: 2, arbitrary: fc.constantFrom(...WAYS) },
);
const anyMove: fc.Arbitrary<Move> = fc.record({
  does: fc.oneof(...Object.entries(MOVES).map(([does, weight]) => ({ weight, arbitrary: fc.constant(does) }))),
  pick: fc.noBias(fc.nat(1_000)),
  fen: fc.noBias(fc.nat(200_000)),
  way: ways,
  flag: fc.boolean(),
  again: fc.boolean(),
  diesAt: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 5),
});

/** How often a move did something, over all histories: what never happens proves nothing. */
const happened = new Map<string, number>();

test('WDR-9, RFD-6, CPN-4: over any history of orders, payments, coupons, refunds and invoices the books are those of the model', async () => {
  const walking = fc.asyncProperty(
    fc.array(anyMove, { minLength: 110, maxLength: 130, size: 'max' }),
    async (moves) => {
      const walk = await newWalk();
      const can: Record<string, (move: Move) => Promise<unknown>> = { ...orderMoves(walk), ...refundMoves(walk) };
      for (const move of moves) {
        const steps = await store.db.step.count();
        await can[move.does]?.(move);
        if ((await store.db.step.count()) > steps) happened.set(move.does, (happened.get(move.does) ?? 0) + 1);
        await check(walk);
      }
    },
  );
  await fc.assert(walking, { numRuns: scaled(3, 60), interruptAfterTimeLimit: scaled(60_000, 840_000) });
  const silent = Object.keys(MOVES).filter((does) => !['report', 'payOut'].includes(does) && !happened.has(does));
  // A short walk may miss one of them by chance.
  expect(silent.length).toBeLessThanOrEqual(scaled(3, 0));
}, 900_000);
