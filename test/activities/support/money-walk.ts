import { credit, debit, journalOf } from '../../../domain/ledger/journal';
import type { OrderDeadline } from '../../../domain/orders/deadlines';
import type { PaymentChannel, PaymentFact } from '../../../domain/orders/order';
import { fulfilmentOf, type OrderTerms, PAYMENT_CHANNELS } from '../../../domain/orders/order';
import { type OrderState, pay, whyReturned } from '../../../domain/orders/state';
import type { OrderStep } from '../../../domain/orders/step';
import { applyOrderCommand, close, passOrderDeadline } from '../../../domain/orders/transitions';
import { returnOf } from '../../../domain/refunds/refund';
import { type Cause, systemCause } from '../../../domain/shared/step';
import { postJournal } from '../../../prisma/store/ledger/post';
import { storeCallback } from '../../../prisma/store/payments/callbacks';
import { unique } from '../../factories/commands';
import { claimFor } from '../../factories/coupons';
import { newTerms, orderCommand, paymentFor, placedStep } from '../../factories/orders';
import { POLICY } from '../../factories/states';
import { run, stepOf } from '../../support/store';
import { type ModelClaim, type ModelOrder, openRefund, reducedBy } from './money-model';
import {
  type Move,
  oneOf,
  perform,
  picked,
  SENT,
  sendBack,
  sendBackCancelled,
  type Walk,
  type WalkCoupon,
  type WalkOrder,
} from './money-moves';

const START_WITHIN: OrderDeadline = {
  ...{ name: 'start_within', atMs: 0, outcome: 'cancelled_and_refunded', stoppableBy: [] },
};
const KINDS = [
  { productType: 'human_service', supervised: true },
  { productType: 'human_service', supervised: false },
  { productType: 'api', supervised: false },
] as const;
const BUYERS = ['usr_demo', 'usr_other'] as const;
const PROVIDERS = ['prv_demo', 'prv_other'] as const;
const FEES = [333, 1_777, 666, 1_000] as const;

/** What the walk can do with orders, payments and coupons. */
export function orderMoves(walk: Walk) {
  const { store, books, orders, coupons } = walk;
  const rowOf = ({ terms }: WalkOrder) => store.db.order.findUniqueOrThrow({ where: { id: terms.orderId } });

  async function stateOf(order: WalkOrder): Promise<{ state: OrderState; sequence: number }> {
    const { sequence } = await rowOf(order);
    const stored = await store.activities.storedOrderStep({ orderId: order.terms.orderId, sequence });
    if (stored === null) throw new Error(`${order.terms.orderId} has no step ${sequence}`);
    return stored;
  }

  async function record(
    move: Move,
    order: WalkOrder,
    { sequence, ...step }: Pick<OrderStep, 'state' | 'notices' | 'sequence'> & Partial<Cause>,
  ) {
    const { terms, knownPaymentIds } = order;
    const next = { ...placedStep(terms), commandId: `cmd_${unique()}`, ...step, sequence, knownPaymentIds };
    return perform(walk, move, ({ recordOrderStep }) => run(recordOrderStep, next));
  }

  /** What follows for model and books when an order is paid or taken. */
  function begin({ model, terms }: WalkOrder, paidFen: number) {
    model.paidFen = paidFen;
    model.heldFen = paidFen;
    if (model.claim !== null) {
      const isUsed = model.offFen > 0;
      Object.assign(model.claim, isUsed ? { at: 'used' } : { at: 'free', orderId: null });
    }
    if (paidFen > 0) books.receive(model.channel, paidFen);
    model.state = 'running';
    if (fulfilmentOf(terms) !== 'immediate') return;
    books.earn(model, 0);
    model.state = 'completed';
  }

  const unpaid = () => orders.filter(({ model }) => model.state === 'unpaid');
  const presentPrice = ({ prices }: ModelOrder): number => prices.at(-1) ?? Number.NaN;

  /** Whether an order takes a payment, as the SPEC has it: its channel, its price, named or not to be mistaken. */
  function takes(model: ModelOrder, { channel: paidThrough, amountFen, priceVersion }: PaymentFact): boolean {
    if (model.state !== 'unpaid' || paidThrough !== model.channel || amountFen !== presentPrice(model)) return false;
    if (amountFen === 0) return false;
    return priceVersion === undefined
      ? !model.prices.slice(0, -1).includes(amountFen)
      : priceVersion === model.prices.length;
  }

  async function handOver(move: Move, order: WalkOrder, fact: PaymentFact) {
    const { terms, model } = order;
    const { state, sequence } = await stateOf(order);
    order.knownPaymentIds.push(fact.paymentId);
    const transition = pay(terms, state, fact, Date.now());
    expect(transition !== null).toBe(takes(model, fact));
    if (transition === null) {
      const reason = whyReturned(terms, state, fact);
      if (reason === null) throw new Error(`${fact.paymentId} neither counts nor goes back`);
      expect(await sendBack(walk, move, returnOf(fact, reason))).toEqual(SENT);
      return;
    }
    const cause = systemCause(`${terms.orderId}/${fact.channel}/${fact.transactionId}`, 'order.paid');
    expect(await record(move, order, { ...cause, ...transition, sequence: sequence + 1 })).toHaveProperty('done');
    order.payment = fact;
    begin(order, fact.amountFen);
    // Handed over once more after the order's workflow has ended: what was earned stays.
    if (move.flag) expect(await sendBack(walk, move, returnOf(fact, 'already_paid'))).toEqual(SENT);
  }

  async function accept(move: Move, order: WalkOrder, cancelled?: { refundFen: number | null }) {
    const { deliveryId } = order.terms;
    const { sequence } = await store.db.delivery.findUniqueOrThrow({ where: { id: deliveryId } });
    const stored = await store.activities.storedDeliveryStep({ deliveryId, sequence });
    if (stored === null) throw new Error(`${deliveryId} has no step ${sequence}`);
    // While a refund is open its workflow proposes a step that another has taken the place of.
    const next = openRefund(order.model) === undefined ? sequence + 1 : sequence;
    const of = { deliveryId, sequence: next, state: { ...stored.state, stage: 'awaiting_acceptance' } as const };
    const step = stepOf(of, 'buyer.acceptance.accept');
    const outcome = { stage: 'cancelled', outcome: 'cancelled_and_refunded', ...cancelled } as const;
    const proposal = {
      step: cancelled === undefined ? step : { ...step, state: { ...step.state, ...outcome } },
      appealTarget: POLICY.appealTarget,
    };
    await perform(walk, move, ({ recordDeliveryStep }) => run(recordDeliveryStep, proposal));
  }

  return {
    async claim({ pick }: Move) {
      const coupon = picked(coupons, pick);
      if (coupon === undefined) return;
      const buyerId = oneOf(BUYERS, pick);
      const isIssued =
        coupon.claims.length < coupon.quantity &&
        coupon.claims.filter((one) => one.buyerId === buyerId).length < coupon.perBuyer;
      const id = await claimFor(store.db, coupon.id, buyerId).catch(() => null);
      expect(id !== null).toBe(isIssued);
      if (id !== null) coupon.claims.push({ id, buyerId, at: 'free', orderId: null });
    },

    async place(move: Move) {
      const { pick, fen, flag } = move;
      const used = flag
        ? picked(
            coupons.flatMap((of) => of.claims.map((claim) => ({ of, claim }))),
            pick,
          )
        : undefined;
      const priceFen = fen + 1;
      const payableFen = reducedBy(used?.of.reduces ?? null, priceFen);
      const with_ = used !== undefined && payableFen < priceFen ? used : null;
      const reduction =
        with_ === null
          ? null
          : 'offFen' in with_.of.reduces
            ? {
                kind: 'full_reduction' as const,
                reductionFen: with_.of.reduces.offFen,
                thresholdFen: with_.of.reduces.aboveFen,
              }
            : { kind: 'discount' as const, ...with_.of.reduces };
      const offFen = priceFen - payableFen;
      const terms: OrderTerms = {
        ...newTerms({ ...oneOf(KINDS, pick), payableFen, originalFen: priceFen }),
        ...{
          buyerId: with_?.claim.buyerId ?? oneOf(BUYERS, pick),
          providerId: with_ ? 'prv_demo' : oneOf(PROVIDERS, fen),
        },
        ...{ paymentChannel: oneOf(PAYMENT_CHANNELS, fen), feeBasisPoints: oneOf(FEES, pick) },
        coupon: with_ && reduction && { id: with_.of.id, claimId: with_.claim.id, reduction, reductionFen: offFen },
      };
      const step = placedStep(terms);
      const placed = await perform(walk, move, ({ recordOrderStep }) => run(recordOrderStep, step));
      if (with_ !== null && with_.claim.at !== 'free') return expect(placed).toEqual({ refused: 'COUPON.TAKEN' });
      expect(placed).toHaveProperty('done');
      if (with_ !== null) Object.assign(with_.claim, { at: 'reserved', orderId: terms.orderId });
      orders.push({
        terms,
        reports: [],
        knownPaymentIds: [],
        payment: null,
        waiting: null,
        model: modelOf(terms, with_, offFen),
      });
    },

    /** The provider changes the price; not under a payment that was made at it and is on its way (ORD-5). */
    async reprice(move: Move) {
      const order = picked(unpaid(), move.pick);
      if (order === undefined) return;
      const { terms, model, reports } = order;
      // To nothing, back to the first price, or to any.
      const priceFen = move.flag ? 0 : move.pick % 2 ? terms.originalFen : Math.min(move.fen, terms.originalFen);
      const { state, sequence } = await stateOf(order);
      const command = orderCommand('provider.price', { payableFen: priceFen });
      const transition = applyOrderCommand(terms, state, command, Date.now());
      const changed = await record(move, order, { action: 'provider.price', ...transition, sequence: sequence + 1 });
      const present = model.prices.length;
      if (reports.some(({ priceVersion = present }) => priceVersion === present)) {
        return expect(changed).toEqual({ refused: 'ORDER.NOT_ALLOWED' });
      }
      expect(changed).toHaveProperty('done');
      model.prices.push(reducedBy(model.coupon, priceFen));
      model.offFen = priceFen - presentPrice(model);
    },

    async take(move: Move) {
      const free = orders.filter(({ model }) => model.state === 'unpaid' && presentPrice(model) === 0);
      const order = picked(free, move.pick);
      if (order === undefined) return;
      const { state, sequence } = await stateOf(order);
      const transition = applyOrderCommand(order.terms, state, orderCommand('buyer.take'), Date.now());
      const step = { action: 'buyer.take', ...transition, sequence: sequence + 1 };
      expect(await record(move, order, step)).toHaveProperty('done');
      begin(order, 0);
    },

    /** A channel reports money: right, of an old price, of a wrong amount, through another channel, late, or once more. */
    async report(move: Move) {
      const order = picked(orders, move.pick);
      if (order === undefined) return;
      const { model, terms } = order;
      const version = (move.fen % model.prices.length) + 1;
      const other: PaymentChannel = oneOf(PAYMENT_CHANNELS, move.fen);
      const facts: Partial<PaymentFact>[] = [
        { amountFen: presentPrice(model), priceVersion: model.prices.length },
        { amountFen: presentPrice(model) },
        { amountFen: model.prices[version - 1] ?? 0, priceVersion: version },
        { amountFen: model.prices[version - 1] ?? 0 },
        { amountFen: move.fen },
        { amountFen: presentPrice(model), channel: other },
      ];
      const { paymentId, receivedAtMs, ...payment } = paymentFor(terms, oneOf(facts, move.flag ? 0 : move.fen));
      if (payment.amountFen === 0) return;
      await storeCallback(store.db, { id: paymentId, status: 'succeeded', ...payment });
      order.reports.push({ paymentId, receivedAtMs, ...payment });
    },

    /** The buyer pays what there is to pay, and that is counted at once. */
    async pay(move: Move) {
      const payable = orders.filter(({ model }) => model.state === 'unpaid' && presentPrice(model) > 0);
      const order = picked(payable, move.pick);
      if (order === undefined) return;
      const { terms, model } = order;
      const fact = paymentFor(terms, { amountFen: presentPrice(model), priceVersion: model.prices.length });
      await handOver(move, order, fact);
    },

    async handOver(move: Move) {
      const order = picked(
        orders.filter(({ reports }) => reports.length > 0),
        move.pick,
      );
      const fact = order?.reports.splice(move.fen % order.reports.length, 1)[0];
      if (order !== undefined && fact !== undefined) await handOver(move, order, fact);
    },

    /** Its time to pay is over: it closes, unless a payment is on its way that came in time (ORD-6). */
    async close(move: Move) {
      const order = picked(unpaid(), move.pick);
      if (order === undefined) return;
      const { state, sequence } = await stateOf(order);
      const cause = systemCause(`${order.terms.orderId}/${sequence + 1}/pay_within`, 'deadline.pay_within');
      const closed = await record(move, order, { ...cause, ...close(state), sequence: sequence + 1 });
      if (order.reports.length > 0) return expect(closed).toEqual({ done: 'payment_expected' });
      expect(closed).toMatchObject({ done: { state: { state: 'closed' } } });
      order.model.state = 'closed';
      if (order.model.claim !== null) Object.assign(order.model.claim, { at: 'free', orderId: null });
    },

    /** What was bought is done: the provider earns what is held; not while a refund is open. */
    async complete(move: Move) {
      const order = picked(
        orders.filter(({ model }) => model.state === 'running'),
        move.pick,
      );
      if (order === undefined) return;
      const isHeld = openRefund(order.model) !== undefined;
      if (fulfilmentOf(order.terms) === 'delivery') await accept(move, order);
      else {
        const { state, sequence } = await stateOf(order);
        const transition = applyOrderCommand(order.terms, state, orderCommand('buyer.confirm'), Date.now());
        const step = { action: 'buyer.confirm', ...transition, sequence: sequence + 1 };
        const confirmed = await record(move, order, step);
        if (isHeld) return expect(confirmed).toEqual({ refused: 'ORDER.NOT_ALLOWED' });
        expect(confirmed).toHaveProperty('done');
      }
      if (isHeld) return;
      books.earn(order.model, 0);
      order.model.state = 'completed';
    },

    /** A ruling, or the time to start, ends it: all of it goes back, or a part. */
    async cancel(move: Move) {
      const running = orders.filter(({ model }) => model.state === 'running' && openRefund(model) === undefined);
      const order = picked(running, move.pick);
      if (order === undefined) return;
      const { model, payment, terms } = order;
      const isDelivery = fulfilmentOf(terms) === 'delivery';
      const refundFen = isDelivery && move.flag ? move.fen % (model.heldFen + 1) : null;
      if (isDelivery) await accept(move, order, { refundFen });
      else {
        const { state, sequence } = await stateOf(order);
        const transition = passOrderDeadline(state, START_WITHIN, placedStep(terms).policy);
        const cause = systemCause(`${terms.orderId}/${sequence + 1}/start_within`, 'deadline.start_within');
        const step = { ...cause, ...transition, sequence: sequence + 1 };
        expect(await record(move, order, step)).toHaveProperty('done');
      }
      model.state = 'cancelled';
      const amountFen = refundFen ?? model.heldFen;
      books.earn(model, amountFen);
      if (payment === null || amountFen === 0) return;
      const reason = isDelivery ? 'delivery_cancelled' : 'order_cancelled';
      await sendBackCancelled(walk, move, order, { ...returnOf(payment, reason), amountFen });
    },

    /** What the provider has earned is paid out, or only tried: a transaction that is rolled back leaves nothing. */
    async payOut({ pick, flag }: Move) {
      const order = picked(
        orders.filter(({ model }) => model.pendingFen > 0),
        pick,
      );
      if (order === undefined) return;
      const { id, providerId, channel: through, pendingFen } = order.model;
      const from = `provider:${providerId}:${through}`;
      const lines = [debit(`${from}:pending`, pendingFen, id), credit(`${from}:paid_out`, pendingFen, id)];
      const journal = journalOf({ kind: 'adjustment', businessKey: `payout/${unique()}`, objectId: id }, lines);
      const by = { commandId: `cmd_${unique()}`, actor: 'system', runId: null, effectiveAt: new Date() };
      const paying = store.db.$transaction(async (tx) => {
        await postJournal(tx, journal, by);
        if (flag) throw new Error('dry run');
      });
      if (flag) return expect(paying).rejects.toThrow('dry run');
      await paying;
      books.payOut(order.model);
    },
  };
}

function modelOf(terms: OrderTerms, used: { of: WalkCoupon; claim: ModelClaim } | null, offFen: number): ModelOrder {
  const { orderId: id, buyerId, providerId, paymentChannel: channel, feeBasisPoints, payableFen } = terms;
  return {
    ...{ id, buyerId, providerId, channel, feeBasisPoints, offFen },
    ...{ coupon: used?.of.reduces ?? null, claim: used?.claim ?? null, prices: [payableFen], state: 'unpaid' },
    ...{ paidFen: 0, refundedFen: 0, invoicedFen: 0, heldFen: 0, pendingFen: 0, refunds: [] },
  };
}
