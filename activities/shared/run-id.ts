import type { activityInfo } from '@temporalio/activity';

/** The run that an activity belongs to, for the audit trail (AUD-1). */
export function runIdOf(info: ReturnType<typeof activityInfo>): string {
  if (info.workflowExecution === undefined) throw new Error(`${info.activityType} must be run by a workflow`);
  return info.workflowExecution.runId;
}
