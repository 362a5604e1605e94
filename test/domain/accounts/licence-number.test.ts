import fc from 'fast-check';
import { checkCharacter, isLicenceNumber } from '../../../domain/accounts/licence-number';

/** Codes of companies that everybody can look up in the public register. */
const REGISTERED = ['9144030071526726XG', '91330100799655058B', '914403001922038216', '91110000802100433B'];

describe('ACC-1: a licence number is a unified social credit code (GB 32100)', () => {
  test.each(REGISTERED)('%s is one', (code) => {
    expect(isLicenceNumber(code)).toBe(true);
  });

  test('worked by hand: 9144030071526726X → G', () => {
    // Values 9 1 4 4 0 3 0 0 7 1 5 2 6 7 2 6 29, weights 1 3 9 27 19 26 16 17 20 29 25 13 8 24 10 30 28:
    // 9+3+36+108+0+78+0+0+140+29+125+26+48+168+20+180+812 = 1782 = 57 × 31 + 15; 31 − 15 = 16, which is G.
    expect(checkCharacter('9144030071526726X')).toBe('G');
  });

  test.each([
    ['17 characters', '9144030071526726X'],
    ['19 characters', '9144030071526726XGG'],
    ['small letters', '9144030071526726xg'],
    ['a wrong check character', '9144030071526726XH'],
    ['an I, which GB 32100 does not know', '91440300MA5IEMOT1X'],
    ['a letter in the place', '91A40300715267262G'],
    ['the old registration number of 15 digits', '440301103448675'],
    ['blanks', ' 9144030071526726XG'],
    ['nothing', ''],
  ])('%s is none', (_, text) => {
    expect(isLicenceNumber(text)).toBe(false);
  });

  test('one wrong character, or two neighbours exchanged, is always noticed', () => {
    const place = fc.integer({ min: 0, max: 17 });
    const sign = fc.constantFrom(...'0123456789ABCDEFGHJKLMNPQRTUWXY');
    fc.assert(
      fc.property(fc.constantFrom(...REGISTERED), place, sign, (code, at, other) => {
        const changed = code.slice(0, at) + other + code.slice(at + 1);
        expect(isLicenceNumber(changed)).toBe(changed === code);
        const exchanged = code.slice(0, at) + code.charAt(at + 1) + code.charAt(at) + code.slice(at + 2);
        expect(isLicenceNumber(exchanged)).toBe(exchanged === code);
      }),
    );
  });
});
