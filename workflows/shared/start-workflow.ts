import { proxyLocalActivities } from '@temporalio/workflow';
import type { StartActivities } from '../../activities/shared/start-workflow';
import { STEP_ACTIVITIES } from './step-activities';

/**
 * Starts a workflow that goes on by itself, once, however often this is repeated: whoever starts it need not live as long,
 * and waits neither for its first task nor for its result, as the parent of a child workflow would.
 */
export const { startWorkflow } = proxyLocalActivities<StartActivities>(STEP_ACTIVITIES);
