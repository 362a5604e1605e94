import {
  bannerImageId,
  completed,
  EMPTY_DRAFT,
  imagesOf,
  type ShopContent,
  shopContent,
  shopDraft,
  tooManyBestSellers,
} from '../../../domain/shops/content';
import { draftWith, shopWith } from '../../factories/shops';

const shop = shopWith('img_logo');
const faultsOf = (draft: unknown) => {
  const { success, error } = shopDraft.safeParse(draft);
  return success ? [] : error.issues.map(({ path }) => path.join('.'));
};

describe('SHOP-4: a draft', () => {
  test('says null for everything that is not there yet, and leaves nothing out', () => {
    expect(shopDraft.parse(EMPTY_DRAFT)).toEqual(EMPTY_DRAFT);
    expect(faultsOf(draftWith({ introduction: { slogan: '快' } }))).toEqual([]);
    expect(faultsOf({ introduction: {}, service: {}, onlineHours: null })).toHaveLength(12);
  });

  test('a complete one is a shop', () => {
    expect(completed(shopDraft.parse(shop))).toEqual({ content: shop, faults: [] });
  });
});

describe('SHOP-1: service hours are staffed 8 hours a day at least', () => {
  test.each([
    ['09:00:00 - 18:00:00', true],
    ['09:00:00 - 17:00:00', true],
    ['00:00:00 - 24:00:00', true],
    ['16:00:00 - 24:00:00', true],
    ['09:00:00 - 16:59:59', false],
    ['16:00:00 - 24:00:01', false],
    ['18:00:00 - 09:00:00', false],
    ['09:00 - 18:00', false],
    ['9:00:00 - 18:00:00', false],
    ['09:00:00-18:00:00', false],
    ['09:60:00 - 18:00:00', false],
    ['09:00:00 - 18:00:00 ', false],
    ['24:30:00 - 24:00:00', false],
  ])('%s: %s', (hours, isTaken) => {
    expect(faultsOf(draftWith({ onlineHours: hours, phoneHours: hours }))).toEqual(
      isTaken ? [] : ['onlineHours', 'phoneHours'],
    );
  });
});

describe('SHOP-1: exactly one QQ, one e-mail, one phone', () => {
  test.each([
    ['qq', '10001', true],
    ['qq', '12345678901', true],
    ['qq', '1234', false],
    ['qq', '012345', false],
    ['qq', '12345 67890', false],
    ['email', 'a@b.example', true],
    ['email', 'a@b.example, c@d.example', false],
    ['phone', '400-800-1234', true],
    ['phone', '+86 755 1234567', true],
    ['phone', '1234567;7654321', false],
  ])('%s %s: %s', (field, value, isTaken) => {
    expect(faultsOf(draftWith({ service: { [field]: value } }))).toEqual(isTaken ? [] : [`service.${field}`]);
  });
});

describe('SHOP-1: what a submission must have', () => {
  const without = (field: string, draft: ShopContent): unknown =>
    JSON.parse(JSON.stringify(draft), (name, value: unknown) => (name === field ? null : value));
  test.each([
    ['banner', 'introduction.banner'],
    ['logo', 'introduction.logo'],
    ['name', 'introduction.name'],
    ['mainTitle', 'introduction.mainTitle'],
    ['businessScope', 'introduction.businessScope'],
    ['summary', 'introduction.summary'],
    ['qq', 'service.qq'],
    ['email', 'service.email'],
    ['phone', 'service.phone'],
    ['onlineHours', 'onlineHours'],
    ['phoneHours', 'phoneHours'],
  ])('%s', (field, path) => {
    expect(completed(shopDraft.parse(without(field, shop)))).toEqual({
      content: null,
      faults: [{ path, message: 'is required' }],
    });
  });

  test('a slogan and best sellers it need not have', () => {
    expect(shop.introduction.slogan).toBeNull();
    expect(completed({ ...shop, bestSellers: [] }).faults).toEqual([]);
  });

  test('six best sellers at most, or as many as the policy says', () => {
    const bestSellers = ['prd_1', 'prd_2', 'prd_3', 'prd_4', 'prd_5', 'prd_6', 'prd_7'];
    expect(completed({ ...shop, bestSellers }, 6).faults).toEqual([
      { path: 'bestSellers', message: 'names 7 products; 6 are the most' },
    ]);
    expect(tooManyBestSellers({ bestSellers }, 7)).toEqual([]);
  });
});

test('SHOP-1: a banner is of the library or uploaded, and shown by its picture', () => {
  const uploaded = shopContent.parse({
    ...shop,
    introduction: { ...shop.introduction, banner: { image: 'img_banner' } },
  });
  expect([bannerImageId(shop), bannerImageId(uploaded)]).toEqual(['img_banner_dawn', 'img_banner']);
  expect(imagesOf(shop).map(({ id, purpose }) => [id, purpose])).toEqual([['img_logo', 'logo']]);
  expect(imagesOf(uploaded).map(({ id, purpose }) => [id, purpose])).toEqual([
    ['img_logo', 'logo'],
    ['img_banner', 'banner'],
  ]);
});
