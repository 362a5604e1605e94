import { z } from 'zod';

/** What a channel says of any payment, by a callback or when it is asked (ORD-6). */
export const REPORTED_PAYMENT = {
  transactionId: z.string().regex(/^[\w-]{1,64}$/),
  amountFen: z.int().min(0).max(1_000_000_000_00),
  /** Of the order, for which the payment was made; left out where the channel does not know it (ORD-5). */
  priceVersion: z.int().min(1).max(1_000).optional(),
};
