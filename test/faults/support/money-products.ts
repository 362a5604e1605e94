import { products } from '../../../prisma/seed/products';
import type { FaultSystem } from './system';

/** Something to buy of every way to be delivered: supervised, by the provider directly, and at once. */
export const FOR_SALE = [
  { productId: 'prd_service', specId: 'spc_service_basic', kind: 'supervised' },
  { productId: 'prd_direct', specId: 'spc_direct', kind: 'direct' },
  { productId: 'prd_api', specId: 'spc_api', kind: 'at_once' },
  { productId: 'prd_image', specId: 'spc_image', kind: 'at_once' },
] as const;
export type ForSale = (typeof FOR_SALE)[number];

const OWN: Record<string, Record<string, unknown>> = {
  direct: { supervised: false },
  api: {
    type: 'api',
    category: 'api',
    endpointUrl: 'https://api.example/v1',
    documentationUrl: 'https://api.example/d',
  },
  image: { type: 'image', category: 'image', imageId: 'img-1', operatingSystem: 'Debian 12', architecture: 'x86_64' },
};

/** Publishes what the demonstration data has not: nobody supervises these. */
export async function addUnsupervised({ db }: Pick<FaultSystem, 'db'>): Promise<void> {
  const usual = products.find(({ id }) => id === 'prd_service')?.content;
  for (const [name, own] of Object.entries(OWN)) {
    const spec = { id: `spc_${name}`, name: '一次', duration: 1, unit: 'time', listPriceFen: 90_000, priceFen: 80_000 };
    const content = { ...usual, callsPerSecond: 9, software: 'PostgreSQL 18', ...own, specs: [spec] };
    const { type = 'human_service', category = 'human_service' } = own;
    const columns = { type: String(type), category: String(category), name: `未托管的${name}`, summary: '' };
    const state = { selfOperated: false, supervised: false, grade: 'certified', status: 'published', version: 1 };
    await db.product.create({ data: { id: `prd_${name}`, providerId: 'prv_demo', ...columns, ...state, content } });
    await db.productSpec.create({ data: { ...spec, productId: `prd_${name}` } });
  }
}
