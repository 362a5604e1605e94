/** E.164: a plus sign, and up to 15 digits that do not begin with 0. */
const E164 = /^\+[1-9]\d{6,14}$/;
const MAINLAND_MOBILE = /^1[3-9]\d{9}$/;

/**
 * A telephone number as SMS services want it: `138 0000 0001` → `+8613800000001`. Eleven digits of a mainland mobile
 * number need no country code; all others do.
 * @returns null when the text is no number that an SMS could reach
 */
export function e164(text: string): string | null {
  const digits = text.replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (MAINLAND_MOBILE.test(digits)) return `+86${digits}`;
  const number = /^86\d{11}$/.test(digits) ? `+${digits}` : digits;
  if (number.startsWith('+86')) return MAINLAND_MOBILE.test(number.slice(3)) ? number : null;
  return E164.test(number) ? number : null;
}
