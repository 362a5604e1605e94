import type { CommandRequest } from '../../api/http/command-request';
import { createMetrics } from '../../api/http/metrics';
import { createCommandSender } from '../../api/http/temporal-commands';
import { reviewService } from '../../api/reviews/service';
import { parsePolicy } from '../../domain/policies/catalogue';
import { DAY_MS } from '../../domain/policies/duration';
import type { ReviewOperation } from '../../domain/reviews/commands';
import type { ReviewKind } from '../../domain/reviews/state';
import type { ReviewSubject } from '../../domain/reviews/step';
import type { ReviewHandler, ReviewHandlers } from '../../prisma/store/reviews/review-handler';
import { reviewState, reviewWorkflowId } from '../../workflows/reviews/messages';
import type { shopReview } from '../../workflows/reviews/workflow';
import { eventually } from '../support/eventually';
import type { World } from '../support/world';
import { ACTORS, PROVIDER, unique } from './commands';

/** Review handlers for tests of the workflow alone: nothing lies behind what is reviewed. */
export function emptyReviewHandlers(): ReviewHandlers {
  const hollow: ReviewHandler = {
    onSubmitted: async () => ({ base: null, proposed: null }),
    approve: async () => ({ before: null, after: {} }),
    reject: async () => undefined,
    withdraw: async () => undefined,
  };
  return { shop: hollow, product: hollow, account: hollow };
}

/** What a test may want otherwise than usual. */
export type ReviewWishes = Partial<ReviewSubject> & {
  kind?: ReviewKind;
  needsSecurityCheck?: boolean;
  policy?: Record<string, unknown>;
};

/** A command of somebody, as a route hands it on. */
export function commanded(role: 'provider' | 'ops', commandId = `cmd_${unique()}`): CommandRequest {
  const request = { requestId: 'req_test', ip: '127.0.0.1' };
  const command = { commandId, atMs: Date.now() };
  if (role === 'ops') return { principal: { sub: ACTORS.ops, role, permissions: [] }, request, command };
  return { principal: { sub: ACTORS.provider, role, providerId: PROVIDER, permissions: [] }, request, command };
}

/** The review service of a world: submits whatever a test wants reviewed. */
export function serviceOf({ db, client }: Pick<World, 'db' | 'client'>, policy: Record<string, unknown> = {}) {
  const commands = createCommandSender({ client, metrics: createMetrics() });
  return reviewService({ db, client, commands, policy: parsePolicy(policy), taskQueue: 'back-office' });
}

/** Ways to submit something of prv_demo for review, and to act on it; refusals are thrown as AppError. */
export function reviewsOf(world: Pick<World, 'db' | 'client' | 'realTimeClient' | 'env'>) {
  const { db, env, client, realTimeClient } = world;

  /** Submits; answers ways to act on the review, as provider or operations. */
  async function submit({ policy = {}, needsSecurityCheck = false, ...wishes }: ReviewWishes = {}, commandId?: string) {
    const service = serviceOf(world, policy);
    const n = unique();
    const subject: ReviewSubject = {
      reviewId: `srv_${n}`,
      kind: 'shop',
      operation: 'publish',
      objectId: `shp_${n}`,
      providerId: 'prv_demo',
      title: '云上小店',
      ...wishes,
    };
    await service.submit(commanded('provider', commandId), { subject, needsSecurityCheck });
    const { reviewId } = subject;
    const workflowId = reviewWorkflowId(subject);
    const view = () => service.view(reviewId, 'all');
    return {
      id: reviewId,
      subject,
      workflowId,
      view,
      workflow: client.workflow.getHandle<typeof shopReview>(workflowId),
      /** What became of the review, without skipping any time for it. */
      outcome: () => realTimeClient.workflow.getHandle<typeof shopReview>(workflowId).result(),
      state: () => client.workflow.getHandle(workflowId).query(reviewState),
      act: (action: ReviewOperation, note = '', command?: string) =>
        service.act(reviewId, action, note, commanded(action.startsWith('ops.') ? 'ops' : 'provider', command)),
      /** Lets days pass; afterwards what fell due meanwhile is recorded. */
      async letDaysPass(days: number) {
        await env.sleep(Math.round(days * DAY_MS));
        const nowMs = await env.currentTimeMs();
        return eventually(async () => {
          const now = await view();
          const late = now.deadlines.filter(({ at }) => Date.parse(at) <= nowMs);
          if (late.length > 0) throw new Error(`${late.map(({ name }) => name)} not recorded`);
          return now;
        });
      },
    };
  }

  return { submit, db };
}

/** A review of a test, as `reviewsOf(world).submit` makes it. */
export type Review = Awaited<ReturnType<ReturnType<typeof reviewsOf>['submit']>>;
