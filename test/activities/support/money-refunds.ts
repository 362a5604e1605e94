import type { InvoiceStep } from '../../../domain/invoices/step';
import { applyInvoiceCommand, requested } from '../../../domain/invoices/transitions';
import { fulfilmentOf } from '../../../domain/orders/order';
import type { RefundOperation } from '../../../domain/refunds/commands';
import { allowedRefundActions, judgeRefund } from '../../../domain/refunds/rules';
import { isSending, type RefundState } from '../../../domain/refunds/state';
import type { RefundStep, RefundTerms } from '../../../domain/refunds/step';
import { answered, applyRefundCommand, begun, released } from '../../../domain/refunds/transitions';
import { type Cause, systemCause } from '../../../domain/shared/step';
import { unique } from '../../factories/commands';
import { INVOICE_POLICY, invoiceCommand } from '../../factories/invoices';
import { REFUND_POLICY, refundCommand } from '../../factories/refunds';
import { run } from '../../support/store';
import { leftOf, type ModelRefund, openRefund } from './money-model';
import { type Move, perform, picked, sendBackCancelled, type Walk, type WalkOrder } from './money-moves';

type WalkRefund = { order: WalkOrder; terms: RefundTerms; model: ModelRefund; state: RefundState; sequence: number };
type WalkInvoice = { order: WalkOrder; step: InvoiceStep; amountFen: number };

/** What the walk can do with refunds that people ask for, and with invoices, which those wait for. */
export function refundMoves(walk: Walk) {
  const { channel, books, orders } = walk;
  const refunds: WalkRefund[] = [];
  const invoices: WalkInvoice[] = [];

  async function record(
    move: Move,
    refund: Pick<WalkRefund, 'terms' | 'sequence'>,
    transition: Pick<RefundStep, 'state' | 'notices'>,
    cause: Partial<Cause> & Pick<Cause, 'action'>,
  ) {
    const { terms, sequence: before } = refund;
    const sequence = before + 1;
    const step = {
      ...systemCause(`${terms.refundId}/${sequence}/${unique()}`, cause.action),
      ...{ ...cause, ...transition, terms, policy: REFUND_POLICY, sequence, atMs: Date.now() },
    };
    const recorded = await perform(walk, move, ({ recordRefundStep }) => run(recordRefundStep, step));
    if ('done' in recorded) Object.assign(refund, { state: recorded.done.state, sequence });
    return recorded;
  }

  const canBeHeld = ({ model }: WalkOrder): boolean =>
    (model.state === 'running' || model.state === 'completed') && openRefund(model) === undefined;
  const isPerson = { requestId: 'req_test' };

  /** What agreeing, offering and the like make of the model. */
  function follow({ model }: WalkRefund, operation: RefundOperation, fen: number) {
    switch (operation) {
      case 'provider.agree':
        model.agreedFen = model.requestedFen;
        break;
      case 'buyer.accept':
        model.agreedFen = model.offeredFen;
        break;
      case 'ops.approve':
        Object.assign(model, { agreedFen: fen, isFailed: false });
        break;
      case 'provider.offer':
        model.offeredFen = fen;
        break;
      case 'buyer.escalate':
        model.isOpen = true;
        break;
      case 'provider.decline':
      case 'buyer.withdraw':
      case 'ops.reject':
        model.isOpen = false;
        break;
    }
  }

  async function ask(move: Move, order: WalkOrder, initiatedBy: 'buyer' | 'provider', amountFen: number) {
    const { model, terms: of } = order;
    const wanted: ModelRefund = {
      ...{ id: `rfd_${unique()}`, requestedFen: amountFen, sentFen: 0, isOpen: true },
      ...{ offeredFen: null, agreedFen: initiatedBy === 'provider' ? amountFen : null, isFailed: false },
    };
    const terms: RefundTerms = {
      ...{ refundId: wanted.id, orderId: of.orderId, buyerId: of.buyerId, providerId: of.providerId, amountFen },
      ...{ initiatedBy, reasonCode: 'other', deliveryId: fulfilmentOf(of) === 'delivery' ? of.deliveryId : null },
    };
    const transition = begun(terms, 'late', Date.now());
    const refund = { order, terms, model: wanted, state: transition.state, sequence: 0 };
    const isOwed = canBeHeld(order) && amountFen >= 1 && amountFen <= leftOf(model);
    const asked = await record(move, refund, transition, { ...isPerson, action: `${initiatedBy}.refunds` });
    expect('done' in asked).toBe(isOwed && (initiatedBy === 'buyer' || model.state === 'completed'));
    if (!('done' in asked)) return null;
    refunds.push(refund);
    model.refunds.push(wanted);
    return refund;
  }

  async function act(move: Move, refund: WalkRefund, operation: RefundOperation, fen: number) {
    const { order, model, state } = refund;
    const command = refundCommand(operation, fen);
    if (judgeRefund(state, command) !== null) return;
    const canGoOn = model.isOpen || (canBeHeld(order) && model.requestedFen <= leftOf(order.model));
    const transition = applyRefundCommand(state, command, Date.now());
    const acted = await record(move, refund, transition, { ...isPerson, action: operation });
    expect('done' in acted).toBe(operation !== 'buyer.escalate' || canGoOn);
    if ('done' in acted) follow(refund, operation, fen);
  }

  /** The channel is asked for what was agreed to, and its answer recorded once it is known. */
  async function execute(move: Move, refund: WalkRefund) {
    const { order, model, state, terms } = refund;
    channel.behaves(move.way);
    const key = { refundId: terms.refundId, attempt: state.attempt };
    const outcome = await perform(walk, move, ({ executeRefund }) => run(executeRefund, key), false);
    if (!('done' in outcome)) return;
    const transition = answered(state, outcome.done, Date.now());
    if (transition === null) throw new Error(`${terms.refundId} is being sent`);
    const action = `refund.${outcome.done.status}`;
    expect(await record(move, refund, transition, { action })).toHaveProperty('done');
    if (outcome.done.status === 'failed') {
      model.isFailed = true;
      return;
    }
    const sentFen = model.agreedFen ?? Number.NaN;
    Object.assign(model, { isOpen: false, sentFen });
    books.refund(order.model, sentFen);
    if (order.model.refundedFen === order.model.paidFen) order.model.state = 'refunded';
  }

  return {
    /** Anything is asked for, by either side: all that is left, a part, nothing, or a fen too much. */
    async ask(move: Move) {
      // Now and then of an order that has nothing to give back.
      const paid = orders.filter(({ model }) => model.paidFen > 0 || move.pick % 8 === 0);
      const order = picked(paid, move.pick);
      if (order === undefined) return;
      const leftFen = leftOf(order.model);
      const amountFen = move.way === 'sends' ? leftFen : (move.fen % (leftFen + 2)) - (move.again ? 1 : 0);
      await ask(move, order, move.flag ? 'provider' : 'buyer', amountFen);
    },

    async act(move: Move) {
      const isWaiting = ({ state }: WalkRefund) => allowedRefundActions(state).length > 0;
      const refund = picked(refunds.filter(isWaiting), move.pick);
      const operation = refund && picked(allowedRefundActions(refund.state), move.fen);
      if (refund === undefined || operation === undefined) return;
      const { isFailed, agreedFen, requestedFen } = refund.model;
      await act(move, refund, operation, isFailed ? (agreedFen ?? 0) : (move.fen % requestedFen) + 1);
    },

    async execute(move: Move) {
      const atChannel = refunds.filter(({ state }) => isSending(state));
      const refund = picked(atChannel, move.pick);
      if (refund !== undefined) await execute(move, refund);
    },

    /** A part is asked for, agreed to and sent, one right after the other. */
    async refund(move: Move) {
      const order = picked(
        orders.filter((one) => canBeHeld(one) && leftOf(one.model) > 0),
        move.pick,
      );
      if (order === undefined) return;
      const by = order.model.state === 'completed' ? 'provider' : 'buyer';
      const refund = await ask(move, order, by, (move.fen % Math.ceil(leftOf(order.model) / 2)) + 1);
      if (refund === null) return;
      await act(move, refund, 'provider.agree', 0);
      if (isSending(refund.state)) await execute(move, refund);
    },

    async invoice(move: Move) {
      const paid = orders.filter(({ model }) => model.paidFen > 0 || move.pick % 8 === 0);
      const order = picked(paid, move.pick);
      if (order === undefined) return;
      const { model, terms } = order;
      const leftFen = leftOf(model) - model.invoicedFen;
      const amountFen = (move.fen % (Math.max(leftFen, 0) + 1)) + 1;
      const subject = { invoiceId: `inv_${unique()}`, buyerId: terms.buyerId, providerId: terms.providerId };
      const step: InvoiceStep = {
        ...{ ...systemCause(`cmd_${unique()}`, 'buyer.request'), ...isPerson },
        ...{ ...requested(subject, amountFen, Date.now()), subject, sequence: 1, atMs: Date.now() },
      };
      const request = { policy: INVOICE_POLICY, orderIds: [terms.orderId], sealed: 'c2VhbGVk' };
      const asked = await perform(walk, move, ({ recordInvoiceStep }) => run(recordInvoiceStep, { step, request }));
      // What a cancelled order still holds is on its way back.
      const isGoingBack = model.state === 'cancelled' && (model.refundedFen === 0 || model.heldFen > 0);
      const isOver = model.state === 'refunded' || isGoingBack;
      expect('done' in asked).toBe(openRefund(model) === undefined && !isOver && amountFen <= leftFen);
      if (!('done' in asked)) return;
      invoices.push({ order, step: { ...step, state: asked.done.state }, amountFen });
      model.invoicedFen += amountFen;
    },

    /** An invoice is withdrawn, and the refund that waits for it goes on. */
    async endInvoice(move: Move) {
      const [invoice] = invoices.splice(move.pick % Math.max(invoices.length, 1), 1);
      if (invoice === undefined) return;
      const { order, amountFen, step: asked } = invoice;
      const command = invoiceCommand('buyer.withdraw');
      const transition = applyInvoiceCommand(asked.subject, asked.state, command, Date.now());
      const step = { ...asked, ...transition, commandId: command.commandId, action: command.action, sequence: 2 };
      const request = { policy: INVOICE_POLICY, orderIds: null, sealed: '' };
      const ended = await perform(walk, move, ({ recordInvoiceStep }) => run(recordInvoiceStep, { step, request }));
      expect(ended).toHaveProperty('done');
      order.model.invoicedFen -= amountFen;
      for (const refund of refunds.filter((one) => one.order === order)) {
        const transition = released(refund.state, Date.now());
        if (transition === null) continue;
        expect(await record(move, refund, transition, { action: 'refund.released' })).toHaveProperty('done');
        expect(isSending(refund.state)).toBe(order.model.invoicedFen === 0);
      }
      if (order.waiting !== null) await sendBackCancelled(walk, move, order, order.waiting);
    },
  };
}
