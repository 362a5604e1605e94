import { activityInfo, getClient } from '@temporalio/activity';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { SearchAttributePair } from '@temporalio/common';

/** A workflow to start: which, with what, and what is shown of it. */
export type WorkflowStart<Args extends unknown[] = unknown[]> = {
  type: string;
  workflowId: string;
  args: Args;
  searchAttributes: SearchAttributePair[];
  /** What the Temporal UI shows of it for good. */
  summary: string;
  details: string;
};

export type StartActivities = ReturnType<typeof startActivities>;

/** The activity by which one workflow starts another. */
export const startActivities = () => ({
  /** Starts a workflow on the caller's task queue; one that was started before, under the same id, is left alone. */
  async startWorkflow({ type, workflowId, args, searchAttributes, summary, details }: WorkflowStart): Promise<void> {
    try {
      await getClient().workflow.start(type, {
        workflowId,
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        taskQueue: activityInfo().taskQueue,
        args,
        typedSearchAttributes: searchAttributes.map(revived),
        staticSummary: summary,
        staticDetails: details,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  },
});

/** A search attribute as it was before it travelled as JSON, which knows no dates. */
function revived(pair: SearchAttributePair): SearchAttributePair {
  return pair.key.type === 'DATETIME' ? { key: pair.key, value: new Date(String(pair.value)) } : pair;
}
