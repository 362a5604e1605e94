import { z } from 'zod';
import { OPERATIONS } from '../../domain/deliveries/commands';
import { FLOWS, OUTCOMES, RULINGS, STAGES } from '../../domain/deliveries/state';
import { attachmentRef, timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });

const appealSchema = z
  .object({
    id: z.string(),
    deliveryId: z.string(),
    status: z.enum(['open', 'resolved']),
    openedBy: z.enum(['buyer', 'provider']),
    grounds: z.array(z.string()),
    reason: z.string(),
    openedAt: time,
    dueAt: time,
    dueProvisional: z.boolean(),
    ruling: z.enum(RULINGS).nullable(),
    rulingReason: z.string().nullable(),
    refundFen: z.int().nullable(),
    resolvedAt: time.nullable(),
  })
  .openapi('Appeal');

/** A delivery in full: what it waits for, by when, what may be done, and its timeline (DLV-13). */
export const deliverySchema = z
  .object({
    id: z.string(),
    orderId: z.string(),
    flow: z.enum(FLOWS),
    stage: z.enum(STAGES),
    frozen: z.boolean(),
    refundId: z.string().nullable().openapi({ description: 'The open refund that the delivery waits for (RFD-6)' }),
    requirementRejections: z.int(),
    acceptanceRejections: z.int(),
    appeal: z.union([appealSchema, z.null()]).openapi({ description: 'The latest appeal, open or resolved' }),
    outcome: z.enum(OUTCOMES).nullable(),
    allowedActions: z.array(z.enum(OPERATIONS)),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string(), stoppableBy: z.array(z.string()) })),
    timeline: z.array(timelineEntry.extend({ attachments: z.array(attachmentRef) })),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Delivery');

/** A delivery as lists show it. */
export const deliverySummarySchema = deliverySchema.omit({ timeline: true, appeal: true }).openapi('DeliverySummary');
