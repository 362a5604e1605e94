import express from 'express';
import { z } from 'zod';
import { isSignedByChannel } from '../../codec/channel-signature';
import type { CallbackSecrets } from '../../config/callback-secrets';
import { PAYMENT_CHANNELS } from '../../domain/orders/order';
import { REPORTED_PAYMENT } from '../../domain/orders/reported-payment';
import { AppError } from '../../domain/shared/errors';
import { read } from '../../domain/shared/faults';
import { storeCallback } from '../../prisma/store/payments/callbacks';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, expressPath, nothing } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { documentEndpoint } from '../http/openapi';
import { invalid } from '../http/problems';
import { id } from '../http/schemas';

const callback = z
  .strictObject({
    ...REPORTED_PAYMENT,
    orderId: id('ord'),
    status: z.enum(['succeeded', 'failed']),
  })
  .openapi('PaymentCallback');

const refused = () =>
  new AppError(
    'PAYMENT.SIGNATURE_INVALID',
    'Sign the time, the channel and the raw body with the secret of the channel.',
  );

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new AppError('REQUEST.MALFORMED', 'The body must be a JSON object.');
  }
}

/** Where payment channels call back (ORD-6): stored first, then answered 202; counted once, whatever comes how often. */
export function gatewayRoutes(context: ApiContext, { db, secrets }: { db: Database; secrets: CallbackSecrets }): void {
  const params = z.strictObject({ channel: z.enum(PAYMENT_CHANNELS) });
  const spec = {
    path: '/v1/gateway/payments/{channel}/callbacks',
    summary: 'A payment channel reports a payment (signed, at least once, in any order)',
    tag: 'Gateway',
    access: {},
    params,
    query: nothing,
    body: callback,
    answer: { status: 202, schema: z.object({ received: z.boolean() }) },
  } as const;
  documentEndpoint(context.registry, 'post', spec, { security: 'channelSignature' });
  context.router.post(
    expressPath(spec.path),
    express.raw({ type: () => true, limit: '64kb' }),
    async (request, response) => {
      request.routePattern = spec.path;
      const path = read(params, request.params, 'path');
      if (!path.isRead) throw invalid(path.faults);
      const { channel } = path.data;
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      // Whoever else sends garbage, from whatever address, uses up nothing of what the channel may send.
      if (!isSignedByChannel({ header: request.header('x-channel-signature'), channel, body }, secrets)) {
        context.limiter.unverified({ request, response });
        throw refused();
      }
      context.limiter.signed(channel, response);
      const fact = read(callback, parseJson(body), 'body');
      if (!fact.isRead) throw invalid(fact.faults);
      const seed = `${channel}/${fact.data.transactionId}/${fact.data.status}`;
      await storeCallback(db, {
        id: idFrom('pay', Date.now(), seed),
        channel,
        ...fact.data,
      });
      response.status(202).json({ received: true });
    },
  );
}
