import type { Policy } from '../../domain/policies/catalogue';
import { AppError } from '../../domain/shared/errors';
import { EMPTY_DRAFT, type ShopDraft, tooManyBestSellers } from '../../domain/shops/content';
import { allowedShopActions } from '../../domain/shops/rules';
import { findReview } from '../../prisma/store/reviews/reviews';
import { wasCarriedOut } from '../../prisma/store/shared/audited-transaction';
import type { Database } from '../../prisma/store/shared/database';
import {
  changeShop,
  publishVersion,
  requireLegal,
  saveDraft,
  shopIdOf,
  shopState,
  submittable,
} from '../../prisma/store/shops/shops';
import { changeOf } from '../http/audited-change';
import type { Principal } from '../http/auth';
import type { CommandRequest } from '../http/command-request';
import { idFrom } from '../http/ids';
import { invalid } from '../http/problems';
import { providerOf } from '../http/scope';
import type { ReviewService } from '../reviews/service';
import { shopView } from './view';

/** What a replacement needs of the request that brings it. */
type Replacing = Omit<CommandRequest, 'command'>;

/** Where routes work on the shop of whoever asks, and read how far it is. */
export type ShopService = ReturnType<typeof shopService>;

export function shopService({ db, policy, reviews }: { db: Database; policy: Policy; reviews: ReviewService }) {
  const ofShop = (principal: Principal) => ({
    providerId: providerOf(principal),
    shopId: shopIdOf(providerOf(principal)),
  });
  const bestSellersMax = policy['shop.bestSellersMax'];

  /** The shop as it is now, and its version for the ETag. */
  async function view(principal: Principal) {
    const { shopId, providerId } = ofShop(principal);
    const state = await shopState(db, shopId);
    const { working, version } = state;
    const reviewId = working === null || working.status === 'draft' ? null : working.reviewId;
    const review = reviewId === null ? null : await findReview(db, reviewId, { providerId });
    return { shop: shopView(shopId, state, review), version };
  }

  /** Publishes a draft that changes nothing of the introduction, in one transaction (SHOP-2). */
  async function publish(call: CommandRequest): Promise<void> {
    const shop = ofShop(call.principal);
    const change = changeOf(call, shop.shopId, 'shop.publish');
    await changeShop(db, change, async (tx) => {
      const { way, versionId, content } = await submittable(tx, shop, bestSellersMax);
      if (way !== 'publish') throw changedMeanwhile();
      await publishVersion(tx, { shopId: shop.shopId, versionId, content, at: change.at });
    });
  }

  /** Sends the draft into review as a whole (SHOP-2). */
  async function sendToReview(call: CommandRequest, title: string): Promise<void> {
    const { shopId, providerId } = ofShop(call.principal);
    const { atMs, commandId } = call.command;
    const reviewId = idFrom('srv', atMs, commandId);
    const subject = { reviewId, kind: 'shop', operation: 'publish', objectId: shopId, providerId, title } as const;
    await reviews.submit(call, { subject, needsSecurityCheck: false });
  }

  return {
    view,

    /**
     * Saves the draft (SHOP-4).
     * @param expected the version of the shop that the editor has read, or null
     * @throws AppError SHOP.NOT_ALLOWED while it is in review, PRECONDITION.FAILED when it has changed since
     */
    async save(call: Replacing, content: ShopDraft, expected: number | null) {
      const { shopId, providerId } = ofShop(call.principal);
      const tooMany = tooManyBestSellers(content, bestSellersMax);
      if (tooMany.length > 0) throw invalid(tooMany.map((fault) => ({ ...fault, path: `body.${fault.path}` })));
      const change = changeOf(call, shopId, 'provider.draft');
      await changeShop(db, change, async (tx) => {
        const state = await shopState(tx, shopId);
        requireLegal('provider.draft', state);
        if (expected !== null && expected !== state.version) {
          throw new AppError('PRECONDITION.FAILED', 'Read the shop again and repeat your change on that.');
        }
        const id = idFrom('shv', change.at.getTime(), change.commandId);
        await saveDraft(tx, state, { shopId, providerId, id, content, at: change.at });
      });
      return view(call.principal);
    },

    /** The draft starts over from what is published (SHOP-4). @throws AppError SHOP.NOT_ALLOWED unless it is a draft */
    async reset(call: CommandRequest) {
      const { shopId, providerId } = ofShop(call.principal);
      const change = changeOf(call, shopId, 'provider.draft.reset');
      await changeShop(db, change, async (tx) => {
        const state = await shopState(tx, shopId);
        requireLegal('provider.draft.reset', state);
        const content = state.published?.content ?? EMPTY_DRAFT;
        await saveDraft(tx, state, { shopId, providerId, id: '', content, at: change.at });
      });
      return view(call.principal);
    },

    /**
     * Submits the draft (SHOP-2): to review when it changes the introduction, otherwise it is published at once.
     * @throws AppError SHOP.NOT_READY naming every field at fault, SHOP.UNCHANGED, SHOP.NOT_ALLOWED
     */
    async submit(call: CommandRequest) {
      if (!(await wasCarriedOut(db, call.command.commandId))) {
        const { way, content } = await submittable(db, ofShop(call.principal), bestSellersMax);
        if (way === 'publish') await publish(call);
        else await sendToReview(call, content.introduction.name);
      }
      return view(call.principal);
    },

    /** Takes what is in review back; it is a draft again (SHOP-3). @throws AppError SHOP.NOT_ALLOWED, REVIEW.NOT_ALLOWED */
    async withdraw(call: CommandRequest) {
      const { shopId } = ofShop(call.principal);
      if (!(await wasCarriedOut(db, call.command.commandId))) {
        const state = await shopState(db, shopId);
        requireLegal('provider.withdraw', state);
        const reviewId = state.working?.reviewId ?? '';
        await reviews.act(reviewId, 'provider.withdraw', '', call);
      }
      return view(call.principal);
    },
  };
}

const changedMeanwhile = () =>
  new AppError('SHOP.NOT_ALLOWED', 'The draft changed while it was submitted: submit it again.', {
    allowedActions: allowedShopActions('draft'),
  });
