import { ApplicationFailure } from '@temporalio/activity';
import type { OrderTerms, PaymentFact } from '../../../domain/orders/order';
import type { Refund } from '../../../domain/refunds/refund';
import { allActivities } from '../../../worker/worker';
import { dyingAt, run, type Store } from '../../support/store';
import { type FickleChannel, LOST, type Way } from './money-channel';
import type { Books, ModelClaim, ModelCoupon, ModelOrder } from './money-model';

/** One move of a history: what is done, and numbers of which each move takes what it needs. */
export type Move = {
  does: string;
  pick: number;
  fen: number;
  way: Way;
  flag: boolean;
  /** It is done again, as an activity whose answer got lost. */
  again: boolean;
  /** The worker dies before so many writes, and another one does it; 0: it does not die. */
  diesAt: number;
};

export type Activities = Store['activities'];
/** An order on its way: its terms, what the model says of it, and what its workflow would know. */
export type WalkOrder = {
  terms: OrderTerms;
  model: ModelOrder;
  /** Reported by a channel, not handed over to the order yet. */
  reports: PaymentFact[];
  knownPaymentIds: string[];
  payment: PaymentFact | null;
  /** What goes back of a cancelled order once no invoice of it is live (RFD-4). */
  waiting: Refund | null;
};
export type WalkCoupon = { id: string; reduces: ModelCoupon; quantity: number; perBuyer: number; claims: ModelClaim[] };

export type Walk = {
  store: Store;
  channel: FickleChannel;
  books: Books;
  orders: WalkOrder[];
  coupons: WalkCoupon[];
};

export const picked = <T>(all: readonly T[], n: number): T | undefined => all[n % Math.max(all.length, 1)];
/** As `picked`, of what has some. */
export function oneOf<T>(all: readonly T[], n: number): T {
  const found = picked(all, n);
  if (found === undefined) throw new Error('there is nothing to choose from');
  return found;
}

/** Does something as the worker does: perhaps it dies and does it again, perhaps its answer gets lost. */
export async function perform<T>(
  { store, channel }: Walk,
  { diesAt, again }: Pick<Move, 'diesAt' | 'again'>,
  work: (activities: Activities) => Promise<T>,
  isOneTransaction = true,
): Promise<{ done: T } | { refused: string }> {
  const outside = { ...store.outside, channel: channel.port };
  if (diesAt > 0) {
    const before = await store.db.entry.count();
    const died = await work(allActivities({ ...outside, db: dyingAt(store.db, diesAt) })).then(
      () => false,
      (error: Error) => error.message.startsWith('died at write'),
    );
    if (died && isOneTransaction) expect(await store.db.entry.count()).toBe(before);
  }
  const activities = allActivities(outside);
  try {
    const done = await work(activities);
    if (again) expect(await work(activities)).toEqual(done);
    return { done };
  } catch (error) {
    if (error instanceof ApplicationFailure) return { refused: error.type ?? '' };
    if (error instanceof Error && error.message === LOST) return { refused: LOST };
    throw error;
  }
}

/** Sends money back that nobody decides about, as its workflow does: again and again, however the channel behaves at first. */
export async function sendBack(walk: Walk, move: Move, refund: Refund) {
  const send = () => perform(walk, move, ({ sendRefund }) => run(sendRefund, refund), false);
  walk.channel.behaves(move.way);
  await send().catch(() => undefined);
  walk.channel.behaves('sends');
  return send();
}

export const SENT = { done: undefined };

/** Money of a cancelled order goes back, unless an invoice of the order is live: then it waits, and nothing is posted. */
export async function sendBackCancelled(walk: Walk, move: Move, order: WalkOrder, refund: Refund): Promise<void> {
  const waits = order.model.invoicedFen > 0;
  expect(await sendBack(walk, move, refund)).toEqual(waits ? { refused: 'REFUND.WAITS_FOR_INVOICE' } : SENT);
  order.waiting = waits ? refund : null;
  if (!waits) walk.books.refund(order.model, refund.amountFen);
}
