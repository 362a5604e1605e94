import type { ReviewKind } from '../../domain/reviews/state';
import type { ReviewSubject } from '../../domain/reviews/step';
import type { Prisma } from '../generated/client';
import type { Transaction } from './change';

/** What is taken up for review: what was in force then and what is proposed, which make the reviewer's diff. */
export type TakenUp = {
  base: Prisma.InputJsonObject | null;
  proposed: Prisma.InputJsonObject | null;
  /** What of the proposal only few may read. */
  sealed?: Buffer | null;
};

/** A review whose decision takes effect: its row's documents. */
export type Decided = ReviewSubject & {
  proposed: Prisma.JsonObject | null;
  sealed: Buffer | null;
  /** The reviewer's words. */
  reason: string;
  at: Date;
};

/** What a review's steps mean for the object that is reviewed; each runs in the step's own transaction. */
export type ReviewEffects = {
  /**
   * The object goes into review. It is locked before anything is read of it.
   * @throws AppError when this cannot be submitted now: the submission is refused, and nothing has changed
   */
  takeUp(tx: Transaction, subject: ReviewSubject, at: Date): Promise<TakenUp>;
  approve(tx: Transaction, review: Decided): Promise<void>;
  reject(tx: Transaction, review: Decided): Promise<void>;
  withdraw(tx: Transaction, review: Decided): Promise<void>;
};

export type EffectsOfKinds = Record<ReviewKind, ReviewEffects>;
