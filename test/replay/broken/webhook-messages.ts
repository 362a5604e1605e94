import { defineSignal } from '@temporalio/workflow';

/** In place of what a webhook's process is told: a signal by another name, so that it is not woken by the old one. */
export const eventsWaiting = defineSignal('somethingElse');
