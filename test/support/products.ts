import type { ProductType } from '../../domain/products/kinds';

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
