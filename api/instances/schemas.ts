import { z } from 'zod';
import { FAILURES } from '../../domain/instances/answers';
import { PROVIDER_ACTIONS } from '../../domain/instances/protocol';
import { INSTANCE_STAGES } from '../../domain/instances/state';
import '../http/schemas';
import { timelineEntry } from '../http/schemas';

const time = z.iso.datetime({ offset: true });

export const instanceSummarySchema = z
  .object({
    id: z.string(),
    orderId: z.string().openapi({ description: 'The order that it began with' }),
    productId: z.string(),
    productName: z.string(),
    specName: z.string(),
    isTrial: z.boolean(),
    stage: z.enum(INSTANCE_STAGES),
    expiresAt: time.nullable().openapi({ description: 'Null while it is not ready, and where it has no end' }),
    deadlines: z.array(z.object({ name: z.string(), at: time, outcome: z.string() })),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('InstanceSummary');

export const instanceSchema = instanceSummarySchema
  .extend({
    signId: z.string().nullable().openapi({ description: 'The provider’s own name for it' }),
    access: z
      .union([
        z.object({
          website: z.string().nullable(),
          authUrl: z.string().nullable(),
          additionalInfo: z.array(z.unknown()).openapi({ description: 'As the provider’s side has sent it' }),
        }),
        z.null(),
      ])
      .openapi({ description: 'How the buyer gets at it, as long as it is there; only the parties read it' }),
    timeline: z.array(timelineEntry.omit({ note: true })),
  })
  .openapi('Instance');

export const deliveryEndpointSchema = z
  .object({ productId: z.string(), url: z.string(), verifiedAt: time })
  .openapi('DeliveryEndpoint');

export const debuggerAnswerSchema = z
  .object({
    action: z.enum(PROVIDER_ACTIONS),
    url: z.string(),
    requestId: z.string().openapi({ description: 'Of the call: one that is tried again keeps it' }),
    passed: z.boolean(),
    failure: z.enum(FAILURES).nullable(),
    detail: z.string().nullable(),
    durationMs: z.int(),
    passedActions: z
      .array(z.object({ action: z.enum(PROVIDER_ACTIONS), passedAt: time }))
      .openapi({ description: 'What has passed at this URL so far (INS-5)' }),
  })
  .openapi('DebuggerAnswer');
