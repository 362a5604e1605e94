import { ORDER_OPERATIONS } from '../../../domain/orders/commands';
import { nextOrderDeadline, type OrderDeadline, orderDeadlines } from '../../../domain/orders/deadlines';
import { allowedOrderActions, judgeOrder, LEGAL_IN, STEPS_MAX } from '../../../domain/orders/rules';
import { isSettled, newOrder, type OrderState, pay } from '../../../domain/orders/state';
import { applyOrderCommand, passOrderDeadline } from '../../../domain/orders/transitions';
import { orderPolicy, parsePolicy } from '../../../domain/policies/catalogue';
import { DAY_MS } from '../../../domain/policies/duration';
import { asOf } from '../../../domain/shared/deadlines';
import { newTerms, orderCommand, paymentFor } from '../../factories/orders';

const policy = orderPolicy(parsePolicy());
const T0 = Date.UTC(2026, 2, 2);

const paidOrder = (wishes: Parameters<typeof newTerms>[0]) => {
  const terms = newTerms(wishes);
  const paid = pay(terms, newOrder(terms, T0), paymentFor(terms), T0);
  if (paid === null) throw new Error('the payment does not fit');
  return { terms, ...paid };
};
const direct = paidOrder({ supervised: false });
const after = (order: OrderState, action: (typeof ORDER_OPERATIONS)[number]) =>
  applyOrderCommand(direct.terms, order, orderCommand(action), T0).state;
const started = after(direct.state, 'provider.start');
const done = after(started, 'provider.done');
const confirmed = after(done, 'buyer.confirm');

describe('ORD-2: an order that the provider fulfils directly', () => {
  test('it is started, done and confirmed, in this order only', () => {
    const possible = [direct.state, started, done, confirmed].map((order) => allowedOrderActions(order, direct.terms));
    expect(possible).toEqual([['buyer.requirement', 'provider.start'], ['provider.done'], ['buyer.confirm'], []]);
    expect([direct.state, started, done, confirmed].map(({ state }) => state)).toEqual([
      ...['awaiting_start', 'implementing', 'awaiting_confirmation', 'completed'],
    ]);
    expect([direct.state, started, done, confirmed].map(isSettled)).toEqual([false, false, false, true]);
  });

  test.each([
    [{ needsImplementation: false }, 'awaiting_confirmation', ['buyer.confirm']],
    [{ needsImplementation: false, needsBuyerConfirmation: false }, 'completed', []],
    [{ needsBuyerConfirmation: false }, 'awaiting_start', ['buyer.requirement', 'provider.start']],
  ])('PRD-2: paid, with %j it is %s', (flags, state, allowed) => {
    const order = paidOrder({ supervised: false, ...flags });
    expect(order.state.state).toBe(state);
    expect(allowedOrderActions(order.state, order.terms)).toEqual(allowed);
    expect(isSettled(order.state)).toBe(state === 'completed');
  });

  test('PRD-2: what needs no confirmation is completed when it is done; what awaits one is confirmed by time', () => {
    const { terms, state } = paidOrder({ supervised: false, needsBuyerConfirmation: false });
    const begun = applyOrderCommand(terms, state, orderCommand('provider.start'), T0).state;
    const { state: end, notices } = applyOrderCommand(terms, begun, orderCommand('provider.done'), T0);
    expect(end).toMatchObject({ state: 'completed' });
    expect(notices).toMatchObject([{ event: 'order.completed', params: { outcome: 'implemented' } }]);
    const waiting = paidOrder({ supervised: false, needsImplementation: false }).state;
    expect(orderDeadlines(waiting, policy).at(-1)).toMatchObject({ name: 'auto_confirm', outcome: 'confirmed' });
  });

  test('every operation is refused wherever it is not allowed, and says what is', () => {
    for (const order of [direct.state, started, done, confirmed]) {
      for (const action of ORDER_OPERATIONS) {
        const isAllowed = allowedOrderActions(order, direct.terms).includes(action);
        expect(judgeOrder(order, orderCommand(action), direct.terms) === null).toBe(isAllowed);
        if (isAllowed) expect(LEGAL_IN[action]).toContain(order.state);
      }
    }
  });

  test('GEN-5: its requirement is stated so often only that its run has room for the provider’s steps', () => {
    const [before, full] = [STEPS_MAX - 1, STEPS_MAX].map((steps) => ({ ...direct.terms, steps }));
    if (before === undefined || full === undefined) throw new Error('there are two');
    expect(allowedOrderActions(direct.state, before)).toEqual(['buyer.requirement', 'provider.start']);
    expect(allowedOrderActions(direct.state, full)).toEqual(['provider.start']);
    expect(judgeOrder(direct.state, orderCommand('buyer.requirement'), full)?.code).toBe('ORDER.NOT_ALLOWED');
    expect(judgeOrder(direct.state, orderCommand('provider.start'), full)).toBeNull();
  });

  test('a supervised order is its delivery’s once it is paid', () => {
    const supervised = paidOrder({});
    expect(allowedOrderActions(supervised.state, supervised.terms)).toEqual([]);
    expect(isSettled(supervised.state)).toBe(true);
  });
});

describe('ORD-8: what is delivered automatically', () => {
  test.each(['api', 'image'] as const)('an order of an %s is completed by its payment', (productType) => {
    const { state, notices } = paidOrder({ productType });
    expect(state).toMatchObject({ state: 'completed', delivery: null });
    expect(notices.map(({ event }) => event)).toEqual(['order.paid', 'order.completed']);
  });

  test('an order of a SaaS product waits for its instance', () => {
    expect(paidOrder({ productType: 'saas' }).state).toMatchObject({
      state: 'awaiting_start',
      delivery: null,
    });
  });
});

describe('GEN-5: inactivity has an outcome in every state of a direct order', () => {
  /** Every deadline from a state on, if nobody acts: when (days since it was entered), and what happens. */
  function untouched(order: OrderState) {
    const passed: [number, string][] = [];
    let now = order;
    for (let due = nextOrderDeadline(now, policy); due; due = nextOrderDeadline(now, policy)) {
      passed.push([(due.atMs - T0) / DAY_MS, due.outcome]);
      now = passOrderDeadline(now, due, policy).state;
    }
    return { passed, now };
  }

  test('ORD-3: not started in 15 days, it is cancelled', () => {
    const { passed, now } = untouched(direct.state);
    expect(passed).toEqual([
      ...[
        [3, 'provider_reminded'],
        [5, 'provider_reminded'],
        [15, 'cancelled_and_refunded'],
      ],
    ]);
    expect(now).toMatchObject({ state: 'cancelled' });
  });

  test('a provider that goes on implementing is reminded, then operations are asked', () => {
    const { passed, now } = untouched(started);
    expect(passed).toEqual([
      ...[
        [3, 'provider_reminded'],
        [5, 'provider_reminded'],
      ],
      ...[
        [15, 'escalated_to_operations'],
        [30, 'escalated_to_operations'],
      ],
    ]);
    expect(now.state).toBe('implementing');
  });

  test('ORD-4: not confirmed in 15 days, it is confirmed', () => {
    const { passed, now } = untouched(done);
    expect(passed).toEqual([
      ...[
        [8, 'buyer_reminded'],
        [12, 'buyer_reminded'],
        [14, 'buyer_reminded'],
        [15, 'confirmed'],
      ],
    ]);
    expect(now).toMatchObject({ state: 'completed' });
  });

  test('each shows who can stop it; an ended order has none', () => {
    expect(orderDeadlines(direct.state, policy).map(({ stoppableBy }) => stoppableBy)).toEqual([
      ...[['provider'], ['provider'], ['provider']],
    ]);
    expect(orderDeadlines(done, policy).every(({ stoppableBy }) => stoppableBy.includes('buyer'))).toBe(true);
    expect(orderDeadlines(confirmed, policy)).toEqual([]);
  });
});

describe('GEN-4: deadlines on both sides of their instants', () => {
  const rules = {
    nextDeadline: (order: OrderState) => nextOrderDeadline(order, policy),
    passDeadline: (order: OrderState, due: OrderDeadline) => passOrderDeadline(order, due, policy),
  };
  const unpaid = newOrder(direct.terms, T0 + policy.payWithinMs);
  const free = { ...unpaid, payableFen: 0 };

  test('a millisecond before each nothing has passed; at it one more has', () => {
    const names: string[] = [];
    for (const first of [unpaid, direct.state, started, done]) {
      let now = first;
      for (let due = nextOrderDeadline(now, policy); due; due = nextOrderDeadline(now, policy)) {
        expect(asOf(now, rules, due.atMs - 1)).toBe(now);
        const next = asOf(now, rules, due.atMs);
        expect(next).toEqual(passOrderDeadline(now, due, policy).state);
        names.push(due.name);
        now = next;
      }
    }
    expect(names).toHaveLength(12);
    expect(names).toEqual(expect.arrayContaining(['pay_within', 'start_within', 'auto_confirm']));
  });

  test.each([
    ['ORD-6: a price is changed for 72 hours', unpaid, 'provider.price', 3 * DAY_MS],
    ['ORD-5, ORD-6: what costs nothing is taken for 72 hours', free, 'buyer.take', 3 * DAY_MS],
    ['ORD-3: the provider starts within 15 days', direct.state, 'provider.start', 15 * DAY_MS],
    ['ORD-4: the buyer confirms within 15 days', done, 'buyer.confirm', 15 * DAY_MS],
  ] as const)('%s: until a millisecond before the end, and not at it', (_, order, action, endMs) => {
    const judged = [T0 + endMs - 1, T0 + endMs].map((atMs) =>
      judgeOrder(asOf(order, rules, atMs), orderCommand(action), direct.terms),
    );
    expect(judged).toEqual([null, expect.objectContaining({ code: 'ORDER.NOT_ALLOWED' })]);
  });
});
