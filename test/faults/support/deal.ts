import type { DeliveryAction } from '../../../domain/deliveries/commands';

export type Role = 'buyer' | 'provider' | 'ops';

/** A request as a client sends it, again and again under the same key until it is answered. */
export type Post = { role: Role; path: string; body: Record<string, unknown>; key: string };

/** A command that was answered 200 and how it was sent, or a deadline that passed. */
export type Done = { action: DeliveryAction; post: Post } | { action: `deadline.${string}`; post: null };

/** A paid order and its delivery, with everything that was done to it. */
export type Deal = { orderId: string; deliveryId: string; done: Done[] };
