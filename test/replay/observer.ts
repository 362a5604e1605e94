import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes';

/** A step as the rules propose it on replay, and the one that the history holds in its place. */
export type Proposal = { proposed: unknown; stored: unknown };

export interface ReplaySinks extends Sinks {
  replay: {
    /** What the workflow would answer to the query `state`, and what operations read of it, after each task. */
    position(position: unknown, details: string): void;
    result(result: unknown): void;
    proposal(proposal: Proposal): void;
  };
}

const { replay } = proxySinks<ReplaySinks>();

/** Bundled with the workflows, it reports what they make of a history: commands alone do not show it. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      async execute(input, next) {
        const result = await next(input);
        replay.result(result);
        return result;
      },
    },
  ],
  outbound: [
    {
      async scheduleLocalActivity(input, next) {
        const stored = await next(input);
        const [proposal] = input.args;
        if (typeof proposal !== 'object' || proposal === null) return stored;
        if ('step' in proposal) replay.proposal({ proposed: proposal.step, stored });
        else if ('notices' in proposal) replay.proposal({ proposed: proposal, stored });
        return stored;
      },
    },
  ],
  internals: [
    {
      concludeActivation(input, next) {
        const { queryHandlers, currentDetails } = getActivator();
        replay.position(queryHandlers.get('state')?.handler() ?? null, currentDetails);
        return next(input);
      },
    },
  ],
});
