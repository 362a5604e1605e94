import { createHash, randomUUID } from 'node:crypto';
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { idFrom } from '../../api/http/ids';
import { type KeyRing, keyRing, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { Config } from '../../config';
import { type DeliveryCommand, isSealed } from '../../domain/deliveries/commands';
import type { PaymentFact } from '../../domain/orders/order';
import { orderPolicy, parsePolicy } from '../../domain/policies/catalogue';
import { findOffer } from '../../prisma/store/products/storefront';
import { type Database, openDatabase } from '../../prisma/store/shared/database';
import { orderIdOf, type PeerInput } from './delivery';

/** How a peer carries commands to its workflows. */
export type Backend = {
  /** Places the order; returns when its row is there. */
  place(input: PeerInput): Promise<void>;
  /** Hands on that the order is paid. */
  pay(payment: PaymentFact): Promise<void>;
  /** Carries a command out; returns when its row is there. */
  perform(orderId: string, command: DeliveryCommand): Promise<void>;
};

const purchase = z.object({ productId: z.string(), specId: z.string(), paymentChannel: z.enum(['wechat']) });
const callback = z.object({ orderId: z.string(), transactionId: z.string(), amountFen: z.int() });
const operation = z.object({
  action: z.enum([
    'buyer.requirement',
    'provider.requirement.confirm',
    'provider.implementation.submit',
    'buyer.acceptance.reject',
    'buyer.acceptance.accept',
  ]),
  note: z.string(),
});
const BUYER = 'usr_demo';
const ACTORS = { buyer: BUYER, provider: 'usr_provider_demo' } as const;

/**
 * The bare HTTP layer that all peers share: it keeps the same records as the system's own (the request under its key
 * and its answer, the payment's callback), and has no tokens, limits or documentation.
 */
export async function serve(config: Config, db: Database, backend: Backend): Promise<void> {
  const records = openDatabase(config.DATABASE_URL, 5, 'eager');
  const keys = keyRing(config.CODEC_KEYS);
  const { delivery: policy, payWithinMs } = orderPolicy(parsePolicy({}));
  const app = express();
  app.use(express.json());
  app.get('/readyz', (_request, response) => {
    response.send('ready');
  });

  const command = keyed(records);
  app.post('/orders', (request, response) =>
    command(request, response, 201, async ({ commandId, requestId, sourceIp }) => {
      const { productId, specId, paymentChannel } = purchase.parse(request.body);
      const offer = await findOffer(db, productId, specId);
      if (offer === null) throw new Error(`There is no spec ${specId}`);
      const { productName, specName, providerId, supervised, agreementSha256 } = offer;
      const originalFen = Number(offer.priceFen);
      const orderId = newId('ord');
      const terms = {
        ...{ orderId, deliveryId: orderId.replace(/^ord_/, 'dlv_'), buyerId: BUYER, providerId, productId, specId },
        ...{ productName, specName, paymentChannel, payableFen: originalFen, originalFen, flow: 'standard' as const },
        ...{ productType: offer.type, supervised, productVersion: offer.version, agreementSha256 },
        feeBasisPoints: 1_000,
      };
      await backend.place({ terms, placedBy: { commandId, requestId, sourceIp }, policy, payWithinMs });
      return orderView(db, orderId);
    }),
  );
  app.post('/payments', async (request, response) => {
    await backend.pay(await stored(db, callback.parse(request.body)));
    response.status(202).json({});
  });
  app.get('/orders/:id', async (request, response) => {
    response.json(await orderView(db, request.params.id));
  });
  app.post('/deliveries/:id', (request, response) =>
    command(request, response, 200, async ({ commandId, requestId, sourceIp }) => {
      const { action, note } = operation.parse(request.body);
      const actorId = ACTORS[action.startsWith('buyer.') ? 'buyer' : 'provider'];
      const origin = { actorId, providerId: null, requestId, sourceIp };
      const words = isSealed(action) ? sealed(keys, commandId, note) : note;
      const orderId = orderIdOf(String(request.params.id));
      await backend.perform(orderId, { commandId, action, note: words, attachmentIds: [], origin });
      return db.delivery.findUniqueOrThrow({ where: { orderId }, omit: { state: true, policy: true } });
    }),
  );
  app.listen(config.API_PORT, '127.0.0.1');
}

const newId = (prefix: string) => idFrom(prefix, Date.now(), randomUUID());

const sealed = (keys: KeyRing, commandId: string, note: string) =>
  sealText(keys, note, placeOf('submission', commandId)).toString('base64');

type Origin = { commandId: string; requestId: string; sourceIp: string };

/** Carries out a POST under its key: the request is recorded before, the answer after. */
function keyed(db: Database) {
  return async (
    request: Request,
    response: Response,
    status: number,
    work: (origin: Origin) => Promise<object>,
  ): Promise<void> => {
    const key = request.header('idempotency-key') ?? '';
    const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
    const id = hash(`${request.path} ${key}`).slice(0, 16);
    const bodyHash = hash(JSON.stringify(request.body));
    await db.idempotencyRecord.create({ data: { id, principal: BUYER, route: request.path, key, bodyHash } });
    const view = await work({ commandId: id, requestId: newId('req'), sourceIp: request.ip ?? '' });
    const body = JSON.stringify(view);
    response.status(status).type('json').send(body);
    await db.idempotencyRecord.update({ where: { id }, data: { status, body, answeredAt: new Date() } });
  };
}

/** Stores a callback before it is handed on; it is handled by whoever stores it, so that no relay takes it. */
async function stored(db: Database, { orderId, transactionId, amountFen }: z.infer<typeof callback>) {
  const now = new Date();
  const id = newId('pay');
  const fact = { orderId, channel: 'wechat', transactionId, amountFen } as const;
  const handled = { status: 'succeeded', attempts: 1, handledAt: now, handling: 'signalled' };
  await db.paymentCallback.create({ data: { id, ...fact, ...handled } });
  return { paymentId: id, ...fact, receivedAtMs: now.getTime() };
}

/** An order as the load generator reads it; its delivery is named once that is there. */
async function orderView(db: Database, id: string) {
  const { state, payableFen, deliveryId } = await db.order.findUniqueOrThrow({ where: { id } });
  return { id, state, payableFen: Number(payableFen), deliveryId: state === 'pending_payment' ? null : deliveryId };
}
