import { defineSignal } from '@temporalio/workflow';

/** In place of the signal of a webhook's workflow: one by another name, so that the old one does not wake it. */
export const eventsWaiting = defineSignal('somethingElse');
