import { z } from 'zod';
import type { RefundPolicy } from '../../../domain/refunds/deadlines';
import { REASON_CODES } from '../../../domain/refunds/reasons';
import { OBSTACLES, REFUND_STAGES, type RefundState } from '../../../domain/refunds/state';

/** A refund's state, as its row and its steps hold it. */
export const storedRefundState: z.ZodType<RefundState> = z.object({
  stage: z.enum(REFUND_STAGES),
  initiatedBy: z.enum(['buyer', 'provider']),
  reasonCode: z.enum(REASON_CODES),
  noReason: z.boolean().nullable(),
  requestedFen: z.int(),
  offeredFen: z.int().nullable(),
  approvedFen: z.int().nullable(),
  refundedFen: z.int(),
  waitsFor: z.array(z.enum(OBSTACLES)).nullable(),
  attempt: z.int(),
  failure: z.string().nullable(),
  channelRefundId: z.string().nullable(),
  enteredAtMs: z.number(),
  passed: z.array(z.string()),
  final: z.boolean(),
});

/** The policies that a refund keeps for life (GEN-3), as its row holds them. */
export const storedRefundPolicy: z.ZodType<RefundPolicy> = z.object({
  noReasonDays: z.int(),
  autoExecuteAfterMs: z.number(),
  answerWithinMs: z.number(),
  buyerAnswerWithinMs: z.number(),
  operationsRemindersMs: z.array(z.number()),
  invoiceRemindersMs: z.array(z.number()),
});
