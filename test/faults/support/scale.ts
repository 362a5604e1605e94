/**
 * How much a fault test does: a small run by default, and the large one, with the counts that are named beside it, by
 * `npm run test:soak` (FAULT_SCALE=large).
 */
export const scaled = (small: number, large: number): number => (process.env.FAULT_SCALE === 'large' ? large : small);
