import { maskEmail, maskName, maskPhone } from '../../../domain/shared/masking';

describe('ORD-7: a contact that is masked can be recognised, and not used', () => {
  test.each([
    [maskEmail, 'zoe@demo.example', 'z***@demo.example'],
    [maskEmail, 'z@demo.example', 'z***@demo.example'],
    [maskEmail, '"a@b"@demo.example', '"***@demo.example'],
    [maskPhone, '+86 138-0000-0001', '***0001'],
    [maskPhone, '12345', '***2345'],
    [maskName, '王小明', '王**'],
    [maskName, '𠮷野家', '𠮷**'],
  ])('%p: %s', (mask, value, masked) => {
    expect(mask(value)).toBe(masked);
  });
});
