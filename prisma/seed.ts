import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client';

/** Demonstration data: two companies, one person of every kind, and something to buy. Running it again changes nothing. */

const providers = [
  { id: 'prv_demo', name: '示例云服务有限公司', licenceNumber: '91440300MA5DEMO01X', mainUserId: 'usr_provider_demo' },
  {
    id: 'prv_other',
    name: '另一家服务商有限公司',
    licenceNumber: '91440300MA5OTHER1',
    mainUserId: 'usr_provider_other',
  },
];

const users = [
  {
    id: 'usr_demo',
    role: 'buyer',
    providerId: null,
    name: '王小明',
    email: 'buyer@demo.example',
    phone: '13800000001',
  },
  {
    id: 'usr_other',
    role: 'buyer',
    providerId: null,
    name: '李雷',
    email: 'buyer@other.example',
    phone: '13800000002',
  },
  {
    id: 'usr_provider_demo',
    role: 'provider',
    providerId: 'prv_demo',
    account: 'main',
    name: '张服务',
    email: 'service@provider-demo.example',
    phone: '13800000003',
  },
  {
    id: 'usr_provider_other',
    role: 'provider',
    providerId: 'prv_other',
    account: 'main',
    name: '赵另一',
    email: 'service@provider-other.example',
    phone: '13800000004',
  },
  {
    id: 'usr_ops_demo',
    role: 'ops',
    providerId: null,
    permissions: ['appeals.rule', 'payloads.read'],
    name: '运营经理',
    email: 'ops@marketplace.example',
    phone: null,
  },
];

interface SeedProduct {
  id: string;
  providerId: string;
  name: string;
  type: string;
  category: string;
  selfOperated: boolean;
  summary: string;
  specs: { id: string; name: string; duration: number; unit: string; listPriceFen: number; priceFen: number }[];
}

/** All supervised: their orders are delivered under supervision (DLV-1). */
const products: SeedProduct[] = [
  {
    id: 'prd_service',
    providerId: 'prv_demo',
    name: '小程序定制开发',
    type: 'human_service',
    category: 'human_service',
    selfOperated: false,
    summary: '按需求定制小程序，含设计、开发与上线。',
    specs: [
      { id: 'spc_service_basic', name: '基础版', duration: 1, unit: 'time', listPriceFen: 250_000, priceFen: 200_000 },
      { id: 'spc_service_pro', name: '专业版', duration: 1, unit: 'time', listPriceFen: 900_000, priceFen: 800_000 },
    ],
  },
  {
    id: 'prd_self_operated',
    providerId: 'prv_demo',
    name: '云迁移服务（自营）',
    type: 'human_service',
    category: 'cloud_application',
    selfOperated: true,
    summary: '平台派单并检查交付的云迁移服务。',
    specs: [
      { id: 'spc_self_small', name: '十台以内', duration: 1, unit: 'time', listPriceFen: 500_000, priceFen: 500_000 },
      {
        id: 'spc_self_large',
        name: '百台以内',
        duration: 1,
        unit: 'time',
        listPriceFen: 3_000_000,
        priceFen: 2_800_000,
      },
    ],
  },
  {
    id: 'prd_saas_manual',
    providerId: 'prv_demo',
    name: '企业客服系统',
    type: 'saas',
    category: 'saas_manual_delivery',
    selfOperated: false,
    summary: '由服务商人工开通的客服系统。',
    specs: [
      { id: 'spc_saas_month', name: '团队版', duration: 1, unit: 'month', listPriceFen: 39_900, priceFen: 29_900 },
      { id: 'spc_saas_year', name: '团队版包年', duration: 1, unit: 'year', listPriceFen: 399_000, priceFen: 299_000 },
    ],
  },
  {
    id: 'prd_other_service',
    providerId: 'prv_other',
    name: '网站备案代办',
    type: 'human_service',
    category: 'human_service',
    selfOperated: false,
    summary: '另一家服务商的商品。',
    specs: [
      { id: 'spc_other_once', name: '单次', duration: 1, unit: 'time', listPriceFen: 60_000, priceFen: 50_000 },
      { id: 'spc_other_rush', name: '加急', duration: 1, unit: 'time', listPriceFen: 120_000, priceFen: 100_000 },
    ],
  },
];

/** Adds what is missing of the demonstration data; what is there already is left as it is. */
export async function seed(databaseUrl: string): Promise<void> {
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: databaseUrl }),
    // A machine that is busy starting everything else may take its time.
    transactionOptions: { maxWait: 30_000, timeout: 30_000 },
  });
  const specs = products.flatMap((product) => product.specs.map((spec) => ({ ...spec, productId: product.id })));
  try {
    await prisma.$transaction([
      prisma.provider.createMany({ data: providers, skipDuplicates: true }),
      prisma.user.createMany({ data: users, skipDuplicates: true }),
      prisma.product.createMany({
        data: products.map(({ specs: _, ...product }) => ({
          ...product,
          grade: 'certified',
          supervised: true,
          status: 'published',
          version: 1,
        })),
        skipDuplicates: true,
      }),
      prisma.productSpec.createMany({ data: specs, skipDuplicates: true }),
    ]);
  } finally {
    await prisma.$disconnect();
  }
}

async function main(): Promise<void> {
  const databaseUrl = process.env.DATABASE_URL ?? '';
  if (databaseUrl === '') throw new Error('Set DATABASE_URL to the database to fill.');
  await seed(databaseUrl);
  console.log('The demonstration data is there.');
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
