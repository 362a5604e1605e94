import { allowedOrderActions, judgeOrder, PRICES_MAX } from '../../../domain/orders/rules';
import { newOrder, type OrderState, pay, priceVersionOf, whyReturned } from '../../../domain/orders/state';
import { applyOrderCommand, close } from '../../../domain/orders/transitions';
import { newTerms, orderCommand, paymentFor } from '../../factories/orders';

const terms = newTerms();
const T0 = Date.UTC(2026, 2, 2);
const unpaid = newOrder(terms, T0);

const priced = (order: OrderState, ...prices: number[]): OrderState =>
  prices.reduce(
    (now, payableFen) => applyOrderCommand(terms, now, orderCommand('provider.price', { payableFen }), T0).state,
    order,
  );
const whyNot = (order: OrderState, payableFen: number, other: Partial<typeof terms> = {}) =>
  judgeOrder(order, orderCommand('provider.price', { payableFen }), { ...terms, ...other })?.code ?? null;

describe('ORD-5: the provider changes the price of an order that is not paid', () => {
  test('each price has a version; the last one is to be paid', () => {
    expect(priced(unpaid, 150_000, 180_000)).toMatchObject({
      ...{ state: 'pending_payment', payableFen: 180_000, earlierPricesFen: [200_000, 150_000] },
    });
  });

  test.each([
    [0, null],
    [200_000, null],
    [200_001, 'ORDER.PRICE_NOT_ALLOWED'],
  ])('a price of %i fen where the original is 200,000 is answered %s', (payableFen, code) => {
    expect(whyNot(unpaid, payableFen)).toBe(code);
  });

  test('the original price is the limit, whatever price came between', () => {
    expect(whyNot(priced(unpaid, 1_000), 200_000)).toBeNull();
  });

  test('an image product has its price', () => {
    expect(whyNot(unpaid, 100, { productType: 'image' })).toBe('ORDER.PRICE_NOT_ALLOWED');
    expect(allowedOrderActions(unpaid, { productType: 'image' })).toEqual([]);
  });

  test('a paid, a taken and a closed order have their price', () => {
    const paid = pay(terms, unpaid, paymentFor(terms), T0)?.state ?? unpaid;
    const taken = applyOrderCommand(terms, priced(unpaid, 0), orderCommand('buyer.take'), T0).state;
    for (const order of [paid, taken, close(unpaid).state]) expect(whyNot(order, 100)).toBe('ORDER.NOT_ALLOWED');
  });

  test('an order has a limited number of prices', () => {
    const often = priced(unpaid, ...Array.from({ length: PRICES_MAX - 1 }, (_, n) => n));
    expect(priceVersionOf(often)).toBe(PRICES_MAX);
    expect(whyNot(often, 100)).toBe('ORDER.PRICE_NOT_ALLOWED');
    expect(allowedOrderActions(often, terms)).toEqual([]);
  });

  test('only an order that costs nothing is taken without a payment', () => {
    const take = orderCommand('buyer.take');
    expect(judgeOrder(unpaid, take, terms)).toMatchObject({ code: 'ORDER.NOT_ALLOWED' });
    const free = priced(unpaid, 0);
    expect(judgeOrder(free, take, terms)).toBeNull();
    expect(applyOrderCommand(terms, free, take, T0).state).toMatchObject({ state: 'awaiting_start', payment: null });
  });
});

describe('ORD-5: a payment is for the version of the price that it was made for', () => {
  const upAndDown = priced(unpaid, 150_000, 200_000);
  test.each([
    { what: 'names the version', order: upAndDown, amountFen: 200_000, priceVersion: 3, why: null },
    {
      what: 'names an older version of the same price',
      order: upAndDown,
      amountFen: 200_000,
      priceVersion: 1,
      why: 'old_price',
    },
    { what: 'names the version before', order: upAndDown, amountFen: 150_000, priceVersion: 2, why: 'old_price' },
    {
      what: 'names a version that is to come',
      order: upAndDown,
      amountFen: 200_000,
      priceVersion: 4,
      why: 'old_price',
    },
    {
      what: 'names the version, of another amount',
      order: upAndDown,
      amountFen: 150_000,
      priceVersion: 3,
      why: 'wrong_amount',
    },
    { what: 'names none, and may be of version 1', order: upAndDown, amountFen: 200_000, why: 'old_price' },
    {
      what: 'names none, of an amount that was never to be paid before',
      order: priced(unpaid, 150_000),
      amountFen: 150_000,
      why: null,
    },
    { what: 'names none, of the price before', order: priced(unpaid, 150_000), amountFen: 200_000, why: 'old_price' },
    { what: 'names none, of the only price', order: unpaid, amountFen: 200_000, why: null },
    {
      what: 'comes to nothing, of an order that costs nothing',
      order: priced(unpaid, 0),
      amountFen: 0,
      priceVersion: 2,
      why: 'wrong_amount',
    },
  ] as const)('one that $what is answered $why', ({ order, why, what: _, ...fact }) => {
    const payment = paymentFor(terms, fact);
    expect(whyReturned(terms, order, payment)).toBe(why);
    expect(pay(terms, order, payment, T0) === null).toBe(why !== null);
  });
});
