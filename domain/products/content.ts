import { z } from 'zod';
import { id, namesNothingTwice, optionalText, text } from '../shared/text';
import { CATEGORIES_OF, isSupervised, MAY_BE_UNSUPERVISED, PRODUCT_TYPES, UNITS } from './kinds';

/** How much a product may have of everything (PRD-2). The whole of it fits into one request. */
export const PRODUCT_LIMITS = {
  nameLength: 30,
  tags: 3,
  specs: 50,
  documents: 10,
  documentBytes: 5 * 1024 * 1024,
  priceFen: 1_000_000_000_00,
} as const;

/** What a document may be, by its measured type: PDF, Word, PPT, ZIP, RAR (PRD-2). */
export const DOCUMENT_TYPES: readonly string[] = [
  'application/pdf',
  'application/msword',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.ms-powerpoint',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  'application/zip',
  'application/x-rar-compressed',
];

const fen = z.int().min(1).max(PRODUCT_LIMITS.priceFen);
/** A rule between fields is asked as soon as these can be read, whatever is wrong with the others: one answer names all faults. */
const whenRead = (readable: z.ZodType) => ({
  when: ({ value }: { value: unknown }) => readable.safeParse(value).success,
});

const list = (max: number, item: z.ZodType<string, string>) =>
  z
    .array(item)
    .max(max)
    .refine(namesNothingTwice, { message: 'must not name anything twice', ...whenRead(z.array(z.string())) });

/** One line of the price list. One that is kept says its id, so that it stays the same to everybody (PRD-2). */
const spec = z
  .strictObject({
    id: id('spc').optional(),
    name: text(50),
    duration: z.int().min(1).max(1_000),
    unit: z.enum(UNITS),
    listPriceFen: fen,
    priceFen: fen,
  })
  .refine(({ priceFen, listPriceFen }) => priceFen <= listPriceFen, {
    path: ['priceFen'],
    message: 'must not be above the list price',
    ...whenRead(z.object({ priceFen: z.number(), listPriceFen: z.number() })),
  });

const specs = z
  .array(spec)
  .min(1)
  .max(PRODUCT_LIMITS.specs)
  .refine((all) => namesNothingTwice(all.flatMap((one) => one.id ?? [])), {
    message: 'must not name an id twice',
    ...whenRead(z.array(z.object({ id: z.string().optional() }))),
  })
  .refine((all) => namesNothingTwice(all.map(({ name, duration, unit }) => JSON.stringify([name, duration, unit]))), {
    message: 'must not offer the same name, duration and unit twice',
    ...whenRead(z.array(z.object({ name: z.string(), duration: z.number(), unit: z.string() }))),
  });

/** What every product has (PRD-2). */
const common = {
  name: text(PRODUCT_LIMITS.nameLength),
  tags: list(PRODUCT_LIMITS.tags, text(20)).min(1),
  deliveryDays: z.int().min(0).max(365),
  logo: id('img'),
  thumbnail: id('img').nullable().default(null),
  specs,
  summary: text(500),
  description: text(6_000),
  dependedProducts: list(20, text(50)).default([]),
  documents: list(PRODUCT_LIMITS.documents, id('att')).default([]),
  serviceAgreement: z.union([z.strictObject({ text: text(6_000) }), z.strictObject({ attachmentId: id('att') })], {
    error: 'must be {"text": …}, or {"attachmentId": …} of a file',
  }),
  /** Operations dispatch and check what is delivered (DLV-12); they see it when they review the publication. */
  selfOperated: z.boolean().default(false),
};

/** An HTTPS address that parameters will be added to, or that people open. */
const address = z
  .url({ protocol: /^https$/, message: 'must be an https:// address' })
  .max(500)
  .refine((sent) => isPlain(sent), 'must not hold a user, a query or a fragment');

/** INS-1: what is added to a delivery URL must be all of its query. */
function isPlain(sent: string): boolean {
  if (!URL.canParse(sent)) return true;
  const { username, password } = new URL(sent);
  return username === '' && password === '' && !/[?#]/.test(sent);
}

const image = z.strictObject({
  type: z.literal('image'),
  category: z.enum(CATEGORIES_OF.image),
  ...common,
  /** The machine image at the cloud, which is what will be delivered. */
  imageId: z.string().regex(/^img-[0-9a-z]{4,32}$/, 'must be an image id of the cloud, like img-3gd4q8xk'),
  operatingSystem: text(100),
  architecture: z.enum(['x86_64', 'arm64']),
  /** What is installed in it, with versions. */
  software: text(1_000),
});

const humanService = z
  .strictObject({
    type: z.literal('human_service'),
    category: z.enum(CATEGORIES_OF.human_service),
    ...common,
    requirementForm: z.enum(['before_ordering', 'after_ordering']),
    requirementTemplate: optionalText(2_000),
    needsImplementation: z.boolean(),
    needsBuyerConfirmation: z.boolean(),
    supervised: z.boolean().default(true),
  })
  .refine(({ supervised, category }) => supervised || MAY_BE_UNSUPERVISED.includes(category), {
    path: ['supervised'],
    message: `may be false only in the category ${MAY_BE_UNSUPERVISED.join(', ')}`,
    ...whenRead(z.object({ supervised: z.boolean(), category: z.enum(CATEGORIES_OF.human_service) })),
  });

const saas = z
  .strictObject({
    type: z.literal('saas'),
    category: z.enum(CATEGORIES_OF.saas),
    ...common,
    trial: z.strictObject({ days: z.int().min(1).max(90) }).nullable(),
    customisable: z.boolean(),
    /** Where instances will be ordered (INS-1); none where people deliver. */
    deliveryUrl: address.nullable().default(null),
    /** Signs what is sent there. Left out, the earlier one is kept; it is never shown again. */
    deliveryToken: z
      .string()
      .regex(/^[\x21-\x7e]{8,128}$/, 'must have 8 to 128 visible ASCII characters')
      .optional(),
  })
  .refine(({ category, deliveryUrl }) => (category === 'saas') === (deliveryUrl !== null), {
    path: ['deliveryUrl'],
    message: 'is required where instances are delivered automatically, and taken only there',
    ...whenRead(z.object({ category: z.enum(CATEGORIES_OF.saas), deliveryUrl: z.string().nullable() })),
  })
  .refine(({ category, deliveryToken }) => category === 'saas' || deliveryToken === undefined, {
    path: ['deliveryToken'],
    message: 'is only for what is delivered automatically',
    ...whenRead(z.object({ category: z.enum(CATEGORIES_OF.saas) })),
  });

const api = z.strictObject({
  type: z.literal('api'),
  category: z.enum(CATEGORIES_OF.api),
  ...common,
  /** Where it is called, and where that is explained. */
  endpointUrl: address,
  documentationUrl: address,
  callsPerSecond: z.int().min(1).max(100_000),
});

/** A product as its provider describes it: every type with the fields of its own (PRD-1, PRD-2). */
export const sentContent = z.discriminatedUnion('type', [image, humanService, saas, api]);
export type SentContent = z.output<typeof sentContent>;

/** What every product has, whatever else it is: to check a description whose type cannot be read. */
export const untypedContent = z.looseObject(common);

/** What a description names of what is kept elsewhere, null for what cannot be read. */
const named = z.object({
  type: z.enum(PRODUCT_TYPES).nullable().catch(null),
  logo: id('img').nullable().catch(null),
  thumbnail: id('img').nullable().catch(null),
  documents: z.array(id('att').nullable().catch(null)).catch([]),
  serviceAgreement: z.looseObject({ attachmentId: id('att').optional().catch(undefined) }).catch({}),
  specs: z.array(z.object({ id: id('spc').optional().catch(undefined) }).catch({})).catch([]),
  deliveryUrl: z.string().nullable().catch(null),
  deliveryToken: z.string().optional().catch('unreadable'),
});
export type Named = z.output<typeof named>;

/** As far as a description can be read, what it names: that can be looked up even while its form is at fault. */
export const namedBy = (content: unknown): Named => named.parse(content instanceof Object ? content : {});

type Kept<C> = C extends SentContent
  ? Omit<C, 'specs' | 'logo' | 'deliveryToken'> & {
      specs: (Omit<C['specs'][number], 'id'> & { id: string })[];
      /** Null only of products that were there before logos were. */
      logo: string | null;
    }
  : never;

/** A product's content as it is stored: every spec has its id, and the token is kept elsewhere, sealed. */
export type ProductContent = Kept<SentContent>;
export type ProductSpec = ProductContent['specs'][number];

/**
 * What of a description is kept in plain.
 * @param specId the id of the n-th line of the price list, where it is a new one
 */
export function keptContent(sent: SentContent, specId: (n: number) => string): ProductContent {
  const specs = sent.specs.map((one, n) => ({ ...one, id: one.id ?? specId(n) }));
  if (sent.type !== 'saas') return { ...sent, specs };
  const { deliveryToken: _, ...kept } = sent;
  return { ...kept, specs };
}

/** The files that a content names, each with its field: its documents, and its service agreement where that is one. */
export const filesOf = ({ documents, serviceAgreement }: Pick<Named, 'documents' | 'serviceAgreement'>) => [
  ...documents.flatMap((id, n) => (id === null ? [] : [{ id, field: `documents.${n}` }])),
  ...(serviceAgreement.attachmentId === undefined
    ? []
    : [{ id: serviceAgreement.attachmentId, field: 'serviceAgreement.attachmentId' }]),
];

/** The images that a content names, each with what it must be. */
export const imagesOf = ({ logo, thumbnail }: Pick<ProductContent, 'logo' | 'thumbnail'>) => [
  ...(logo === null ? [] : [{ id: logo, field: 'logo', purpose: 'product_logo' } as const]),
  ...(thumbnail === null ? [] : [{ id: thumbnail, field: 'thumbnail', purpose: 'product_thumbnail' } as const]),
];

/** Whether the product's orders are delivered under supervision (PRD-6a). */
export const supervisionOf = (content: ProductContent): boolean =>
  isSupervised(content.category, content.type !== 'human_service' || content.supervised);

/** Whether instances are ordered from the provider's side, which takes a token to sign with (INS-1). */
export const needsToken = (content: ProductContent): boolean => content.type === 'saas' && content.deliveryUrl !== null;

/**
 * What only products of its type have, as buyers see it: without how the provider's side is reached, and without the
 * image that is sold itself.
 */
export function publicDetails(content: ProductContent) {
  switch (content.type) {
    case 'image': {
      const { operatingSystem, architecture, software } = content;
      return { operatingSystem, architecture, software };
    }
    case 'human_service': {
      const { requirementForm, requirementTemplate, needsImplementation, needsBuyerConfirmation } = content;
      return { requirementForm, requirementTemplate, needsImplementation, needsBuyerConfirmation };
    }
    case 'saas': {
      const { trial, customisable } = content;
      return { trial, customisable };
    }
    case 'api': {
      const { endpointUrl, documentationUrl, callsPerSecond } = content;
      return { endpointUrl, documentationUrl, callsPerSecond };
    }
  }
}
