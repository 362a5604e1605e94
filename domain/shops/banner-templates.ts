/** A banner that a shop may take instead of one of its own (SHOP-1). Its picture is shipped with the system. */
export type BannerTemplate = { id: string; name: { 'zh-CN': string; en: string }; imageId: string };

const template = (id: string, chinese: string, english: string): BannerTemplate => ({
  id,
  name: { 'zh-CN': chinese, en: english },
  imageId: `img_banner_${id}`,
});

/** The template library 模板库. A template that shops may have chosen is never taken out again. */
export const BANNER_TEMPLATES: readonly BannerTemplate[] = [
  template('dawn', '晨曦', 'Dawn'),
  template('ocean', '海洋', 'Ocean'),
  template('forest', '森林', 'Forest'),
  template('graphite', '石墨', 'Graphite'),
  template('violet', '紫霞', 'Violet'),
  template('sand', '沙丘', 'Sand'),
];

/** The template of that id, or undefined. */
export const bannerTemplate = (id: string): BannerTemplate | undefined =>
  BANNER_TEMPLATES.find((known) => known.id === id);

/** Pictures that everybody may see, shipped in `assets/images`: the templates, and the logo of the demonstration shop. */
export const SHIPPED_IMAGES: readonly string[] = [...BANNER_TEMPLATES.map(({ imageId }) => imageId), 'img_demo_logo'];
