import { defineSignal } from '@temporalio/workflow';

/**
 * Tells a process that the table may hold a step which it has not recorded: whoever wrote it died
 * before the history knew. The process adopts it; told for nothing, it changes nothing.
 */
export const catchUp = defineSignal('catchUp');
