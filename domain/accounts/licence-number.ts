/** The signs of GB 32100: digits and capitals without I, O, S, V, Z; the place of each is its value. */
const SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** Registering authority and kind, six digits of the place, nine signs of the organisation, the check character. */
const FORM = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;

/** The check character of the first 17 characters: weights are the powers of 3 modulo 31 (GB 32100-2015). */
export function checkCharacter(first17: string): string {
  let weight = 1;
  let sum = 0;
  for (const sign of first17.slice(0, 17)) {
    sum += SIGNS.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return SIGNS.charAt((31 - (sum % 31)) % 31);
}

/** Whether a text is a unified social credit code 统一社会信用代码, as business licences carry it (ACC-1). */
export const isLicenceNumber = (text: string): boolean => FORM.test(text) && checkCharacter(text) === text.charAt(17);
