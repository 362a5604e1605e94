import { keyedHash } from '../../codec/keys';
import type { ImagePurpose } from '../../domain/images/rules';
import { PROVIDER_ACTIONS } from '../../domain/instances/protocol';
import type { ProductType } from '../../domain/products/kinds';
import type { Database } from '../../prisma/store/shared/database';
import type { Api } from '../support/api';
import { bodyOf } from '../support/story';
import { KEYS, unique } from './commands';

/** What all products of tests have; each has ids that are right in form. */
const common = {
  name: '数据备份',
  tags: ['备份', '容灾'],
  deliveryDays: 3,
  logo: 'img_logo',
  thumbnail: null,
  specs: [
    { name: '基础版', duration: 1, unit: 'month', listPriceFen: 20_000, priceFen: 15_000 },
    { name: '专业版', duration: 1, unit: 'year', listPriceFen: 200_000, priceFen: 200_000 },
  ],
  summary: '每天备份一次。',
  description: '每天备份，保留三十天，随时可以恢复。',
  dependedProducts: ['云服务器'],
  documents: [],
  serviceAgreement: { text: '按约定的时间交付。' },
};

const OWN = {
  image: {
    type: 'image',
    category: 'image',
    imageId: 'img-3gd4q8xk',
    operatingSystem: 'Debian 12',
    architecture: 'x86_64',
    software: 'PostgreSQL 18',
  },
  human_service: {
    type: 'human_service',
    category: 'software',
    requirementForm: 'after_ordering',
    requirementTemplate: '要备份哪些数据？',
    needsImplementation: true,
    needsBuyerConfirmation: true,
  },
  saas: {
    type: 'saas',
    category: 'saas',
    trial: { days: 7 },
    customisable: false,
    deliveryUrl: 'https://saas.example/marketplace',
    deliveryToken: 'token-in-plain-1',
  },
  api: {
    type: 'api',
    category: 'api',
    endpointUrl: 'https://api.example/v1',
    documentationUrl: 'https://api.example/docs',
    callsPerSecond: 50,
  },
} as const satisfies Record<ProductType, object>;

/** A product's content as a provider sends it: complete and right, but for what `changes` say. */
export const contentOf = (type: ProductType, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...common,
  ...OWN[type],
  ...changes,
});

/** An application as its provider and operations read it. */
export type Application = {
  id: string;
  operation: string;
  objectId: string;
  status: string;
  reason: string | null;
  allowedActions: string[];
  deadlines: { name: string; at: string }[];
  base: unknown;
  proposed: unknown;
  diff: { field: string; before: unknown; after: unknown }[];
  timeline: { actor: string; action: string; note: string | null }[];
};

/** A product as its provider reads it. */
export type OwnProduct = {
  id: string;
  name: string;
  status: string;
  grade: string;
  version: number;
  openApplicationId: string | null;
  hasDeliveryToken: boolean;
  allowedActions: string[];
  timeline: { action: string; operation: string; applicationId: string }[];
  content: { specs: { id: string; name: string; priceFen: number }[]; [field: string]: unknown } | null;
};

/** Puts an image that was measured already into the table, and answers its id. */
export async function addImage(
  db: Database,
  purpose: ImagePurpose = 'product_logo',
  providerId = 'prv_demo',
): Promise<string> {
  const id = `img_${unique()}`;
  const measured = { format: 'png', width: 120, height: 80, size: 1_000, sha256: id.padEnd(64, '0') };
  await db.image.create({ data: { id, providerId, purpose, ...measured } });
  return id;
}

/**
 * A provider's side that has passed everything in the debugger (INS-5), and is verified for what a content says (INS-2).
 * @param token the one that the product has, where the content brings none
 */
export async function provenDelivery(
  db: Database,
  content: Record<string, unknown>,
  { providerId = 'prv_demo', token = OWN.saas.deliveryToken }: { providerId?: string; token?: string } = {},
): Promise<void> {
  if (content.type !== 'saas' || typeof content.deliveryUrl !== 'string' || !URL.canParse(content.deliveryUrl)) return;
  const signed = typeof content.deliveryToken === 'string' ? content.deliveryToken : token;
  const passed = { passes: 1, tokenFingerprint: keyedHash(KEYS, 'fingerprint').of(signed), passedAt: new Date() };
  for (const action of PROVIDER_ACTIONS) {
    const id = { providerId, url: new URL(content.deliveryUrl).href, action };
    const row = { ...id, ...passed, signId: action === 'createInstance' ? 'i1' : null };
    await db.deliveryCheck.upsert({ where: { providerId_url_action: id }, create: row, update: passed });
  }
}

/** Ways to apply for what is to be done to products of prv_demo, and to decide it. */
export function productsOf(api: Pick<Api, 'db' | 'provider' | 'ops' | 'buyer'>, provider = api.provider) {
  const apply = (productId: string, operation: string, body?: object, headers = {}) =>
    provider.post(`/v1/provider/products/${productId}/${operation}`, body, headers);

  /** A right content with a logo of its own; where it is delivered automatically, that has been tried. */
  async function content(type: ProductType, changes: Record<string, unknown> = {}) {
    const made = contentOf(type, { logo: await addImage(api.db), ...changes });
    await provenDelivery(api.db, made);
    return made;
  }

  /** Applies for a new product; answers the application. */
  async function submitNew(type: ProductType, changes = {}, grade?: string): Promise<Application> {
    const body = { content: await content(type, changes), ...(grade === undefined ? {} : { grade }) };
    return bodyOf(await provider.post('/v1/provider/products', body), 201);
  }

  const decide = async (id: string, decision: string, body?: object): Promise<Application> =>
    bodyOf(await api.ops.post(`/v1/ops/reviews/${id}/${decision}`, body), 200);

  /** Brings an application through security check and review. */
  async function approve({ id, status }: Application): Promise<Application> {
    if (status === 'security_check') await decide(id, 'security/pass');
    return decide(id, 'approve');
  }

  const own = async (id: string): Promise<OwnProduct> => bodyOf(await provider.get(`/v1/provider/products/${id}`), 200);

  return {
    apply,
    content,
    submitNew,
    decide,
    approve,
    own,
    /** Applies for one operation, which must be taken. */
    applied: async (productId: string, operation: string, body?: object): Promise<Application> =>
      bodyOf(await apply(productId, operation, body), 201),
    application: async (id: string): Promise<Application> =>
      bodyOf(await provider.get(`/v1/provider/applications/${id}`), 200),
    withdraw: (id: string, headers = {}) =>
      provider.post(`/v1/provider/applications/${id}/withdraw`, undefined, headers),
    /** A new product on sale. */
    async published(type: ProductType = 'human_service', changes = {}, grade?: string): Promise<OwnProduct> {
      const application = await submitNew(type, changes, grade);
      await approve(application);
      return own(application.objectId);
    },
    /** The content as it is published, with changes, ready to be sent again. */
    changed: ({ content: now }: OwnProduct, changes: Record<string, unknown>) => ({ content: { ...now, ...changes } }),
    /** The provider's side is verified for what a content says (INS-2). */
    proven: (made: Record<string, unknown>) => provenDelivery(api.db, { ...OWN.saas, ...made }),
  };
}
