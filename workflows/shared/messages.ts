import { defineSignal } from '@temporalio/workflow';

/**
 * The table may hold a step that the workflow has not recorded: whoever wrote it died before the history knew. The
 * workflow adopts it; where there is none, nothing changes.
 */
export const catchUp = defineSignal('catchUp');

/**
 * More of the calendar is known: a deadline that was provisional is computed again (GEN-1). Where none is, nothing
 * changes.
 */
export const calendarGrown = defineSignal('calendarGrown');
