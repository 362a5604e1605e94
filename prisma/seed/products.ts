import type { ProductContent } from '../../domain/products/content';

/** What a product of the demonstration data has when nothing else is said of it. Logos are uploaded, so there is none. */
const usual: Pick<
  ProductContent,
  'thumbnail' | 'logo' | 'dependedProducts' | 'documents' | 'serviceAgreement' | 'selfOperated'
> = {
  thumbnail: null,
  logo: null,
  dependedProducts: [],
  documents: [],
  serviceAgreement: { text: '服务商按订单约定的时间和内容交付，交付后提供三个月维护。' },
  selfOperated: false,
};

const humanService = {
  ...usual,
  type: 'human_service' as const,
  requirementForm: 'after_ordering' as const,
  requirementTemplate: '请写明目标、内容、希望的完成时间，以及联系人。',
  needsImplementation: true,
  needsBuyerConfirmation: true,
  supervised: true,
};

const spec = (id: string, name: string, unit: 'time' | 'month' | 'year', listPriceFen: number, priceFen: number) => ({
  id,
  name,
  duration: 1,
  unit,
  listPriceFen,
  priceFen,
});

/** Something to buy of every flow. All are supervised: their orders are delivered under supervision (DLV-1). */
export const products: { id: string; providerId: string; content: ProductContent }[] = [
  {
    id: 'prd_service',
    providerId: 'prv_demo',
    content: {
      ...humanService,
      category: 'human_service',
      name: '小程序定制开发',
      tags: ['小程序', '定制开发'],
      deliveryDays: 15,
      specs: [
        spec('spc_service_basic', '基础版', 'time', 250_000, 200_000),
        spec('spc_service_pro', '专业版', 'time', 900_000, 800_000),
      ],
      summary: '按需求定制小程序，含设计、开发与上线。',
      description: '基础版含五个页面以内的设计与开发；专业版另含管理后台、支付与数据统计。两者都负责提交审核和上线。',
    },
  },
  {
    id: 'prd_self_operated',
    providerId: 'prv_demo',
    content: {
      ...humanService,
      category: 'cloud_application',
      name: '云迁移服务（自营）',
      tags: ['云迁移', '自营'],
      deliveryDays: 20,
      specs: [
        spec('spc_self_small', '十台以内', 'time', 500_000, 500_000),
        spec('spc_self_large', '百台以内', 'time', 3_000_000, 2_800_000),
      ],
      summary: '平台派单并检查交付的云迁移服务。',
      description: '盘点现有服务器与数据，制定方案，迁移并核对，切换时有人值守。',
      dependedProducts: ['云服务器', '云数据库'],
      selfOperated: true,
    },
  },
  {
    id: 'prd_saas_manual',
    providerId: 'prv_demo',
    content: {
      ...usual,
      type: 'saas',
      category: 'saas_manual_delivery',
      name: '企业客服系统',
      tags: ['客服', 'SaaS'],
      deliveryDays: 2,
      specs: [
        spec('spc_saas_month', '团队版', 'month', 39_900, 29_900),
        spec('spc_saas_year', '团队版包年', 'year', 399_000, 299_000),
      ],
      summary: '由服务商人工开通的客服系统。',
      description: '网页、公众号与小程序的咨询在一处接待；开通时协助导入客户资料。',
      trial: { days: 7 },
      customisable: true,
      deliveryUrl: null,
    },
  },
  {
    id: 'prd_other_service',
    providerId: 'prv_other',
    content: {
      ...humanService,
      category: 'human_service',
      name: '网站备案代办',
      tags: ['备案'],
      deliveryDays: 20,
      specs: [
        spec('spc_other_once', '单次', 'time', 60_000, 50_000),
        spec('spc_other_rush', '加急', 'time', 120_000, 100_000),
      ],
      summary: '另一家服务商的商品。',
      description: '准备材料、填报、跟进，直到备案号下发。',
    },
  },
];
