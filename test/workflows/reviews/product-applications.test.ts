import { chineseCalendar } from '../../../activities/calendar';
import { type ProductService, productService, type Sent } from '../../../api/products/service';
import { deadlineAfter } from '../../../domain/calendar/working-days';
import { parsePolicy } from '../../../domain/policies/catalogue';
import { DAY_MS } from '../../../domain/policies/duration';
import { sentContent } from '../../../domain/products/content';
import type { ProductType } from '../../../domain/products/kinds';
import type { ProductOperation } from '../../../domain/products/rules';
import type { ReviewOperation } from '../../../domain/reviews/commands';
import { findOwnProduct } from '../../../prisma/store/products/products';
import { reviewWorkflowId } from '../../../workflows/reviews/messages';
import type { productApplication } from '../../../workflows/reviews/workflow';
import { PROVIDER, unique } from '../../factories/commands';
import { addImage, contentOf } from '../../factories/products';
import { commanded, serviceOf } from '../../factories/reviews';
import { eventually } from '../../support/eventually';
import { notified, stepsOf } from '../../support/observe';
import { KEYS, startWorld, type World } from '../../support/world';

let world: World;
let reviews: ReturnType<typeof serviceOf>;
let service: ProductService;
beforeAll(async () => {
  world = await startWorld();
  reviews = serviceOf(world);
  service = productService({ db: world.db, keys: KEYS, policy: parsePolicy(), reviews });
});
afterAll(() => world.stop());

const sent = async (type: ProductType, changes: Record<string, unknown> = {}): Promise<Sent> => ({
  content: sentContent.parse(contentOf(type, { logo: await addImage(world.db), ...changes })),
});

/** An application, with ways to look at it and to decide it. */
function watched(id: string, objectId: string) {
  const view = () => reviews.view(id, 'all');
  return {
    id,
    objectId,
    view,
    act: (action: ReviewOperation, note = '') =>
      reviews.act(id, action, note, commanded(action.startsWith('ops.') ? 'ops' : 'provider')),
    product: () => findOwnProduct(world.db, objectId, PROVIDER),
    outcome: () => {
      const workflowId = reviewWorkflowId({ kind: 'product', objectId, operation: '' });
      return world.realTimeClient.workflow.getHandle<typeof productApplication>(workflowId).result();
    },
    actions: async () => (await stepsOf(world.db, id)).map(({ action }) => action),
    notified: (event?: string) => notified(world.db, id, event),
    /** Lets days pass; afterwards what fell due meanwhile is recorded. */
    async letDaysPass(days: number) {
      await world.env.sleep(Math.round(days * DAY_MS));
      const nowMs = await world.env.currentTimeMs();
      return eventually(async () => {
        const now = await view();
        expect(now.deadlines.filter(({ at }) => Date.parse(at) <= nowMs)).toEqual([]);
        return now;
      });
    },
  };
}

async function submitNew(type: ProductType) {
  const objectId = `prd_${unique()}`;
  const { id } = await service.apply(commanded('provider'), 'publish', objectId, await sent(type), true);
  return watched(id, objectId);
}
async function published(type: ProductType): Promise<string> {
  const application = await submitNew(type);
  if (type === 'image') await application.act('ops.security.pass');
  await application.act('ops.approve');
  return application.objectId;
}
async function apply(objectId: string, operation: ProductOperation, content: Sent | null = null) {
  const { id } = await service.apply(commanded('provider'), operation, objectId, content);
  return watched(id, objectId);
}

/** When so many working days after an instant have passed (GEN-1). */
const workingDaysAfter = (fromMs: number, days: number) =>
  deadlineAfter(fromMs, { kind: 'workingDays', days }, chineseCalendar()).atMs;
/** The only deadline that runs. */
const running = ({ deadlines }: { deadlines: { name: string; at: string }[] }) => {
  const [deadline] = deadlines;
  return deadline === undefined ? null : { name: deadline.name, atMs: Date.parse(deadline.at) };
};

describe('PRD-6: an image is checked before it is reviewed', () => {
  test('the check has a target of its own; passed, the review begins with a fresh one', async () => {
    const application = await submitNew('image');
    const submitted = await application.view();
    expect(submitted).toMatchObject({
      status: 'security_check',
      allowedActions: ['provider.withdraw', 'ops.security.pass', 'ops.security.fail'],
    });
    const submittedMs = Date.parse(submitted.submittedAt);
    expect(running(submitted)).toEqual({ name: 'security_check_target', atMs: workingDaysAfter(submittedMs, 3) });
    await expect(application.act('ops.approve')).rejects.toMatchObject({ code: 'REVIEW.NOT_ALLOWED' });

    await application.letDaysPass(1);
    const passed = await application.act('ops.security.pass');
    const steps = await stepsOf(world.db, application.id);
    expect(passed).toMatchObject({ status: 'in_review', overdue: false });
    expect(running(passed)).toEqual({
      name: 'review_target',
      atMs: workingDaysAfter(steps.at(-1)?.atMs ?? 0, 7),
    });
    expect(await application.product()).toMatchObject({ status: 'unpublished' });
    await application.act('ops.approve');
    expect(await application.product()).toMatchObject({ status: 'published', version: 1 });
    expect(await application.notified()).toEqual([
      'product.submitted → ops',
      'product.security_passed → provider',
      'product.approved → provider',
    ]);
  });

  test('failed, it is rejected with the reason, and the product is as it was', async () => {
    const objectId = await published('image');
    const application = await apply(objectId, 'modify', await sent('image', { software: '挖矿程序' }));
    const failed = await application.act('ops.security.fail', '镜像里有挖矿程序');
    expect(failed).toMatchObject({ status: 'rejected', reason: '镜像里有挖矿程序', deadlines: [] });
    expect(await application.product()).toMatchObject({ version: 1, content: { software: 'PostgreSQL 18' } });
    expect(await application.notified('product.rejected')).toEqual(['product.rejected → provider']);
    await expect(application.outcome()).resolves.toEqual({ outcome: 'rejected' });
  });

  test('managers are notified of each target that passes; neither decides anything', async () => {
    const application = await submitNew('image');
    expect(await application.letDaysPass(40)).toMatchObject({ status: 'security_check', overdue: true, deadlines: [] });
    expect(await application.notified('product.overdue')).toEqual(['product.overdue → ops']);
    expect(running(await application.act('ops.security.pass'))).toMatchObject({ name: 'review_target' });
    expect(await application.letDaysPass(40)).toMatchObject({ status: 'in_review', deadlines: [] });
    expect(await application.actions()).toEqual([
      'provider.publish',
      'deadline.security_check_target',
      'ops.security.pass',
      'deadline.review_target',
    ]);
    expect(await application.notified('product.overdue')).toEqual(Array(2).fill('product.overdue → ops'));
    await application.letDaysPass(400);
    expect(await application.product()).toMatchObject({ status: 'unpublished', openApplicationId: application.id });
    await application.act('ops.approve');
    expect(await application.product()).toMatchObject({ status: 'published', openApplicationId: null });
  });

  test('relisting and upgrading bring nothing new that would be checked', async () => {
    const objectId = await published('image');
    const upgrade = await apply(objectId, 'upgrade');
    expect(await upgrade.view()).toMatchObject({ status: 'in_review' });
    await upgrade.act('ops.approve');
    await apply(objectId, 'delist');
    expect(await (await apply(objectId, 'relist')).view()).toMatchObject({ status: 'in_review' });
  });
});

describe('PRD-5: the review of an application', () => {
  test('should be done within 7 working days; late it is overdue, and takes effect all the same', async () => {
    const objectId = await published('api');
    const application = await apply(objectId, 'modify', await sent('api', { name: '新名字' }));
    const submitted = await application.view();
    const dueMs = workingDaysAfter(Date.parse(submitted.submittedAt), 7);
    expect(running(submitted)).toEqual({ name: 'review_target', atMs: dueMs });
    const daysLeft = (dueMs - (await world.env.currentTimeMs())) / DAY_MS;
    expect(await application.letDaysPass(daysLeft - 0.01)).toMatchObject({ overdue: false });
    expect(await application.letDaysPass(0.02)).toMatchObject({ overdue: true, deadlines: [] });
    expect(await application.notified('product.overdue')).toEqual(['product.overdue → ops']);
    await application.act('ops.approve');
    expect(await application.product()).toMatchObject({ name: '新名字', version: 2 });
  });

  test.each(['security_check', 'in_review'] as const)('is withdrawn in %s, and no target runs on', async (status) => {
    const application = await submitNew(status === 'security_check' ? 'image' : 'api');
    expect(await application.view()).toMatchObject({ status });
    await application.act('provider.withdraw');
    await expect(application.outcome()).resolves.toEqual({ outcome: 'withdrawn' });
    await application.letDaysPass(60);
    expect(await application.notified('product.overdue')).toEqual([]);
    expect(await application.product()).toMatchObject({ status: 'unpublished', openApplicationId: null });
  });

  test('withdrawal and approval at the same time: one of them, and the product agrees', async () => {
    for (let round = 0; round < 5; round += 1) {
      const objectId = await published('api');
      const application = await apply(objectId, 'upgrade');
      const both = [application.act('provider.withdraw'), application.act('ops.approve')];
      const results = await Promise.allSettled(both);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const { status } = await application.view();
      expect((await application.product())?.grade).toBe(status === 'approved' ? 'certified' : 'bazaar');
      expect((await application.actions()).length).toBe(2);
    }
  });
});

describe('PRD-4: one application of a product at a time', () => {
  test('two at the same time: one is in review, the other is refused and leaves nothing', async () => {
    for (let round = 0; round < 5; round += 1) {
      const objectId = await published('api');
      const change = await sent('api', { name: '两个之一' });
      const results = await Promise.allSettled([apply(objectId, 'modify', change), apply(objectId, 'upgrade')]);
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const [refused] = results.filter((result) => result.status === 'rejected');
      expect(refused?.reason).toMatchObject({ code: 'REVIEW.IN_REVIEW' });
      expect(await world.db.review.count({ where: { objectId, status: 'in_review' } })).toBe(1);
      expect(await world.db.proposal.count()).toBe(0);
    }
  });

  test.each(['security_check', 'in_review', 'overdue'] as const)('%s: nothing takes effect beside it', async (when) => {
    const objectId = await published('image');
    const application = await apply(objectId, 'modify', await sent('image'));
    if (when !== 'security_check') await application.act('ops.security.pass');
    if (when === 'overdue') await application.letDaysPass(40);
    for (const operation of ['delist', 'upgrade'] as const) {
      await expect(apply(objectId, operation)).rejects.toMatchObject({
        code: 'REVIEW.IN_REVIEW',
        extra: { allowedActions: [] },
      });
    }
    expect(await application.product()).toMatchObject({ status: 'published', version: 1 });
    await application.act('provider.withdraw');
    await apply(objectId, 'delist');
    expect(await application.product()).toMatchObject({ status: 'delisted' });
  });
});
