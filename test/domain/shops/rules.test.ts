import { allowedShopActions, isLegal, SHOP_OPERATIONS, SHOP_STAGES, stageOf, wayOf } from '../../../domain/shops/rules';
import { shopWith } from '../../factories/shops';

const published = shopWith('img_logo');
const { introduction, service } = published;

describe('SHOP-2: how a submission is treated', () => {
  test.each([
    ['before anything was published', null, published, 'review'],
    ['nothing changed', published, { ...published }, 'nothing'],
    ['a name', published, { ...published, introduction: { ...introduction, name: '新名' } }, 'review'],
    ['a slogan added', published, { ...published, introduction: { ...introduction, slogan: '快' } }, 'review'],
    [
      'another template',
      published,
      { ...published, introduction: { ...introduction, banner: { template: 'sand' } } },
      'review',
    ],
    ['the service', published, { ...published, service: { ...service, qq: '99999999' } }, 'publish'],
    ['the hours', published, { ...published, phoneHours: '00:00:00 - 24:00:00' }, 'publish'],
    ['best sellers', published, { ...published, bestSellers: [] }, 'publish'],
    [
      'both parts',
      published,
      { ...published, bestSellers: [], introduction: { ...introduction, logo: 'img_other' } },
      'review',
    ],
  ] as const)('%s', (_, before, after, way) => {
    expect(wayOf(before, { ...after, bestSellers: [...after.bestSellers] })).toBe(way);
  });

  test('the order of fields changes nothing; that of best sellers does', () => {
    const { bestSellers, phoneHours, onlineHours } = published;
    expect(wayOf(published, { bestSellers, phoneHours, onlineHours, service, introduction })).toBe('nothing');
    const two = { ...published, bestSellers: ['prd_a', 'prd_b'] };
    expect(wayOf(two, { ...two, bestSellers: ['prd_b', 'prd_a'] })).toBe('publish');
  });
});

describe('SHOP-3, SHOP-4: legality as a table', () => {
  test('what is possible at each stage', () => {
    expect(SHOP_STAGES.map((stage) => [stage, allowedShopActions(stage)])).toEqual([
      ['none', ['provider.draft']],
      ['draft', ['provider.draft', 'provider.draft.reset', 'provider.submit']],
      ['in_review', ['provider.withdraw']],
      ['rejected', ['provider.draft']],
    ]);
  });

  test('no stage is without a way out, and every operation is possible somewhere', () => {
    for (const stage of SHOP_STAGES) expect(allowedShopActions(stage)).not.toEqual([]);
    for (const operation of SHOP_OPERATIONS) expect(SHOP_STAGES.some((stage) => isLegal(operation, stage))).toBe(true);
  });

  test('what is published is not worked on', () => {
    expect([stageOf(null), stageOf('published'), stageOf('superseded'), stageOf('rejected')]).toEqual([
      'none',
      'none',
      'none',
      'rejected',
    ]);
  });
});
