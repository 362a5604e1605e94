import fc from 'fast-check';
import { COUPON_COST, channelAccount, incomeAccount } from '../../../domain/ledger/accounts';
import {
  couponCost,
  orderCompleted,
  paymentReceived,
  paymentReturned,
  refundExecuted,
  reversal,
} from '../../../domain/ledger/events';
import { type Entry, type Journal, journalOf } from '../../../domain/ledger/journal';
import { feeOf } from '../../../domain/orders/fee';
import { booksOf, moneyOf, ofJournal } from '../../factories/ledger';

const PAYMENT = { orderId: 'ord_1', channel: 'wechat', transactionId: 'txn_1', amountFen: 200_000 } as const;

/** The lines of a journal, each as it is read in a book. */
const linesOf = (journal: Journal | null): string[] =>
  (journal?.entries ?? []).map(({ side, accountId, amountFen }) => `${side} ${accountId} ${amountFen}`);

describe('what is posted for each event', () => {
  test('ORD-6: money that a channel reports is at the channel, and held for the buyer', () => {
    expect(linesOf(paymentReceived(PAYMENT))).toEqual([
      'debit channel:wechat 200000',
      'credit buyer_funds:wechat 200000',
    ]);
    expect(paymentReceived({ ...PAYMENT, amountFen: 0 })).toBeNull();
  });

  test('WDR-1: of 2,000 yuan paid the provider earns 1,800', () => {
    expect(linesOf(orderCompleted(moneyOf({ heldFen: 200_000 })))).toEqual([
      'debit buyer_funds:wechat 200000',
      'credit platform_fee 20000',
      'credit provider:prv_1:wechat:pending 180000',
    ]);
  });

  test('WDR-9: what a provider owes is taken from its next income first', () => {
    expect(linesOf(orderCompleted(moneyOf({ heldFen: 100 }), { owedFen: 1_000 }))).toEqual([
      'debit buyer_funds:wechat 100',
      'credit platform_fee 10',
      'credit provider:prv_1:receivable 90',
    ]);
  });

  test('DLV-10: of a delivery that a ruling cancels in part, the rest is earned', () => {
    expect(linesOf(orderCompleted(moneyOf({ heldFen: 1_000 }), { keptFen: 400 }))).toEqual([
      'debit buyer_funds:wechat 600',
      'credit platform_fee 60',
      'credit provider:prv_1:wechat:pending 540',
    ]);
    expect(orderCompleted(moneyOf({ heldFen: 1_000 }), { keptFen: 1_000 })).toBeNull();
  });

  test('RFD-6: a refund before completion sends what is held', () => {
    const refund = refundExecuted({ refundId: 'rfd_1', amountFen: 100 }, moneyOf({ heldFen: 500 }), NO_INCOME);
    expect(linesOf(refund)).toEqual(['debit buyer_funds:wechat 100', 'credit channel:wechat 100']);
  });

  test('RFD-6: a refund after completion reverses the income from pending, then withdrawable, and the rest is owed', () => {
    const order = moneyOf({ earnedFen: 1_000 });
    const refund = refundExecuted({ refundId: 'rfd_1', amountFen: 1_000 }, order, {
      pendingFen: 500,
      withdrawableFen: 300,
    });
    expect(linesOf(refund)).toEqual([
      'debit provider:prv_1:wechat:pending 500',
      'debit provider:prv_1:wechat:withdrawable 300',
      'debit provider:prv_1:receivable 100',
      'debit platform_fee 100',
      'credit buyer_funds:wechat 1000',
      'debit buyer_funds:wechat 1000',
      'credit channel:wechat 1000',
    ]);
  });

  test('RFD-6: no more goes back than was paid, less what went back', () => {
    const order = moneyOf({ heldFen: 100, earnedFen: 50 });
    expect(() => refundExecuted({ refundId: 'rfd_1', amountFen: 151 }, order, NO_INCOME)).toThrow(RangeError);
    expect(refundExecuted({ refundId: 'rfd_1', amountFen: 150 }, order, NO_INCOME)).not.toBeNull();
  });

  test('no event posts a negative amount, a fraction or an amount that is not safe', () => {
    for (const amountFen of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => paymentReceived({ ...PAYMENT, amountFen })).toThrow(RangeError);
      expect(() => paymentReturned('rfp_1', PAYMENT, amountFen)).toThrow(RangeError);
    }
    expect(() => orderCompleted(moneyOf({ heldFen: 10 }), { keptFen: 11 })).toThrow(RangeError);
  });

  test('CPN-3: a coupon that the platform bears is earned by the provider without a fee', () => {
    const books = booksOf([ofJournal(couponCost(moneyOf({}), 300))]);
    expect(books.get(COUPON_COST)).toBe(300);
    expect(books.get(incomeAccount('prv_1', 'wechat', 'pending'))).toBe(-300);
  });

  test('a journal and its reversal leave nothing', () => {
    const completed = ofJournal(orderCompleted(moneyOf({ heldFen: 12_345 })));
    const back = ofJournal(reversal({ id: 'jrn_1', objectId: 'ord_1', entries: completed.entries }));
    expect([...booksOf([completed, back]).values()].every((balance) => balance === 0)).toBe(true);
    expect(back.reversesId).toBe('jrn_1');
  });

  test('lines that do not balance are no journal', () => {
    const lines: Entry[] = [{ accountId: channelAccount('wechat'), side: 'debit', amountFen: 1, clearingKey: null }];
    expect(() => journalOf({ kind: 'adjustment', businessKey: 'x', objectId: 'x' }, lines)).toThrow(/debits of 1/);
  });
});

const NO_INCOME = { pendingFen: 0, withdrawableFen: 0 };

describe('WDR-1: the fee', () => {
  test('is rounded half up', () => {
    expect([4, 5, 14, 15, 0].map((paid) => feeOf(paid, 1_000))).toEqual([0, 1, 1, 2, 0]);
    expect(feeOf(Number.MAX_SAFE_INTEGER, 10_000)).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('of any run of partial refunds comes to the fee of what remains, never to a fen more or less', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 10 }),
        (paidFen, feeBasisPoints, refunds) => {
          const journals = [ofJournal(orderCompleted(moneyOf({ heldFen: paidFen, feeBasisPoints })))];
          let earnedFen = paidFen;
          for (const [n, wanted] of refunds.entries()) {
            const amountFen = Math.min(wanted, earnedFen);
            if (amountFen === 0) break;
            const order = moneyOf({ earnedFen, feeBasisPoints });
            const income = { pendingFen: earnedFen - feeOf(earnedFen, feeBasisPoints), withdrawableFen: 0 };
            journals.push(ofJournal(refundExecuted({ refundId: `rfd_${n}`, amountFen }, order, income)));
            earnedFen -= amountFen;
          }
          const books = booksOf(journals);
          const expected = Math.round((earnedFen * feeBasisPoints) / 10_000);
          expect(0 - (books.get('platform_fee') ?? 0)).toBe(expected);
          expect(0 - (books.get('provider:prv_1:wechat:pending') ?? 0)).toBe(earnedFen - expected);
        },
      ),
    );
  });
});
