import { proxyLocalActivities } from '@temporalio/workflow';
import type { StartActivities } from '../../activities/shared/start-workflow';

/**
 * Starts a workflow that goes on by itself, once, however often this is repeated: whoever starts it need not live as long,
 * and waits neither for its first task nor for its result, as the parent of a child workflow would.
 */
export const { startWorkflow } = proxyLocalActivities<StartActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { maximumInterval: '10 seconds' },
});
