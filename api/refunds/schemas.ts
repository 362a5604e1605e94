import { z } from 'zod';
import { REFUND_OPERATIONS } from '../../domain/refunds/commands';
import { REASON_CODES } from '../../domain/refunds/reasons';
import { OBSTACLES, REFUND_STAGES } from '../../domain/refunds/state';
import { timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });
const ground = z.object({
  code: z.enum(REASON_CODES),
  isShown: z.boolean().nullable().openapi({ description: 'Whether the facts show it; null: people have to say' }),
});

/** A refund in full: how much, what it waits for, by when, what may be done, and its timeline (RFD). */
export const refundSchema = z
  .object({
    id: z.string(),
    orderId: z.string(),
    deliveryId: z.string().nullable(),
    buyerId: z.string(),
    providerId: z.string(),
    initiatedBy: z.enum(['buyer', 'provider']),
    state: z.enum(REFUND_STAGES),
    noReason: z.boolean().openapi({ description: 'Asked for within the no-reason condition (RFD-3)' }),
    reasonCode: z.enum(REASON_CODES),
    reason: z.string(),
    requestedFen: z.int(),
    offeredFen: z.int().nullable(),
    approvedFen: z.int().nullable(),
    refundedFen: z.int(),
    waitsFor: z.array(z.enum(OBSTACLES)).openapi({ description: 'What the execution waits for (RFD-4)' }),
    failure: z.string().nullable().openapi({ description: 'Why the channel refused it; nothing was sent then' }),
    allowedActions: z.array(z.enum(REFUND_OPERATIONS)),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string(), stoppableBy: z.array(z.string()) })),
    timeline: z.array(timelineEntry),
    grounds: z
      .object({ fullRefund: z.array(ground), noFullRefund: z.array(ground) })
      .nullable()
      .openapi({ description: 'For operations: for what a full refund is due, and for what not (RFD-7)' }),
    facts: z
      .object({
        paidAt: time.nullable(),
        requestedAt: time,
        requirementAt: time.nullable(),
        confirmedAt: time.nullable(),
        submittedAt: time.nullable(),
        acceptedAt: time.nullable(),
        requirementRejections: z.int(),
        acceptanceRejections: z.int(),
        buyerActedAt: time.nullable(),
        providerActedAt: time.nullable(),
      })
      .nullable()
      .openapi({ description: 'For operations: what had happened when it was asked for (RFD-7)' }),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Refund');

/** A refund as lists show it. */
export const refundSummarySchema = refundSchema
  .omit({ timeline: true, grounds: true, facts: true })
  .openapi('RefundSummary');
