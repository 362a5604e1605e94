import {
  filesOf,
  keptContent,
  publicDetails,
  type SentContent,
  sentContent,
  supervisionOf,
} from '../../../domain/products/content';
import { CATEGORIES, CATEGORIES_OF, PRODUCT_TYPES, type ProductType } from '../../../domain/products/kinds';
import { contentOf } from '../../factories/products';

/** The paths that are refused; none when the content is taken. */
function refusedPaths(content: unknown): string[] {
  const { error } = sentContent.safeParse(content);
  const paths = (error?.issues ?? []).flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  return paths.map((path) => path.join('.'));
}
const kept = (type: ProductType, changes: Record<string, unknown> = {}) =>
  keptContent(sentContent.parse(contentOf(type, changes)), (n) => `spc_new_${n}`);

/** What only products of that type have, of what they must have. */
const OWN_FIELDS: Record<ProductType, string[]> = {
  image: ['imageId', 'operatingSystem', 'architecture', 'software'],
  human_service: ['requirementForm', 'needsImplementation', 'needsBuyerConfirmation'],
  saas: ['trial', 'customisable', 'deliveryUrl'],
  api: ['endpointUrl', 'documentationUrl', 'callsPerSecond'],
};
const COMMON_FIELDS = ['name', 'category', 'tags', 'deliveryDays', 'logo', 'specs', 'summary', 'description'];

describe('PRD-2: what every product has', () => {
  test.each(PRODUCT_TYPES)('%s: nothing of it may be missing', (type) => {
    expect(refusedPaths(contentOf(type))).toEqual([]);
    for (const field of [...COMMON_FIELDS, 'serviceAgreement', ...OWN_FIELDS[type]]) {
      expect(refusedPaths(contentOf(type, { [field]: undefined }))).toContain(field);
    }
  });

  test.each(PRODUCT_TYPES)('%s: nothing of another type', (type) => {
    for (const other of PRODUCT_TYPES.filter((one) => one !== type)) {
      for (const field of OWN_FIELDS[other]) {
        expect(refusedPaths(contentOf(type, { [field]: contentOf(other)[field] }))).toContain(field);
      }
    }
  });

  test('no type that there is not', () => {
    expect(refusedPaths({ ...contentOf('api'), type: 'template' })).toEqual(['type']);
  });

  const spec = { name: '基础版', duration: 1, unit: 'month', listPriceFen: 200, priceFen: 100 };
  const specs = (...changes: object[]) => ({ specs: changes.map((change) => ({ ...spec, ...change })) });
  const many = (count: number) => specs(...Array.from({ length: count }, (_, n) => ({ name: `第 ${n} 种` })));
  test.each<[string, Record<string, unknown>, string[]]>([
    ['a name of 30 characters', { name: '名'.repeat(30) }, []],
    ['a name of 31', { name: '名'.repeat(31) }, ['name']],
    ['a name of blanks', { name: '　 ' }, ['name']],
    ['no tags', { tags: [] }, ['tags']],
    ['three tags', { tags: ['a', 'b', 'c'] }, []],
    ['four tags', { tags: ['a', 'b', 'c', 'd'] }, ['tags']],
    ['a tag twice', { tags: ['a', 'a'] }, ['tags']],
    ['delivered at once', { deliveryDays: 0 }, []],
    ['half a day', { deliveryDays: 0.5 }, ['deliveryDays']],
    ['a logo that is no image', { logo: 'att_1' }, ['logo']],
    ['no logo', { logo: null }, ['logo']],
    ['a thumbnail', { thumbnail: 'img_2' }, []],
    ['no specs', { specs: [] }, ['specs']],
    ['50 specs', many(50), []],
    ['51 specs', many(51), ['specs']],
    ['nothing off', specs({ priceFen: 200 }), []],
    ['a price above the list price', specs({ priceFen: 201 }), ['specs.0.priceFen']],
    ['for nothing', specs({ priceFen: 0 }), ['specs.0.priceFen']],
    ['half a fen', specs({ priceFen: 99.5 }), ['specs.0.priceFen']],
    ['more than anything costs', specs({ listPriceFen: 100_000_000_001 }), ['specs.0.listPriceFen']],
    ['by the week', specs({ unit: 'week' }), ['specs.0.unit']],
    ['every unit', specs(...['year', 'month', 'day', 'hour', 'time'].map((unit) => ({ unit }))), []],
    ['for no time', specs({ duration: 0 }), ['specs.0.duration']],
    ['the same offer twice', specs({}, { priceFen: 50 }), ['specs']],
    ['the same name for longer', specs({}, { duration: 2 }), []],
    ['an id twice', specs({ id: 'spc_1' }, { id: 'spc_1', duration: 2 }), ['specs']],
    ['an agreement of nothing', { serviceAgreement: { text: '' } }, ['serviceAgreement.text']],
    ['an agreement as a file', { serviceAgreement: { attachmentId: 'att_1' } }, []],
    ['an agreement twice', { serviceAgreement: { text: 'a', attachmentId: 'att_1' } }, ['serviceAgreement']],
    ['eleven documents', { documents: Array.from({ length: 11 }, (_, n) => `att_${n}`) }, ['documents']],
    ['a document twice', { documents: ['att_1', 'att_1'] }, ['documents']],
    ['a status of its own', { status: 'published', grade: 'certified' }, ['status', 'grade']],
  ])('%s', (_, changes, paths) => {
    expect(refusedPaths(contentOf('human_service', changes))).toEqual(paths);
  });
});

describe('PRD-2: a rule between fields is checked while other fields are at fault', () => {
  const wrong = { name: ' ' };
  test.each<[string, ProductType, Record<string, unknown>, string[]]>([
    ['supervision by category', 'human_service', { category: 'software', supervised: false }, ['supervised']],
    ['a delivery URL by category', 'saas', { category: 'saas', deliveryUrl: null }, ['deliveryUrl']],
    [
      'a token without automatic delivery',
      'saas',
      { category: 'saas_manual_delivery', deliveryUrl: null },
      ['deliveryToken'],
    ],
    ['a tag twice', 'api', { tags: ['a', 'a', ' '] }, ['tags.2', 'tags']],
    [
      'a price above the list price, and the same id twice',
      'api',
      {
        specs: [1, 2].map((n) => ({
          id: 'spc_1',
          name: ' ',
          duration: n,
          unit: 'time',
          listPriceFen: 1,
          priceFen: n,
        })),
      },
      ['specs.0.name', 'specs.1.name', 'specs.1.priceFen', 'specs'],
    ],
  ])('%s', (_, type, changes, paths) => {
    expect(refusedPaths(contentOf(type, { ...wrong, ...changes })).toSorted()).toEqual(['name', ...paths].toSorted());
  });
});

describe('PRD-1: the categories of each type', () => {
  test.each(PRODUCT_TYPES)('%s: its own, and no other', (type) => {
    const own: readonly string[] = CATEGORIES_OF[type];
    const taken = CATEGORIES.filter((category) => !refusedPaths(contentOf(type, { category })).includes('category'));
    expect(taken).toEqual([...own]);
  });

  test('they are those of the rules, each of one type', () => {
    expect([...CATEGORIES].sort()).toEqual(
      [
        ...['software', 'hardware', 'cloud_application', 'content', 'human_service', 'saas_manual_delivery'],
        ...['image', 'saas', 'api'],
      ].sort(),
    );
    expect(new Set(CATEGORIES).size).toBe(CATEGORIES.length);
  });
});

describe('PRD-6a: supervised', () => {
  test.each(['software', 'hardware', 'cloud_application', 'content'])('%s always is', (category) => {
    expect(refusedPaths(contentOf('human_service', { category, supervised: false }))).toEqual(['supervised']);
    expect(supervisionOf(kept('human_service', { category }))).toBe(true);
  });

  test('human service as its provider says, supervised unless it says', () => {
    const category = 'human_service';
    expect(supervisionOf(kept('human_service', { category }))).toBe(true);
    expect(supervisionOf(kept('human_service', { category, supervised: false }))).toBe(false);
  });

  test('what is delivered automatically is not; SaaS that people deliver is', () => {
    for (const type of ['image', 'saas', 'api'] as const) expect(supervisionOf(kept(type))).toBe(false);
    const byPeople = { category: 'saas_manual_delivery', deliveryUrl: null, deliveryToken: undefined };
    expect(supervisionOf(kept('saas', byPeople))).toBe(true);
  });
});

describe('INS-1: where SaaS instances will be ordered', () => {
  test.each([
    ['a path', 'https://saas.example/a/b', true],
    ['a port', 'https://saas.example:8443/', true],
    ['HTTP', 'http://saas.example/', false],
    ['a query', 'https://saas.example/?a=1', false],
    ['an empty query', 'https://saas.example/?', false],
    ['a fragment', 'https://saas.example/#a', false],
    ['a user', 'https://user:secret@saas.example/', false],
    ['no address', 'saas.example', false],
    ['a script', 'javascript:alert(1)', false],
  ])('%s', (_, deliveryUrl, isTaken) => {
    expect(refusedPaths(contentOf('saas', { deliveryUrl }))).toEqual(isTaken ? [] : ['deliveryUrl']);
  });

  test('there is none where people deliver, and no token', () => {
    const category = 'saas_manual_delivery';
    expect(refusedPaths(contentOf('saas', { category }))).toEqual(['deliveryUrl', 'deliveryToken']);
    expect(refusedPaths(contentOf('saas', { category, deliveryUrl: null, deliveryToken: undefined }))).toEqual([]);
    expect(refusedPaths(contentOf('saas', { deliveryUrl: null }))).toEqual(['deliveryUrl']);
  });

  test('the token is no part of what is kept in plain', () => {
    const sent: SentContent = sentContent.parse(contentOf('saas'));
    expect(JSON.stringify(keptContent(sent, () => 'spc_1'))).not.toContain('token-in-plain');
  });
});

describe('PRD-2: what becomes of a description', () => {
  test('a spec keeps its id, a new one gets one', () => {
    const [first, second] = kept('api', {
      specs: [
        { id: 'spc_old', name: 'A', duration: 1, unit: 'time', listPriceFen: 2, priceFen: 1 },
        { name: 'B', duration: 1, unit: 'time', listPriceFen: 2, priceFen: 1 },
      ],
    }).specs;
    expect([first?.id, second?.id]).toEqual(['spc_old', 'spc_new_1']);
  });

  test('its files are its documents and its agreement', () => {
    expect(
      filesOf(kept('api', { documents: ['att_1'], serviceAgreement: { attachmentId: 'att_2' } })).map(({ id }) => id),
    ).toEqual(['att_1', 'att_2']);
    expect(filesOf(kept('api'))).toEqual([]);
  });

  test('buyers see neither the image that is sold nor where instances are ordered', () => {
    expect(Object.keys(publicDetails(kept('image')))).toEqual(['operatingSystem', 'architecture', 'software']);
    expect(Object.keys(publicDetails(kept('saas')))).toEqual(['trial', 'customisable']);
    expect(Object.keys(publicDetails(kept('api')))).toEqual(OWN_FIELDS.api);
    expect(Object.keys(publicDetails(kept('human_service')))).toEqual(expect.arrayContaining(OWN_FIELDS.human_service));
  });
});
