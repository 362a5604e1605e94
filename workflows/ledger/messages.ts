/** What the reconciliation is started with. */
export type ReconciliationInput = {
  /** How long a clearing key may stay open after its order has ended (GEN-3). */
  clearingOpenForMs: number;
};

/** The days that were reconciled, and the differences that were seen in them. */
export type ReconciliationResult = { days: number; differences: number };

/** The schedule that starts it every day, and the workflows that it starts. */
export const RECONCILIATION_SCHEDULE = 'reconciliation';
