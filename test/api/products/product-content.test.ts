import { addImage, contentOf, productsOf } from '../../factories/products';
import { businessOf } from '../../factories/rows';
import { type Api, startApi } from '../../support/api';
import { bodyOf } from '../../support/story';

let api: Api;
let products: ReturnType<typeof productsOf>;
beforeAll(async () => {
  api = await startApi();
  products = productsOf(api);
});
afterAll(() => api.stop());

describe('PRD-2: what a content names must be there, its provider’s, and fit', () => {
  let others: { logo: string; file: string };
  beforeAll(async () => {
    const upload = await api.otherProvider.upload('/v1/provider/attachments', '说明.pdf', '%PDF-1.7\n');
    others = {
      logo: await addImage(api.db, 'product_logo', 'prv_other'),
      file: bodyOf<{ id: string }>(upload, 201).id,
    };
  });
  const upload = async (name: string, content: string | Uint8Array<ArrayBuffer>, client = api.provider) =>
    bodyOf<{ id: string }>(await client.upload('/v1/provider/attachments', name, content), 201).id;

  test.each<[string, () => Promise<Record<string, unknown>>, string, RegExp]>([
    ['a logo that is not there', async () => ({ logo: 'img_none' }), 'logo', /not a product_logo/],
    ['a logo of another', async () => ({ logo: others.logo }), 'logo', /not a product_logo/],
    ['a shop’s logo', async () => ({ logo: await addImage(api.db, 'logo') }), 'logo', /not a product_logo/],
    [
      'a logo as thumbnail',
      async () => ({ thumbnail: await addImage(api.db) }),
      'thumbnail',
      /not a product_thumbnail/,
    ],
    ['a file that is not there', async () => ({ documents: ['att_none'] }), 'documents.0', /not a file/],
    ['a file of another', async () => ({ documents: [others.file] }), 'documents.0', /not a file/],
    ['a text as document', async () => ({ documents: [await upload('a.txt', 'text')] }), 'documents.0', /text\/plain/],
    [
      'a document of more than 5 MB',
      async () => ({ documents: [await upload('a.pdf', `%PDF-1.7\n${' '.repeat(5 * 1024 * 1024)}`)] }),
      'documents.0',
      /has 5242889 bytes; 5242880 are the most/,
    ],
    [
      'an agreement of another',
      async () => ({ serviceAgreement: { attachmentId: others.file } }),
      'serviceAgreement.attachmentId',
      /not a file/,
    ],
    [
      'a spec of another product',
      async () => ({
        specs: [{ id: 'spc_service_basic', name: 'A', duration: 1, unit: 'time', listPriceFen: 1, priceFen: 1 }],
      }),
      'specs.0.id',
      /not a spec of this product/,
    ],
  ])('%s', async (_, changes, field, message) => {
    const product = await products.published('api');
    const wrong = await changes();
    const before = await businessOf(api.db);
    const errors = [{ path: `body.content.${field}`, message: expect.stringMatching(message) }];
    const refusal = { status: 422, body: { code: 'REQUEST.INVALID', errors } };
    expect(await products.apply(product.id, 'modify', products.changed(product, wrong))).toMatchObject(refusal);
    const fresh = { content: contentOf('api', { logo: product.content?.logo, ...wrong }) };
    expect(await api.provider.post('/v1/provider/products', fresh)).toMatchObject(refusal);
    expect(await businessOf(api.db)).toEqual(before);
    expect(await api.db.proposal.count()).toBe(0);
  });

  test('one answer names every fault: of the form, and of the images, files, specs and token that are named', async () => {
    const product = await products.published('saas', {
      category: 'saas_manual_delivery',
      deliveryUrl: null,
      deliveryToken: undefined,
    });
    const wrong = {
      name: undefined,
      tags: ['a', 'a', ' '],
      deliveryDays: '3',
      category: 'saas',
      logo: others.logo,
      thumbnail: 'img_none',
      specs: [
        { id: 'spc_service_basic', name: 'A', duration: 0, unit: 'time', listPriceFen: 1, priceFen: 2 },
        { id: 1, name: 'B', unit: 'week', listPriceFen: 1, priceFen: 1 },
      ],
      documents: [7, others.file],
      serviceAgreement: { attachmentId: 'att_none' },
      deliveryUrl: 'https://saas.example/marketplace',
      deliveryToken: undefined,
      colour: 'red',
    };
    const errors = [
      { path: 'body.content.name', message: 'is required' },
      { path: 'body.content.tags.2', message: 'must not be empty' },
      { path: 'body.content.tags', message: 'must not name anything twice' },
      { path: 'body.content.deliveryDays', message: 'must be a number' },
      { path: 'body.content.specs.0.duration', message: 'must be 1 at least' },
      { path: 'body.content.specs.0.priceFen', message: 'must not be above the list price' },
      { path: 'body.content.specs.1.id', message: 'must be a string' },
      { path: 'body.content.specs.1.duration', message: 'is required' },
      { path: 'body.content.specs.1.unit', message: 'must be one of year, month, day, hour, time' },
      { path: 'body.content.documents.0', message: 'must be a string' },
      { path: 'body.content.colour', message: 'is not a known field' },
      { path: 'body.content.logo', message: 'is not a product_logo that you uploaded' },
      { path: 'body.content.thumbnail', message: 'is not a product_thumbnail that you uploaded' },
      { path: 'body.content.documents.1', message: 'is not a file that you uploaded' },
      { path: 'body.content.serviceAgreement.attachmentId', message: 'is not a file that you uploaded' },
      { path: 'body.content.specs.0.id', message: 'is not a spec of this product; leave it out for a new one' },
      { path: 'body.content.deliveryToken', message: 'is required: no token is kept yet' },
    ];
    const byPath = (all: { path: string }[]) => all.toSorted((a, b) => a.path.localeCompare(b.path));
    const readable = (answer: { status: number; body: unknown }) => {
      expect(answer).toMatchObject({ status: 422, body: { code: 'REQUEST.INVALID' } });
      return byPath((answer.body as { errors: { path: string }[] }).errors);
    };
    const modify = () => products.apply(product.id, 'modify', products.changed(product, wrong));
    const before = await businessOf(api.db);
    expect(readable(await modify())).toEqual(byPath(errors));
    const fresh = { content: contentOf('saas', wrong), grade: 'best' };
    expect(readable(await api.provider.post('/v1/provider/products', fresh))).toEqual(
      byPath([...errors, { path: 'body.grade', message: 'must be one of certified, bazaar' }]),
    );
    expect(
      readable(await products.apply('prd_other_service', 'modify', { content: contentOf('saas', wrong) })),
    ).toEqual(expect.arrayContaining([{ path: 'body.content.name', message: 'is required' }]));
    expect(await businessOf(api.db)).toEqual(before);
  });

  test('the refusal of a content without a type names all that every type needs', async () => {
    const refusal = await api.provider.post('/v1/provider/products', { content: { name: ' ', logo: 'img_none' } });
    expect(refusal).toMatchObject({
      status: 422,
      body: {
        errors: expect.arrayContaining([
          { path: 'body.content.type', message: 'is required' },
          { path: 'body.content.name', message: 'must not be empty' },
          { path: 'body.content.logo', message: 'is not a product_logo that you uploaded' },
          ...['tags', 'specs', 'summary', 'description', 'deliveryDays', 'serviceAgreement'].map((field) => ({
            path: `body.content.${field}`,
            message: 'is required',
          })),
        ]),
      },
    });
    expect(await api.provider.post('/v1/provider/products', { content: 'none' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.content', message: 'must be an object' }] },
    });
  });

  test('PDF, Word, PPT, ZIP and RAR are taken, by what they are', async () => {
    const files = [
      await upload('a.pdf', '%PDF-1.7\n'),
      await upload('b.zip', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')),
      await upload('c.doc', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(1_024)])),
      await upload('d.rar', Buffer.from('526172211a0700cf907300000d00000000000000', 'hex')),
    ];
    const { id } = await products.published('api', { documents: files });
    const { documents } = bodyOf<{ documents: { id: string; name: string }[] }>(
      await api.buyer.get(`/v1/buyer/products/${id}`),
      200,
    );
    expect(documents.map(({ name }) => name).sort()).toEqual(['a.pdf', 'b.zip', 'c.doc', 'd.rar']);
  });

  test('the type is for life', async () => {
    const product = await products.published('api');
    const body = { content: await products.content('image') };
    expect(await products.apply(product.id, 'modify', body)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'body.content.type' }] },
    });
  });
});
