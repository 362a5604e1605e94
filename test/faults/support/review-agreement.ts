import type { ReviewOperation } from '../../../domain/reviews/commands';
import type { ReviewStage } from '../../../domain/reviews/state';
import { reviewState, reviewWorkflowId } from '../../../workflows/reviews/messages';
import { eventually } from '../../support/eventually';
import { inParallel } from './in-parallel';
import type { Applicant, Reviewed } from './review-walk';
import type { FaultSystem } from './system';

const OUTCOMES: ReadonlyMap<ReviewOperation, ReviewStage> = new Map([
  ['ops.approve', 'approved'],
  ['ops.reject', 'rejected'],
  ['provider.withdraw', 'withdrawn'],
]);
const outcomeOf = (decision: ReviewOperation) => OUTCOMES.get(decision);

/** How many people hear of a review: one of operations of each submission, one of the provider of each verdict. */
const heardOf = ({ decision }: Reviewed) => (decision === 'provider.withdraw' ? 1 : 2);

/**
 * Proves for every product that its reviews are those that were answered, each decided once and in one state everywhere:
 * trail, row, workflow, and the product itself.
 */
export async function expectReviewsAgree(system: FaultSystem, applicants: readonly Applicant[]) {
  const counted = { products: 0, reviews: 0, approved: 0, messages: 0 };
  await inParallel(applicants, 8, async ({ productId, reviews }) => {
    const rows = await system.db.review.findMany({ where: { objectId: productId }, orderBy: { id: 'asc' } });
    expect(rows.map(({ id, status }) => [id, status])).toEqual(
      reviews.map(({ id, decision }) => [id, outcomeOf(decision)]),
    );
    for (const review of reviews) {
      await expectStepsAre(system, review);
      expect(await system.db.message.count({ where: { objectId: review.id } })).toBe(heardOf(review));
      counted.messages += heardOf(review);
    }
    await expectProductFollows(system, productId, reviews);
    await expectProcessEnded(system, productId, reviews);
    counted.products += 1;
    counted.reviews += reviews.length;
    counted.approved += reviews.filter(({ decision }) => decision === 'ops.approve').length;
  });
  return counted;
}

/** The submission and the decision that were answered are the steps: none missing, none twice, none unanswered. */
async function expectStepsAre(
  { db }: FaultSystem,
  { id, operation, key, decision, decisionKey }: Reviewed,
): Promise<void> {
  const steps = await db.step.findMany({ where: { objectId: id }, orderBy: { sequence: 'asc' } });
  expect(steps.map(({ sequence, action }) => [sequence, action])).toEqual([
    [1, `provider.${operation}`],
    [2, decision],
  ]);
  const records = await db.idempotencyRecord.findMany({ where: { key: { in: [key, decisionKey] } } });
  const commandOf = new Map(records.map((record) => [record.key, record.id]));
  expect(steps.map(({ commandId }) => commandId)).toEqual([commandOf.get(key), commandOf.get(decisionKey)]);
}

async function expectProductFollows({ db }: FaultSystem, id: string, reviews: readonly Reviewed[]): Promise<void> {
  const approved = reviews.filter(({ decision }) => decision === 'ops.approve').length;
  const product = await db.product.findUniqueOrThrow({ where: { id } });
  expect(product).toMatchObject({ status: approved === 0 ? 'unpublished' : 'published', version: approved });
  expect(await db.productVersion.count({ where: { productId: id } })).toBe(approved);
}

/** The workflow of the last review, replayed from its history alone, ended as that was decided; none is left running. */
async function expectProcessEnded(system: FaultSystem, productId: string, reviews: readonly Reviewed[]): Promise<void> {
  const last = reviews.at(-1);
  if (last === undefined) throw new Error(`${productId} was never reviewed`);
  const { id, operation, decision } = last;
  const handle = system.temporal.workflow.getHandle(
    reviewWorkflowId({ kind: 'product', objectId: productId, operation }),
  );
  await eventually(async () => expect((await handle.describe()).status.name).toBe('COMPLETED'), 60_000);
  expect(await handle.result()).toEqual({ outcome: outcomeOf(decision) });
  expect(await handle.query(reviewState)).toMatchObject({
    reviewId: id,
    sequence: 2,
    state: { stage: outcomeOf(decision) },
  });
}
