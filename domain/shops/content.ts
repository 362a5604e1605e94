import { z } from 'zod';
import type { ImagePurpose } from '../images/rules';
import { type Fault, read } from '../shared/faults';
import { id, namesNothingTwice, text } from '../shared/text';
import { BANNER_TEMPLATES, bannerTemplate } from './banner-templates';

/** Staffed 7×8 hours: eight hours at least, every day (SHOP-1). */
const STAFFED_SECONDS = 8 * 3_600;
const HOURS = /^([01]\d|2[0-4]):([0-5]\d):([0-5]\d) - ([01]\d|2[0-4]):([0-5]\d):([0-5]\d)$/;

/** `09:00:00 - 18:00:00`, within one day; 24:00:00 ends it. */
const hours = z
  .string()
  .regex(HOURS, 'must read like 09:00:00 - 18:00:00')
  .refine((sent) => !HOURS.test(sent) || staffedSeconds(sent) >= STAFFED_SECONDS, 'must be 8 hours a day at least');

/** How long that is, in seconds; none where a time is past midnight or the end is not after the beginning. */
function staffedSeconds(sent: string): number {
  const [, ...parts] = HOURS.exec(sent) ?? [];
  const [fromHour = 0, fromMinute = 0, fromSecond = 0, toHour = 0, toMinute = 0, toSecond = 0] = parts.map(Number);
  const from = fromHour * 3_600 + fromMinute * 60 + fromSecond;
  const to = toHour * 3_600 + toMinute * 60 + toSecond;
  return to > 24 * 3_600 ? 0 : to - from;
}

const template = z.string().refine((sent) => bannerTemplate(sent) !== undefined, {
  message: `must be one of the template library: ${BANNER_TEMPLATES.map((known) => known.id).join(', ')}`,
});

/** What goes to manual review (SHOP-1, SHOP-2). */
const introduction = {
  banner: z.union([z.strictObject({ template }), z.strictObject({ image: id('img') })], {
    error: 'must be {"template": …} of the library, or {"image": …} of your uploads',
  }),
  logo: id('img'),
  name: text(50),
  mainTitle: text(100),
  businessScope: text(500),
  summary: text(2_000),
  slogan: text(100).nullable(),
};

/** Exactly one of each: a list of two is no number. */
const service = {
  qq: z.string().regex(/^[1-9]\d{4,10}$/, 'must be one QQ number'),
  email: z.email('must be one e-mail address').max(254),
  phone: z.string().regex(/^\+?[0-9][0-9 -]{4,24}$/, 'must be one telephone number'),
};

/** More than any policy allows: the draft's own bound. */
const BEST_SELLERS_MAX = 1_000;
const bestSellers = z.array(id('prd')).max(BEST_SELLERS_MAX).refine(namesNothingTwice, 'must not name a product twice');

/** A shop as its provider works on it: null for what is not there yet, and what is there is well-formed (SHOP-4). */
export const shopDraft = z.strictObject({
  introduction: z.strictObject({
    banner: introduction.banner.nullable(),
    logo: introduction.logo.nullable(),
    name: introduction.name.nullable(),
    mainTitle: introduction.mainTitle.nullable(),
    businessScope: introduction.businessScope.nullable(),
    summary: introduction.summary.nullable(),
    slogan: introduction.slogan,
  }),
  service: z.strictObject({
    qq: service.qq.nullable(),
    email: service.email.nullable(),
    phone: service.phone.nullable(),
  }),
  onlineHours: hours.nullable(),
  phoneHours: hours.nullable(),
  bestSellers,
});
export type ShopDraft = z.output<typeof shopDraft>;

/** A draft of which nothing is written yet. */
export const EMPTY_DRAFT: ShopDraft = {
  introduction: {
    banner: null,
    logo: null,
    name: null,
    mainTitle: null,
    businessScope: null,
    summary: null,
    slogan: null,
  },
  service: { qq: null, email: null, phone: null },
  onlineHours: null,
  phoneHours: null,
  bestSellers: [],
};

/** A shop that buyers can be shown: everything required is there (SHOP-1). */
export const shopContent = z.strictObject({
  introduction: z.strictObject(introduction),
  service: z.strictObject(service),
  onlineHours: hours,
  phoneHours: hours,
  bestSellers,
});
export type ShopContent = z.output<typeof shopContent>;

/** Everything that keeps a draft from being submitted, by its form alone; its content when nothing does. */
export function completed(
  draft: ShopDraft,
  bestSellersMax = BEST_SELLERS_MAX,
): { content: ShopContent | null; faults: Fault[] } {
  const tooMany = tooManyBestSellers(draft, bestSellersMax);
  const [introduction, service] = [{ slogan: null, ...written(draft.introduction) }, written(draft.service)];
  const reading = read(shopContent, { ...written(draft), introduction, service });
  return reading.isRead
    ? { content: reading.data, faults: tooMany }
    : { content: null, faults: [...reading.faults, ...tooMany] };
}

/** The fields that are there already. */
const written = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));

/** SHOP-1: six at most, unless the policy says otherwise. */
export function tooManyBestSellers({ bestSellers }: Pick<ShopDraft, 'bestSellers'>, max: number): Fault[] {
  if (bestSellers.length <= max) return [];
  return [{ path: 'bestSellers', message: `names ${bestSellers.length} products; ${max} are the most` }];
}

/** The images that a shop, or what there is of it, names: each with what it must be. */
export function imagesOf({ introduction: { banner, logo } }: Pick<ShopDraft, 'introduction'>) {
  const images: { id: string; field: string; purpose: ImagePurpose }[] = [];
  if (logo !== null) images.push({ id: logo, field: 'introduction.logo', purpose: 'logo' });
  if (banner !== null && 'image' in banner) {
    images.push({ id: banner.image, field: 'introduction.banner.image', purpose: 'banner' });
  }
  return images;
}

/** The picture that shows a banner: the shop's own, or the template's. */
export function bannerImageId({ introduction: { banner } }: ShopContent): string {
  return 'image' in banner ? banner.image : (bannerTemplate(banner.template)?.imageId ?? '');
}
