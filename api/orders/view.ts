import type { OrderRow } from '../../prisma/store/orders/orders';

type Contact = { name: string | null; email: string | null; phone: string | null };

/**
 * An order as people read it.
 * @param buyerContact for the provider and operations: whole in the details, masked in lists (ORD-7)
 */
export function orderView(
  { feeBasisPoints: _, refundReservedFen: _reserved, ...row }: OrderRow,
  buyerContact: Contact | null = null,
) {
  return {
    ...row,
    payableFen: Number(row.payableFen),
    originalFen: Number(row.originalFen),
    couponReductionFen: Number(row.couponReductionFen),
    paidFen: Number(row.paidFen),
    refundedFen: Number(row.refundedFen),
    invoicedFen: Number(row.invoicedFen),
    deliveryId: row.paidAt === null ? null : row.deliveryId,
    buyerContact,
  };
}
