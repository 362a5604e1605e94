import { z } from 'zod';
import type { DeliveryState } from '../../../domain/deliveries/state';
import { ORDER_STATES, type PaymentFact } from '../../../domain/orders/order';
import type { OrderState } from '../../../domain/orders/state';
import type { OrderPolicy } from '../../../domain/policies/catalogue';

const clock = z.object({ elapsedMs: z.number(), runningSinceMs: z.number().nullable() });
const ownState = z.enum(ORDER_STATES).exclude(['refunding', 'refunded']);

/** An order's state, as its steps hold it. */
export const storedOrderState: z.ZodType<OrderState> = z.object({
  state: ownState,
  payableFen: z.int(),
  earlierPricesFen: z.array(z.int()).exactOptional(),
  couponReductionFen: z.int().exactOptional(),
  payByMs: z.number(),
  payment: z.custom<PaymentFact | null>(),
  delivery: z.custom<DeliveryState | null>(),
  turn: z.object({ clock, passed: z.array(z.string()) }).exactOptional(),
  refundedFen: z.int().exactOptional(),
});

/** The policies that an order keeps for life (GEN-3), as our own statement wrote them; null where others supervise it. */
export const storedOrderPolicy = z
  .custom<OrderPolicy>((value) => typeof value === 'object' && value !== null)
  .nullable();
