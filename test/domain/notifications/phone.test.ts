import { e164 } from '../../../domain/notifications/phone';

describe('MSG-1: a telephone number as SMS services want it', () => {
  test.each([
    ['13800000001', '+8613800000001'],
    [' 138 0000-0001 ', '+8613800000001'],
    ['8613800000001', '+8613800000001'],
    ['+86 138 0000 0001', '+8613800000001'],
    ['008613800000001', '+8613800000001'],
    ['+44 (20) 7946.0958', '+442079460958'],
    ['001 212 555 0123', '+12125550123'],
    ['+85298765432', '+85298765432'],
  ])('%s is %s', (given, number) => {
    expect(e164(given)).toBe(number);
    expect(e164(number)).toBe(number);
  });

  test.each([
    ['a landline', '0755-86013388'],
    ['a landline with its country', '+86 755 86013388'],
    ['a service number', '10086'],
    ['eleven digits of nothing', '12345678901'],
    ['no country code', '2125550123'],
    ['nothing', ''],
    ['a word', 'call me'],
    ['a country that begins with 0', '+0123456789'],
    ['sixteen digits', '+1234567890123456'],
    ['two plus signs', '++8613800000001'],
    ['two numbers', '13800000001,13800000002'],
    ['other digits', '１３８００００００００１'],
  ])('%s is none', (_, given) => {
    expect(e164(given)).toBeNull();
  });
});
