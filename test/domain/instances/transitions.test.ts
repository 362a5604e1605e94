import type { Purchase } from '../../../domain/instances/protocol';
import { type InstanceState, servedOrders } from '../../../domain/instances/state';
import {
  answered,
  bought,
  newInstance,
  nextDeadline,
  passDeadline,
  refunded,
} from '../../../domain/instances/transitions';
import { DAY_MS } from '../../../domain/policies/duration';
import { asOf, type NamedDeadline } from '../../../domain/shared/deadlines';
import type { Transition } from '../../../domain/shared/step';

const policy = { destroyAfterMs: 7 * DAY_MS, unansweredAfterMs: 3_600_000 };
const terms = { instanceId: 'ins_1', policy };
const at = (text: string) => Date.parse(`${text}T00:00:00+08:00`);
const FEB_1 = at('2026-02-01');

const purchaseOf = (orderId: string, changes: Partial<Purchase> = {}): Purchase => ({
  ...{ orderId, productName: '客户管理', specName: '基础版', isTrial: false },
  span: { amount: 1, unit: 'month' },
  ...changes,
});
const stateOf = (transition: Transition<InstanceState> | null): InstanceState => {
  if (transition === null) throw new Error('Nothing changes');
  return transition.state;
};
/** After its first call was answered. */
const answer = (state: InstanceState, nowMs: number, signId: string | null = null) =>
  stateOf(answered(terms, state, { requestId: state.calls[0]?.requestId ?? '', signId }, nowMs));
const active = (changes: Partial<Purchase> = {}) =>
  answer(newInstance(terms, purchaseOf('ord_1', changes), FEB_1), FEB_1, 'abc');
const expire = (state: InstanceState) => {
  const due = nextDeadline(state, policy);
  if (due === null) throw new Error('No deadline runs');
  return passDeadline(terms, state, due, due.atMs).state;
};
const actionsOf = ({ calls }: InstanceState) => calls.map(({ action }) => action);

describe('INS-3: creation', () => {
  test('a new instance waits for its creation, and its time counts from when it is ready', () => {
    const state = newInstance(terms, purchaseOf('ord_1'), FEB_1);
    expect(state).toMatchObject({ stage: 'creating', expiresAtMs: null, calls: [{ requestId: 'ins_1-1' }] });
    const ready = answer(state, at('2026-02-03'), 'abc');
    expect(ready).toMatchObject({ stage: 'active', signId: 'abc', expiresAtMs: at('2026-03-03'), calls: [] });
  });

  test('operations are notified once of a call that waits for long', () => {
    const state = newInstance(terms, purchaseOf('ord_1'), FEB_1);
    expect(nextDeadline(state, policy)).toMatchObject({ name: 'unanswered', atMs: FEB_1 + 3_600_000 });
    const late = expire(state);
    expect(late.isLate).toBe(true);
    expect(nextDeadline(late, policy)).toBeNull();
    expect(answer(late, FEB_1, 'abc').isLate).toBe(false);
  });

  test('an answer to a call that is not waited for changes nothing', () => {
    expect(answered(terms, active(), { requestId: 'ins_1-1', signId: 'xyz' }, FEB_1)).toBeNull();
  });
});

describe('INS-4: renewal and change', () => {
  test('bought on 1 February for a month, renewed for a month, it ends on 1 April', () => {
    const state = stateOf(bought(terms, active(), purchaseOf('ord_2'), at('2026-02-10')));
    expect(state.expiresAtMs).toBe(at('2026-04-01'));
    expect(state.calls).toMatchObject([
      { action: 'renewInstance', requestId: 'ins_1-2', expiresAtMs: at('2026-04-01') },
    ]);
  });

  test('the same order counts once', () => {
    const state = stateOf(bought(terms, active(), purchaseOf('ord_2'), FEB_1));
    expect(bought(terms, state, purchaseOf('ord_2'), FEB_1)).toBeNull();
  });

  test('a trial becomes formal, and its time counts from then', () => {
    const trial = active({ isTrial: true, span: { amount: 14, unit: 'day' } });
    const state = stateOf(bought(terms, trial, purchaseOf('ord_2'), at('2026-02-10')));
    expect(actionsOf(state)).toEqual(['modifyInstance']);
    expect(state).toMatchObject({ purchase: { isTrial: false, orderId: 'ord_2' }, expiresAtMs: at('2026-03-10') });
  });

  test('another spec ends what was there; the same spec for another length of time is a renewal', () => {
    const other = stateOf(bought(terms, active(), purchaseOf('ord_2', { specName: '专业版' }), at('2026-02-10')));
    expect([actionsOf(other), other.expiresAtMs]).toEqual([['modifyInstance'], at('2026-03-10')]);
    const longer = purchaseOf('ord_2', { span: { amount: 1, unit: 'year' } });
    const same = stateOf(bought(terms, active(), longer, at('2026-02-10')));
    expect([actionsOf(same), same.expiresAtMs]).toEqual([['renewInstance'], at('2027-03-01')]);
  });

  test('nothing is bought of what is not ready, destroyed or without end', () => {
    const creating = newInstance(terms, purchaseOf('ord_1'), FEB_1);
    const gone = stateOf(refunded(terms, active(), 'ord_1', FEB_1));
    const endless = active({ span: { amount: 1, unit: 'time' } });
    for (const state of [creating, gone, endless]) {
      expect(bought(terms, state, purchaseOf('ord_2'), FEB_1)).toBeNull();
    }
  });
});

describe('INS-4: expiry and destruction', () => {
  test('it expires at its end, and is destroyed 7 days later', () => {
    expect(nextDeadline(active(), policy)).toMatchObject({ name: 'expiry', atMs: at('2026-03-01') });
    const expired = answer(expire(active()), at('2026-03-01'));
    expect(nextDeadline(expired, policy)).toMatchObject({ name: 'destruction', atMs: at('2026-03-08') });
    const destroying = expire(expired);
    expect([destroying.stage, actionsOf(destroying)]).toEqual(['destroying', ['destroyInstance']]);
    expect(answer(destroying, at('2026-03-08')).stage).toBe('destroyed');
  });

  test('a renewal within the 7 days brings it back, from when it was bought', () => {
    const expired = expire(active());
    const back = stateOf(bought(terms, expired, purchaseOf('ord_2'), at('2026-03-05')));
    expect(back).toMatchObject({ stage: 'active', expiresAtMs: at('2026-04-05') });
    // The provider's side learns of the expiry first, however late it answers.
    expect(actionsOf(back)).toEqual(['expireInstance', 'renewInstance']);
  });

  test('what was to be asked before a destruction is not asked any more', () => {
    const renewed = stateOf(bought(terms, active(), purchaseOf('ord_2'), FEB_1));
    expect(actionsOf(stateOf(refunded(terms, renewed, 'ord_1', FEB_1)))).toEqual(['destroyInstance']);
  });
});

describe('INS-4: refunds', () => {
  test('a refunded order takes its instance along, even one that is not ready', () => {
    const creating = newInstance(terms, purchaseOf('ord_1'), FEB_1);
    for (const state of [creating, active(), expire(active())]) {
      expect(stateOf(refunded(terms, state, 'ord_1', FEB_1)).stage).toBe('destroying');
    }
  });

  test('a refunded renewal takes back its time, and never more than is left', () => {
    const renewed = answer(stateOf(bought(terms, active(), purchaseOf('ord_2'), FEB_1)), FEB_1);
    const early = stateOf(refunded(terms, renewed, 'ord_2', at('2026-02-20')));
    expect(early).toMatchObject({
      stage: 'active',
      expiresAtMs: at('2026-03-01'),
      calls: [{ action: 'renewInstance' }],
    });
    const late = stateOf(refunded(terms, renewed, 'ord_2', at('2026-03-20')));
    expect(late.expiresAtMs).toBe(at('2026-03-20'));
  });

  test('a second report changes nothing', () => {
    const gone = stateOf(refunded(terms, active(), 'ord_1', FEB_1));
    expect(refunded(terms, gone, 'ord_1', FEB_1)).toBeNull();
  });

  test('an order that is given back before it comes buys nothing when it does', () => {
    const known = stateOf(refunded(terms, active(), 'ord_2', FEB_1));
    expect(bought(terms, known, purchaseOf('ord_2'), FEB_1)).toBeNull();
    expect(refunded(terms, known, 'ord_2', FEB_1)).toBeNull();
    expect(bought(terms, known, purchaseOf('ord_3'), FEB_1)).not.toBeNull();
  });

  test('ORD-8: what was bought and not carried out is given up, and serves no order; but for what is given back', () => {
    const renewed = stateOf(bought(terms, active(), purchaseOf('ord_2'), FEB_1));
    const changed = stateOf(bought(terms, renewed, purchaseOf('ord_3', { specName: '专业版' }), FEB_1));
    const byRefund = stateOf(refunded(terms, changed, 'ord_3', FEB_1));
    expect(byRefund.givenUp).toEqual(['ord_2']);
    const byTime = stateOf(passDeadline(terms, changed, { name: 'destruction', atMs: 0, outcome: '' }, FEB_1));
    expect(byTime.givenUp).toEqual(['ord_2', 'ord_3']);
    for (const state of [byRefund, byTime]) expect(servedOrders(state)).not.toContain('ord_2');
    expect(stateOf(refunded(terms, active(), 'ord_1', FEB_1)).givenUp).toBeUndefined();
  });

  test('what was ordered as a renewal is no change when it comes, nor the other way round', () => {
    const other = purchaseOf('ord_2', { specName: '专业版' });
    expect(bought(terms, active(), { ...other, expects: 'more' }, FEB_1)).toBeNull();
    expect(bought(terms, active(), { ...purchaseOf('ord_2'), expects: 'change' }, FEB_1)).toBeNull();
    expect(bought(terms, active(), { ...purchaseOf('ord_2'), expects: 'more' }, FEB_1)).not.toBeNull();
  });

  test('of two orders that would make a trial formal the second buys nothing, whatever its spec: the first would be lost', () => {
    const trial = active({ isTrial: true, span: { amount: 14, unit: 'day' } });
    const formal = stateOf(bought(terms, trial, { ...purchaseOf('ord_2'), expects: 'change' }, FEB_1));
    for (const specName of ['基础版', '专业版']) {
      expect(bought(terms, formal, { ...purchaseOf('ord_3', { specName }), expects: 'change' }, FEB_1)).toBeNull();
    }
    expect(servedOrders(answer(formal, FEB_1))).toEqual(['ord_2']);
  });
});

describe('GEN-4: deadlines on both sides of their instants', () => {
  const rules = {
    nextDeadline: (state: InstanceState) => nextDeadline(state, policy),
    passDeadline: (...[state, due, nowMs]: [InstanceState, NamedDeadline, number]) =>
      passDeadline(terms, state, due, nowMs),
  };
  const expired = answer(expire(active()), at('2026-03-01'));

  test.each<[string, InstanceState, number]>([
    ['expiry', active(), at('2026-03-01')],
    ['destruction', expired, at('2026-03-08')],
    ['unanswered', newInstance(terms, purchaseOf('ord_1'), FEB_1), FEB_1 + policy.unansweredAfterMs],
  ])('INS-4: %s: a millisecond before it nothing has passed; at it it has', (name, state, atMs) => {
    expect(nextDeadline(state, policy)).toMatchObject({ name, atMs });
    expect(asOf(state, rules, atMs - 1)).toBe(state);
    expect(asOf(state, rules, atMs)).not.toEqual(state);
  });

  test('INS-4: a millisecond before its end it is renewed from its end; at it, it was over, and it is renewed from then', () => {
    const end = at('2026-03-01');
    const renewed = [end - 1, end].map((nowMs) =>
      stateOf(bought(terms, asOf(active(), rules, nowMs), purchaseOf('ord_2'), nowMs)),
    );
    expect(renewed.map(actionsOf)).toEqual([['renewInstance'], ['expireInstance', 'renewInstance']]);
    expect(renewed.map(({ expiresAtMs }) => expiresAtMs)).toEqual([at('2026-04-01'), at('2026-04-01')]);
  });

  test('INS-4: it is renewed until a millisecond before its destruction, and not at it', () => {
    const destruction = at('2026-03-08');
    const [before, then] = [destruction - 1, destruction].map((nowMs) =>
      bought(terms, asOf(expired, rules, nowMs), purchaseOf('ord_2'), nowMs),
    );
    expect([before?.state.stage, then]).toEqual(['active', null]);
  });
});
