import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../parts/system';
import { clientOf, type Role, say } from './client';

/** The provider's product costs less from now on, once operations have approved that. */
async function playReview(system: System): Promise<void> {
  const { does, isRefused, product, review, uploadLogo } = clientOf(system);
  say('The provider uploads a logo and lowers a price: an application, for what is published is reviewed.');
  const { content } = await product('prd_service');
  const [first, ...others] = content.specs;
  const specs = [{ ...first, priceFen: (first?.priceFen ?? 0) - 10_000 }, ...others];
  const { id } = await does('provider', 'provider/products/prd_service/modify', {
    content: { ...content, specs, logo: await uploadLogo() },
  });
  await isRefused('provider', 'provider/products/prd_service/delist', {});
  say('Operations read what changes, and approve.');
  for (const { field, before, after } of (await review(id)).diff) console.log(`  ${field}: ${before} → ${after}`);
  await does('ops', `ops/reviews/${id}/approve`);
}

/** Plays the story and answers the delivery as it ended. */
export async function playDelivery(system: System) {
  const { does, isRefused, reads } = clientOf(system);
  await playReview(system);

  say('The buyer buys and pays.');
  const bought = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
  const { id: orderId } = await does('buyer', 'buyer/orders', bought);
  const { deliveryId } = await does('buyer', `sandbox/orders/${orderId}/pay`);
  if (!deliveryId) throw new Error('The order was not paid in time');
  const of = (role: Role) => `${role}/deliveries/${deliveryId}`;

  say('The buyer states the requirement; the provider confirms it.');
  await does('buyer', `${of('buyer')}/requirement`, { text: 'A web shop with 20 products' });
  await does('provider', `${of('provider')}/requirement/confirm`, { note: 'We begin today' });
  for (let number = 1; number <= 3; number += 1) {
    say(`The provider submits; the buyer rejects the acceptance (${number} of 3).`);
    await does('provider', `${of('provider')}/implementation/submit`, { summary: `Version ${number}` });
    await does('buyer', `${of('buyer')}/acceptance/reject`, { reason: `Version ${number} cannot take payments` });
  }
  say('The provider submits a fourth time; the buyer appeals, and everything freezes.');
  await does('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 4' });
  const { appeal } = await does('buyer', `${of('buyer')}/appeals`, { reason: 'It still cannot take payments' });
  await isRefused('buyer', `${of('buyer')}/acceptance/accept`, { comment: '' });
  await isRefused('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 5' });

  say('Both sides add evidence; the operations manager sends it back to implementing.');
  await does('buyer', `buyer/appeals/${appeal?.id}/evidence`, { text: 'A screenshot of the error' });
  await does('provider', `provider/appeals/${appeal?.id}/evidence`, { text: 'The payment log' });
  const ruling = { ruling: 'redo_implementation', reason: 'Payments were part of the requirement' };
  await does('ops', `ops/appeals/${appeal?.id}/resolve`, ruling);

  say('The provider submits once more; the buyer does nothing …');
  await does('provider', `${of('provider')}/implementation/submit`, { summary: 'Version 5, with payments' });
  for (;;) {
    const delivery = await reads('buyer', of('buyer'));
    if (delivery.outcome) return delivery;
    await sleep(250);
  }
}
