import type { z } from 'zod';
import type { reviewSummarySchema } from '../../api/reviews/schemas';
import { EMPTY_DRAFT, type ShopContent, type ShopDraft } from '../../domain/shops/content';
import type { ShopOperation, VersionStatus } from '../../domain/shops/rules';
import type { Api } from '../support/api';
import type { Answer, HttpClient } from '../support/http';
import { bodyOf } from '../support/story';
import * as images from './images';

type Version<C> = { id: string; number: number; status: VersionStatus; reason: string | null; content: C };

/** A shop as its provider reads it. */
export type Shop = {
  id: string;
  published: Version<ShopContent> | null;
  draft: Version<ShopDraft> | null;
  review: z.infer<typeof reviewSummarySchema> | null;
  allowedActions: ShopOperation[];
};

export const SHOP = '/v1/provider/shop';

/** A complete shop with that logo. */
export const shopWith = (logo: string): ShopContent => ({
  introduction: {
    banner: { template: 'dawn' },
    logo,
    name: '另一家小店',
    mainTitle: '专注网站备案',
    businessScope: '网站备案代办、域名服务。',
    summary: '十年备案经验。',
    slogan: null,
  },
  service: { qq: '12345678', email: 'service@other.example', phone: '0755-1234567' },
  onlineHours: '09:00:00 - 18:00:00',
  phoneHours: '08:30:00 - 20:00:00',
  bestSellers: ['prd_other_service'],
});

/** What a test says of a draft, right in form or not. */
export type SomeDraft = { introduction?: object; service?: object; [field: string]: unknown };

/** A draft as it is sent: null for all that is not said. */
export const draftWith = ({ introduction = {}, service = {}, ...rest }: SomeDraft) => ({
  ...EMPTY_DRAFT,
  ...rest,
  introduction: { ...EMPTY_DRAFT.introduction, ...introduction },
  service: { ...EMPTY_DRAFT.service, ...service },
});

/** Ways of prv_other, whose shop is not published yet, to work on it; operations decide. */
export function shopOf(api: Api, provider: HttpClient = api.otherProvider) {
  const read = async () => bodyOf<Shop>(await provider.get(SHOP), 200);
  const save = (draft: SomeDraft, headers = {}) => provider.put(`${SHOP}/draft`, draftWith(draft), headers);
  const post = (path: string, headers = {}) => provider.post(`${SHOP}/${path}`, undefined, headers);

  return {
    read,
    save,
    submit: (headers = {}) => post('submit', headers),
    withdraw: (headers = {}) => post('withdraw', headers),
    reset: () => post('draft/reset'),
    /** Uploads a logo; answers its id. */
    async logo(): Promise<string> {
      const file = await images.png({ width: 390, height: 260 });
      return bodyOf<{ id: string }>(await provider.upload(`${SHOP}/images/logo`, 'logo.png', file), 201).id;
    },
    /** Uploads a banner; answers its id. */
    async banner(): Promise<string> {
      const file = await images.png({ width: 1920, height: 300 });
      return bodyOf<{ id: string }>(await provider.upload(`${SHOP}/images/banner`, 'banner.png', file), 201).id;
    },
    /** Saves and submits; answers the id of the review. */
    async inReview(content: ShopContent): Promise<string> {
      bodyOf(await save(content), 200);
      const { review } = bodyOf<Shop>(await post('submit'), 200);
      if (review === null) throw new Error('it is not in review');
      return review.id;
    },
    decide: (reviewId: string, decision: 'approve' | 'reject', headers = {}): Promise<Answer> =>
      api.ops.post(
        `/v1/ops/reviews/${reviewId}/${decision}`,
        decision === 'reject' ? { reason: '店铺名称与公司不符' } : undefined,
        headers,
      ),
    /** Brings a shop to publication, whatever it takes. */
    async published(content: ShopContent): Promise<Shop> {
      bodyOf(await save(content), 200);
      const { review } = bodyOf<Shop>(await post('submit'), 200);
      if (review !== null) bodyOf(await this.decide(review.id, 'approve'), 200);
      return read();
    },
  };
}
