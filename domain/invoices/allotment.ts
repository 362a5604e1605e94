/** An order that may be invoiced, and what of it is not invoiced yet, in fen. */
export type Invoiceable = { orderId: string; leftFen: number };

/** What of an invoice an order bears, in fen. */
export type Allotment = { orderId: string; amountFen: number };

/** As many orders as one invoice is allotted to. */
export const ORDERS_MAX = 200;

/**
 * Allots an amount to orders in their order, the first ones in full (INV-1).
 * @param amountFen whole fen, above 0
 * @returns what each order bears, none of them nothing, in sum the amount; null where they have not as much left
 */
export function allot(orders: readonly Invoiceable[], amountFen: number): Allotment[] | null {
  const allotments: Allotment[] = [];
  let openFen = amountFen;
  for (const { orderId, leftFen } of orders) {
    if (openFen === 0) break;
    const bearsFen = Math.min(leftFen, openFen);
    if (bearsFen <= 0) continue;
    allotments.push({ orderId, amountFen: bearsFen });
    openFen -= bearsFen;
  }
  return openFen === 0 ? allotments : null;
}
