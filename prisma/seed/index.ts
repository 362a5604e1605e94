import { PrismaPg } from '@prisma/adapter-pg';
import { AGREEMENTS } from '../../domain/accounts/agreements';
import { supervisionOf } from '../../domain/products/content';
import { PrismaClient } from '../generated/client';
import { products } from './products';
import { demoLogo, demoShop, demoVersion } from './shop';

/** Demonstration data: two companies, one person of every kind, and something to buy. Running it again changes nothing. */

const providers = [
  { id: 'prv_demo', name: '示例云服务有限公司', licenceNumber: '91440300MA5DEM0019', mainUserId: 'usr_provider_demo' },
  {
    id: 'prv_other',
    name: '另一家服务商有限公司',
    licenceNumber: '91440300MA5QTHER1Y',
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

/** Both have signed the entry agreement on joining (ACC-4). */
const agreements = providers.map(({ id, name, licenceNumber, mainUserId }) => ({
  id: id.replace('prv_', 'agr_entry_'),
  providerId: id,
  kind: 'entry',
  revision: AGREEMENTS.entry.revision,
  text: AGREEMENTS.entry.write({ company: name, licenceNumber, payee: null, contacts: [] }),
  signedBy: mainUserId,
  signedAt: new Date(),
}));

/** Adds what is missing of the demonstration data; what is there already is left as it is. */
export async function seed(databaseUrl: string): Promise<void> {
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: databaseUrl }),
    // A machine that is busy starting everything else may take its time.
    transactionOptions: { maxWait: 30_000, timeout: 30_000 },
  });
  const at = new Date();
  try {
    const known = new Set((await prisma.product.findMany({ select: { id: true } })).map(({ id }) => id));
    // The specs of a product that is there may be others by now.
    const missing = products.filter(({ id }) => !known.has(id));
    const specs = missing.flatMap(({ id, content }) => content.specs.map((spec) => ({ ...spec, productId: id })));
    await prisma.$transaction([
      prisma.provider.createMany({
        data: providers.map((provider) => ({ ...provider, couponsEnabledAt: at })),
        skipDuplicates: true,
      }),
      prisma.agreement.createMany({ data: agreements, skipDuplicates: true }),
      prisma.user.createMany({ data: users, skipDuplicates: true }),
      prisma.product.createMany({ data: missing.map(published), skipDuplicates: true }),
      prisma.productVersion.createMany({
        data: missing.map(({ id, content }) => ({ productId: id, number: 1, content, publishedAt: at })),
        skipDuplicates: true,
      }),
      prisma.productSpec.createMany({ data: specs, skipDuplicates: true }),
      prisma.image.createMany({ data: [{ ...demoLogo, publishedAt: at }], skipDuplicates: true }),
      prisma.shop.createMany({ data: [{ ...demoShop, createdAt: at, updatedAt: at }], skipDuplicates: true }),
      prisma.shopVersion.createMany({
        data: [{ ...demoVersion, createdAt: at, updatedAt: at, publishedAt: at }],
        skipDuplicates: true,
      }),
    ]);
  } finally {
    await prisma.$disconnect();
  }
}

const published = ({ id, providerId, content }: (typeof products)[number]) => {
  const { name, type, category, summary, selfOperated } = content;
  const supervised = supervisionOf(content);
  const columns = { name, type, category, summary, selfOperated, supervised };
  return { id, providerId, ...columns, grade: 'certified', status: 'published', content, version: 1 };
};

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
