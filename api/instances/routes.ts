import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { whyNoDeliveryUrl } from '../../domain/instances/delivery-url';
import { PROVIDER_ACTIONS } from '../../domain/instances/protocol';
import { INSTANCE_STAGES } from '../../domain/instances/state';
import { AppError } from '../../domain/shared/errors';
import { findInstance, listInstances } from '../../prisma/store/instances/instances';
import type { Database } from '../../prisma/store/shared/database';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { pageAnswer, pageOfQuery } from '../http/paging';
import { byId, pageOf, paging } from '../http/schemas';
import { scopeOf } from '../http/scope';
import { debuggerAnswerSchema, deliveryEndpointSchema, instanceSchema, instanceSummarySchema } from './schemas';
import type { InstanceService } from './service';
import { instanceSummary, instanceView } from './view';

/** What the routes of instances need beside the HTTP layer. */
export type InstanceRoutes = { db: Database; keys: KeyRing; service: InstanceService; allowPrivate: boolean };

const TAG = 'Instances';
const READERS = [
  { role: 'buyer', access: { buyer: 'any' } },
  { role: 'provider', access: { provider: 'orders' } },
] as const;
const ofProducts = { provider: 'products' } as const;

/** SaaS instances, and the delivery URLs by which they are made (INS). */
export function instanceRoutes(context: ApiContext, { db, keys, service, allowPrivate }: InstanceRoutes): void {
  reading(context, db, keys);
  const endpoint = {
    url: z.string().max(500).transform(callable(allowPrivate)).openapi({
      type: 'string',
      format: 'uri',
      example: 'https://saas.example/marketplace',
      description: 'HTTPS on the public internet, without a query',
    }),
    token: z
      .string()
      .regex(/^[\x21-\x7e]{8,128}$/, 'must have 8 to 128 visible ASCII characters')
      .openapi({ example: 'a-long-random-token', description: 'Signs what is sent there; never shown again' }),
  };
  put(context, {
    path: '/v1/provider/products/{id}/delivery-endpoint',
    summary: 'Where a published SaaS product’s instances are asked for: saved once it answers verifyInterface (INS-2)',
    tag: TAG,
    access: ofProducts,
    params: byId,
    query: nothing,
    body: z.strictObject(endpoint).openapi('DeliveryEndpointTerms'),
    answer: { status: 200, schema: deliveryEndpointSchema },
    handle: (call) => service.saveEndpoint(call, call.params.id, call.body),
  });
  post(context, {
    path: '/v1/provider/delivery-debugger',
    summary: 'Make one call of the delivery protocol to a test URL; what has passed is kept (INS-5)',
    tag: TAG,
    access: ofProducts,
    params: nothing,
    query: nothing,
    body: z.strictObject({ action: z.enum(PROVIDER_ACTIONS), ...endpoint }).openapi('DebuggerCall'),
    answer: { status: 200, schema: debuggerAnswerSchema },
    handle: (call) => service.debug(call, call.body.action, call.body),
  });
}

function reading(context: ApiContext, db: Database, keys: KeyRing): void {
  for (const { role, access } of READERS) {
    get(context, {
      path: `/v1/${role}/instances`,
      summary: 'SaaS instances, newest first',
      tag: TAG,
      access,
      params: nothing,
      query: z.strictObject({ ...paging, stage: z.enum(INSTANCE_STAGES).optional() }),
      body: nothing,
      answer: { status: 200, schema: pageOf(instanceSummarySchema, 'InstancePage') },
      async handle({ principal, query }) {
        const page = pageOfQuery(query);
        return pageAnswer(await listInstances(db, scopeOf(principal), query, page), page, instanceSummary);
      },
    });
    get(context, {
      path: `/v1/${role}/instances/{id}`,
      summary: 'One instance: how far it is, until when it runs, how it is got at',
      tag: TAG,
      access,
      params: byId,
      query: nothing,
      body: nothing,
      answer: { status: 200, schema: instanceSchema },
      async handle({ principal, params }) {
        const found = await findInstance(db, params.id, scopeOf(principal));
        if (found === null) throw new AppError('INSTANCE.NOT_FOUND', 'There is no such instance.');
        return instanceView(found, keys);
      },
    });
  }
}

/** A URL in the spelling in which it is called, so that an address written as a number is recognised. */
function callable(allowPrivate: boolean) {
  return (sent: string, context: z.RefinementCtx): string => {
    const url = URL.canParse(sent) ? new URL(sent) : null;
    const wrong = url === null ? 'must be a URL' : whyNoDeliveryUrl(url, allowPrivate);
    if (url !== null && wrong === null) return url.href;
    context.addIssue({ code: 'custom', message: wrong ?? 'must be a URL' });
    return z.NEVER;
  };
}
