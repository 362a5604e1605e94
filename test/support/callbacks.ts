import { PAYMENT_CHANNELS, type PaymentChannel } from '../../domain/orders/order';
import { signCallback } from '../../sandbox/signature';

/** What a payment channel signs its callbacks with in tests. */
export const callbackSecret = (channel: PaymentChannel) => `a secret of ${channel} in tests`;

/** PAYMENT_CALLBACK_SECRETS of tests. */
export const CALLBACK_SECRETS = PAYMENT_CHANNELS.map((channel) => `${channel}:${callbackSecret(channel)}`).join(',');

/** The signature of a callback's body by its channel, of now unless given another time. */
export const signedBy = (channel: PaymentChannel, rawBody: string, atMs?: number): string =>
  signCallback({ secret: callbackSecret(channel), channel, rawBody, ...(atMs !== undefined && { atMs }) });
