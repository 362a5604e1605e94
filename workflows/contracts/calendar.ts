import { defineSignal } from '@temporalio/workflow';

/**
 * Tells a process that more of the calendar is known: a deadline that was provisional is reckoned again (GEN-1). Told
 * for nothing, it changes nothing.
 */
export const calendarGrown = defineSignal('calendarGrown');
