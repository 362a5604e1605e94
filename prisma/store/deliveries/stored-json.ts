import { z } from 'zod';
import { type DeliveryState, FLOWS, GROUNDS, OUTCOMES, STAGES } from '../../../domain/deliveries/state';
import type { DeliveryPolicy } from '../../../domain/policies/catalogue';

const clock = z.object({ elapsedMs: z.number(), runningSinceMs: z.number().nullable() });

/** A delivery's state, as its row and its steps hold it. */
export const storedDeliveryState: z.ZodType<DeliveryState> = z.object({
  flow: z.enum(FLOWS),
  stage: z.enum(STAGES),
  appeal: z
    .object({
      id: z.string(),
      openedBy: z.enum(['buyer', 'provider']),
      grounds: z.array(z.enum(GROUNDS)),
      openedAtMs: z.number(),
      due: z.object({ atMs: z.number(), calendarVersion: z.string(), provisional: z.boolean() }).nullable(),
      escalated: z.boolean(),
    })
    .nullable(),
  refund: z.object({ id: z.string() }).nullable().optional(),
  refundedFen: z.int().optional(),
  requirementRejections: z.int(),
  acceptanceRejections: z.int(),
  stalled: z.boolean(),
  requirementConfirmed: z.boolean(),
  submitted: z.boolean(),
  stageClock: clock,
  startClock: clock,
  passed: z.array(z.string()),
  outcome: z.enum(OUTCOMES).nullable(),
  refundFen: z.int().nullable(),
});

const times = z.array(z.number());

/** The policies that a delivery keeps for life (GEN-3), as its row holds them. */
export const storedDeliveryPolicy: z.ZodType<DeliveryPolicy> = z.object({
  providerStallMs: z.number(),
  requirementRejections: z.int(),
  acceptanceRejections: z.int(),
  autoAcceptAfterMs: z.number(),
  startWithinMs: z.number(),
  providerRemindersMs: times,
  acceptanceRemindersMs: times,
  requirementRemindersMs: times,
  requirementTaskAfterMs: z.number(),
  implementingEscalationsMs: times,
  operationsRemindersMs: times,
  appealTarget: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('elapsed'), ms: z.number() }),
    z.object({ kind: z.literal('workingDays'), days: z.int() }),
  ]),
});
