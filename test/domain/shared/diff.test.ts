import { diffOf } from '../../../domain/shared/diff';

describe('SHOP-5, AUD-1: two documents, field by field', () => {
  test('only what differs is told, by its path', () => {
    const before = { name: '云上小店', service: { qq: '12345', email: 'a@demo.example' }, slogan: null };
    const after = { name: '云上小店', service: { qq: '54321', email: 'a@demo.example' }, slogan: '快' };
    expect(diffOf(before, after)).toEqual([
      { field: 'service.qq', before: '12345', after: '54321' },
      { field: 'slogan', before: null, after: '快' },
    ]);
  });

  test('from nothing every field is new; to nothing every field is gone', () => {
    expect(diffOf(null, { a: 1, b: { c: 2 } })).toEqual([
      { field: 'a', before: null, after: 1 },
      { field: 'b.c', before: null, after: 2 },
    ]);
    expect(diffOf({ a: 1 }, undefined)).toEqual([{ field: 'a', before: 1, after: null }]);
  });

  test('things with ids are compared by them, wherever they stand in the list', () => {
    const [basic, pro] = [
      { id: 'spc_1', priceFen: 100 },
      { id: 'spc_2', priceFen: 200 },
    ];
    expect(diffOf({ specs: [basic, pro] }, { specs: [{ ...pro, priceFen: 250 }, basic] })).toEqual([
      { field: 'specs[spc_2].priceFen', before: 200, after: 250 },
    ]);
    expect(diffOf({ specs: [basic, pro] }, { specs: [basic] })).toEqual([
      { field: 'specs[spc_2].id', before: 'spc_2', after: null },
      { field: 'specs[spc_2].priceFen', before: 200, after: null },
    ]);
  });

  test('other lists are compared as a whole', () => {
    expect(diffOf({ tags: ['a', 'b'] }, { tags: ['b', 'a'] })).toEqual([
      { field: 'tags', before: ['a', 'b'], after: ['b', 'a'] },
    ]);
    expect(diffOf({ tags: [] }, { tags: [{ id: 'x' }] })).toEqual([
      { field: 'tags', before: [], after: [{ id: 'x' }] },
    ]);
  });

  test.each([
    ['the order of fields', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['a field that is null and one that is not there', { a: null }, {}],
    ['nothing and nothing', null, undefined],
  ])('%s is no difference', (_, before, after) => {
    expect(diffOf(before, after)).toEqual([]);
  });

  test('a value that becomes an object is one change', () => {
    expect(diffOf({ banner: 'x' }, { banner: { image: 'img_1' } })).toEqual([
      { field: 'banner', before: 'x', after: { image: 'img_1' } },
    ]);
  });
});
