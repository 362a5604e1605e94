import { KeyNotHeld, type KeyRing, openText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import { orderDeadlines } from '../../domain/orders/deadlines';
import { allowedOrderActions } from '../../domain/orders/rules';
import type { ProductContent } from '../../domain/products/content';
import { PRODUCT_TYPES } from '../../domain/products/kinds';
import { OBSTACLES } from '../../domain/refunds/state';
import type { OrderDetails, OrderTimelineRow } from '../../prisma/store/orders/details';
import type { PrincipalRole } from '../http/auth';
import { type Contact, orderView } from './view';

/**
 * An order in full, for one of its parties or operations. Sealed words are for the parties only (ORD-2).
 * @param buyerContact for the provider and operations, who leave a trace of the look (ORD-7); null elsewhere
 */
export function orderDetailsView(
  { row, own, policy, timeline, content, refundWaits }: OrderDetails,
  role: PrincipalRole,
  keys: KeyRing,
  buyerContact: Contact | null = null,
) {
  const productType = PRODUCT_TYPES.find((type) => type === row.productType);
  if (productType === undefined) throw new Error(`${row.id} is of no product type: ${row.productType}`);
  // While it is being refunded, or a refund has ended it, nothing of its own goes on.
  const current = own?.state === row.state ? own : null;
  return {
    ...orderView(row, buyerContact),
    feeBasisPoints: role === 'buyer' ? null : row.feeBasisPoints,
    agreement: content?.serviceAgreement ?? null,
    delivered: row.fulfilment === 'immediate' && row.state === 'completed' && content !== null ? given(content) : null,
    refundWaitsFor: refundWaits ? [...OBSTACLES] : [],
    allowedActions: current === null ? [] : allowedOrderActions(current, { productType, steps: row.sequence }),
    deadlines: (current === null ? [] : orderDeadlines(current, policy)).map(
      ({ name, atMs, outcome, stoppableBy }) => ({
        ...{ name, at: new Date(atMs).toISOString(), outcome, stoppableBy },
      }),
    ),
    timeline: timeline.map((step) => ({
      ...{ at: step.at.toISOString(), actor: step.actorRole, action: step.action, note: noteOf(step, role, keys) },
      attachments: step.attachments.map(({ id, name, size, type }) => ({ id, name, size, type })),
    })),
  };
}

/** What the buyer of an image or an API uses (ORD-8). */
function given(content: ProductContent) {
  if (content.type === 'image') return { imageId: content.imageId };
  if (content.type !== 'api') return null;
  const { endpointUrl, documentationUrl } = content;
  return { endpointUrl, documentationUrl };
}

/** The words of a step; null also once the key that sealed them was retired: the trail cannot be sealed anew. */
function noteOf({ commandId, note, sealedNote }: OrderTimelineRow, role: PrincipalRole, keys: KeyRing): string | null {
  if (sealedNote === null) return note;
  if (role === 'ops') return null;
  try {
    return openText(keys, sealedNote, placeOf('submission', commandId));
  } catch (error) {
    if (error instanceof KeyNotHeld) return null;
    throw error;
  }
}
