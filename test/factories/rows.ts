import type { Database } from '../../prisma/store/shared/database';

/** How much of everything the business has, and how far each delivery is: what a refusal leaves as it was. */
export async function businessOf(db: Database) {
  return {
    orders: await db.order.findMany({ select: { id: true, state: true, refundedFen: true }, orderBy: { id: 'asc' } }),
    deliveries: await db.delivery.findMany({ select: { id: true, sequence: true }, orderBy: { id: 'asc' } }),
    users: await db.user.findMany({ select: { id: true, version: true }, orderBy: { id: 'asc' } }),
    products: await db.product.findMany({
      select: { id: true, status: true, grade: true, version: true },
      orderBy: { id: 'asc' },
    }),
    shopVersions: await db.shopVersion.findMany({
      select: { id: true, status: true, revision: true },
      orderBy: { id: 'asc' },
    }),
    invoices: await db.invoice.findMany({ select: { id: true, sequence: true }, orderBy: { id: 'asc' } }),
    invoiceTitles: await db.invoiceTitle.findMany({ select: { id: true, version: true }, orderBy: { id: 'asc' } }),
    webhooks: await db.webhookEndpoint.findMany({ select: { id: true, version: true }, orderBy: { id: 'asc' } }),
    read: await db.message.count({ where: { readAt: { not: null } } }),
    rows: [
      await db.step.count(),
      await db.appeal.count(),
      await db.attachment.count(),
      await db.attachmentUse.count(),
      await db.image.count(),
      await db.review.count(),
      await db.proposal.count(),
      await db.productVersion.count(),
      await db.message.count(),
      await db.notificationDelivery.count(),
      await db.subscription.count(),
      await db.coupon.count(),
      await db.couponClaim.count(),
      await db.payment.count(),
      await db.paymentCallback.count(),
      await db.refund.count(),
      await db.contactLook.count(),
      await db.webhookDelivery.count(),
      await db.instance.count(),
      await db.deliveryCheck.count(),
      await db.apiKey.count(),
      await db.agreement.count(),
      await db.contact.count(),
      await db.proposal.count(),
    ],
  };
}

/** The same, and what commands were recorded: what is refused before it is a command leaves no record. */
export const everythingOf = async (db: Database) => ({
  ...(await businessOf(db)),
  commands: await db.idempotencyRecord.count(),
});
