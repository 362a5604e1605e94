import { addProposal } from '../../../prisma/store/reviews/proposals';
import { unique } from '../../factories/commands';
import { reviewsOf } from '../../factories/reviews';
import { notified, stepsOf } from '../../support/observe';
import { startWorld, type World } from '../../support/world';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const LICENCE = '9144030071526726XG';

/** A ticket of prv_demo for another licence number. */
async function ticket() {
  const reviewId = `tkt_${unique()}`;
  const content = { licenceNumber: LICENCE, reason: '换发了营业执照', attachmentIds: [] };
  await addProposal(world.db, { id: reviewId, providerId: 'prv_demo', content });
  const subject = { reviewId, kind: 'account', operation: 'licence_number', objectId: 'prv_demo' } as const;
  return reviewsOf(world).submit({ ...subject, title: '示例云服务有限公司' });
}

test('ACC-3, GEN-5: a ticket that nobody decides is overdue, managers are notified, and it changes nothing by itself', async () => {
  const asked = await ticket();
  expect(asked.workflowId).toBe('account-ticket/prv_demo/licence_number');
  expect(await asked.letDaysPass(2)).toMatchObject({ overdue: false, status: 'in_review' });
  expect(await asked.letDaysPass(20)).toMatchObject({ overdue: true, status: 'in_review', deadlines: [] });
  expect(await notified(world.db, asked.id, 'account.overdue')).toEqual(['account.overdue → ops']);
  await asked.letDaysPass(400);
  expect((await stepsOf(world.db, asked.id)).map(({ action }) => action)).toEqual([
    'provider.licence_number',
    'deadline.review_target',
  ]);
  const licenceNumber = async () =>
    (await world.db.provider.findUniqueOrThrow({ where: { id: 'prv_demo' } })).licenceNumber;
  expect(await licenceNumber()).toBe('91440300MA5DEM0019');

  expect(await asked.act('ops.approve')).toMatchObject({ status: 'approved', overdue: true });
  expect(await licenceNumber()).toBe(LICENCE);
  expect(await notified(world.db, asked.id, 'account.approved')).toEqual(['account.approved → provider']);
  await expect(asked.outcome()).resolves.toEqual({ outcome: 'approved' });
});
