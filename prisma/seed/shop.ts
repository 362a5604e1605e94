import type { ShopContent } from '../../domain/shops/content';

/** The shop of the demonstration provider, published: its banner is of the library, its logo comes with the system. */

/** `assets/images/img_demo_logo.png`, as it was measured. */
export const demoLogo = {
  id: 'img_demo_logo',
  providerId: 'prv_demo',
  purpose: 'logo',
  format: 'png',
  width: 390,
  height: 260,
  size: 2994,
  sha256: '0eac7f4bf826d068bbf906977059062656cbac012f61df4d02f2597e0458af91',
};

export const demoShop = { id: 'shp_demo', providerId: 'prv_demo', publishedVersionId: 'shv_demo' };

const content: ShopContent = {
  introduction: {
    banner: { template: 'ocean' },
    logo: demoLogo.id,
    name: '示例云服务',
    mainTitle: '让企业放心上云',
    businessScope: '软件开发、云迁移、企业应用的实施与运维。',
    summary: '我们为中小企业提供从咨询、开发到运维的一站式云服务，十年经验，七天客服。',
    slogan: '上云，就这么简单',
  },
  service: { qq: '800012345', email: 'service@provider-demo.example', phone: '400-800-1234' },
  onlineHours: '09:00:00 - 18:00:00',
  phoneHours: '09:00:00 - 18:00:00',
  bestSellers: ['prd_service', 'prd_saas_manual'],
};

export const demoVersion = {
  id: demoShop.publishedVersionId,
  shopId: demoShop.id,
  number: 1,
  status: 'published',
  content,
};
