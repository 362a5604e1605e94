import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../parts/system';
import { clientOf, say } from './client';

const DAY_MS = 86_400_000;
const yuan = (fen: number) => (fen / 100).toFixed(2);

/** Money: a coupon, a new price, a payment too many, a part that goes back, and the books at the end. */
export async function playMoney(system: System): Promise<void> {
  const { does, order, refund, trialBalance } = clientOf(system);
  const inOneDay = new Date(Date.now() + DAY_MS).toISOString();

  say('The provider issues a coupon of 10 % off; the buyer claims it.');
  const { id: couponId } = await does('provider', 'provider/coupons', {
    name: 'Ten percent off',
    scope: 'shop',
    kind: { discount: 0.9 },
    validFrom: new Date(Date.now() + 1_000).toISOString(),
    validTo: inOneDay,
    quantity: 10,
    perBuyer: 1,
    scene: 'new',
    placement: 'product_page',
  });
  await does('buyer', `buyer/coupons/${couponId}/claim`);
  await sleep(1_200);

  say('The buyer orders: the best coupon is chosen by itself. The provider lowers the price, and it is applied again.');
  const bought = { productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' };
  const { id } = await does('buyer', 'buyer/orders', bought);
  const placed = await order(id);
  console.log(`  ${id}: ${yuan(placed.payableFen)} with coupon ${placed.couponId}`);
  await does('provider', `provider/orders/${id}/price`, { payableFen: 100_000, reason: 'As agreed by phone' });
  const repriced = await order(id);
  console.log(`  ${id}: ${yuan(repriced.payableFen)} now`);

  say('The buyer pays, twice by mistake: the second payment goes back.');
  await does('buyer', `sandbox/orders/${id}/pay`);
  await does('buyer', `sandbox/orders/${id}/pay`, { amountFen: repriced.payableFen, transactionId: randomUUID() });
  for (;;) {
    const { state, paidFen } = await order(id);
    if (state !== 'pending_payment') {
      console.log(`  ${id}: ${state}, paid ${yuan(paidFen)}`);
      break;
    }
    await sleep(100);
  }

  say('The buyer asks for 100.00 back; the provider agrees.');
  const request = { reasonCode: 'service_late', reason: 'A week later than promised', amountFen: 10_000 };
  const { id: refundId } = await does('buyer', `buyer/orders/${id}/refunds`, request);
  await does('provider', `provider/refunds/${refundId}/agree`);
  while ((await refund(refundId)).state !== 'refunded') await sleep(100);
  const { state, refundedFen } = await order(id);
  console.log(`  ${id}: ${state}, ${yuan(refundedFen)} went back`);

  say('Operations read the books.');
  const { lines, debitFen, creditFen, balanced } = await trialBalance();
  for (const { account, debitFen: debit, creditFen: credit } of lines) {
    console.log(`  ${account.padEnd(34)} ${yuan(debit).padStart(12)} ${yuan(credit).padStart(12)}`);
  }
  console.log(`  ${'total'.padEnd(34)} ${yuan(debitFen).padStart(12)} ${yuan(creditFen).padStart(12)}`);
  if (!balanced) throw new Error('The books do not balance');
}
