import { z } from 'zod';
import { ORDER_OPERATIONS } from '../../domain/orders/commands';
import { OBSTACLES } from '../../domain/refunds/state';
import { attachmentRef, orderSchema, timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });

/** An order in full: what may be done, by when, its timeline, and what was agreed and delivered. */
export const orderDetailsSchema = orderSchema
  .extend({
    feeBasisPoints: z
      .int()
      .nullable()
      .openapi({ description: 'The share of the platform in what is paid, for the provider and operations' }),
    agreement: z
      .union([z.object({ text: z.string() }), z.object({ attachmentId: z.string() }), z.null()])
      .openapi({ description: 'The service agreement of the version that was bought' }),
    delivered: z
      .union([
        z.object({ imageId: z.string() }),
        z.object({ endpointUrl: z.string(), documentationUrl: z.string() }),
        z.null(),
      ])
      .openapi({ description: 'What a completed order of an image or an API gives access to' }),
    refundWaitsFor: z
      .array(z.enum(OBSTACLES))
      .openapi({ description: 'What the money of a cancelled order waits for before it goes back (RFD-4)' }),
    allowedActions: z.array(z.enum(ORDER_OPERATIONS)),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string(), stoppableBy: z.array(z.string()) })),
    timeline: z.array(timelineEntry.extend({ attachments: z.array(attachmentRef) })),
  })
  .openapi('OrderDetails');
