import { AGREEMENT_KINDS, AGREEMENTS, type Parties, signingBlockers } from '../../../domain/accounts/agreements';

const parties: Parties = {
  company: '示例云服务有限公司',
  licenceNumber: '9144030071526726XG',
  payee: {
    accountHolder: '示例云服务有限公司',
    bankLocation: '广东省深圳市',
    bank: '示例银行',
    branch: '示例银行深圳科技园支行',
    accountNumber: '****0123',
  },
  contacts: [
    { name: '钱会计', email: 'finance@demo.example', phone: null },
    { name: '孙经理', email: null, phone: '13800000009' },
  ],
};

describe('ACC-4: the texts of the agreements', () => {
  test.each(AGREEMENT_KINDS)('%s names its revision and the company', (kind) => {
    const { revision, title, write } = AGREEMENTS[kind];
    const text = write(parties);
    expect(text).toContain(`${title}（${revision} 版）`);
    expect(text).toContain('示例云服务有限公司（统一社会信用代码：9144030071526726XG）');
    expect(text).not.toMatch(/undefined|null|\[object/);
  });

  test('the revenue supplementary agreement contains payee and contacts, the number masked', () => {
    const text = AGREEMENTS.revenue_supplement.write(parties);
    for (const words of [
      '广东省深圳市',
      '示例银行深圳科技园支行',
      '银行账号：****0123',
      '钱会计，finance@demo.example',
      '孙经理，13800000009',
    ]) {
      expect(text).toContain(words);
    }
  });

  test('what is missing is shown as missing', () => {
    const text = AGREEMENTS.revenue_supplement.write({ ...parties, payee: null, contacts: [] });
    expect(text.match(/（未填写）/g)).toHaveLength(6);
  });
});

describe('ACC-3: everything that keeps a provider from signing is named at once', () => {
  test.each<[string, Partial<Parties>, ('entry' | 'revenue_supplement')[], string[]]>([
    ['nothing', {}, ['entry'], []],
    ['no payee', { payee: null }, ['entry'], ['payee']],
    ['no contacts', { contacts: [] }, ['entry'], ['contacts']],
    ['all of it', { payee: null, contacts: [] }, [], ['agreements.entry', 'payee', 'contacts']],
  ])('%s', (_, missing, signed, blockers) => {
    const found = signingBlockers('revenue_supplement', { ...parties, ...missing }, signed);
    expect(found.map(({ path }) => path)).toEqual(blockers);
  });

  test('nothing keeps from signing the entry agreement', () => {
    expect(signingBlockers('entry', { ...parties, payee: null, contacts: [] }, [])).toEqual([]);
  });
});
