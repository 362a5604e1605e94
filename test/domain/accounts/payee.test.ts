import { AREAS } from '../../../domain/accounts/areas';
import {
  isAccountNumber,
  isSameCompany,
  lastDigits,
  maskedNumber,
  seesAccountNumbers,
} from '../../../domain/accounts/payee';

describe('ACC-2: the account holder is the company', () => {
  test.each([
    ['示例云服务有限公司', '示例云服务有限公司'],
    ['示例（深圳）云服务有限公司', '示例(深圳)云服务有限公司'],
    ['Example Cloud Co., Ltd.', 'Ｅｘａｍｐｌｅ Cloud Co.,Ltd.'],
  ])('%s is %s', (holder, company) => {
    expect(isSameCompany(holder, company)).toBe(true);
  });

  test.each([
    ['示例云服务有限公司', '示例云服务有限公司深圳分公司'],
    ['示例云服务', '示例云服务有限公司'],
    ['张三', '示例云服务有限公司'],
    ['', '示例云服务有限公司'],
  ])('%s is not %s', (holder, company) => {
    expect(isSameCompany(holder, company)).toBe(false);
  });
});

test.each([
  ['12345678', true],
  ['6222021234567890123', true],
  ['1'.repeat(30), true],
  ['1'.repeat(31), false],
  ['1234567', false],
  ['1234 5678', false],
  ['12345678a', false],
  ['１２３４５６７８', false],
])('ACC-2: account number %s: %s', (text, isOne) => {
  expect(isAccountNumber(text)).toBe(isOne);
});

describe('ACC-6: account numbers are shown masked', () => {
  test('by their last four digits', () => {
    expect(maskedNumber(lastDigits('6222021234567890123'))).toBe('****0123');
  });

  test('but to the main account and to people of the area finance', () => {
    expect(seesAccountNumbers({ as: 'main', areas: [] })).toBe(true);
    expect(seesAccountNumbers({ as: 'sub', areas: ['finance'] })).toBe(true);
    expect(seesAccountNumbers({ as: 'sub', areas: AREAS.filter((area) => area !== 'finance') })).toBe(false);
    expect(seesAccountNumbers({ as: 'key', areas: AREAS })).toBe(false);
  });
});
