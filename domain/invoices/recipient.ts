import { maskName } from '../shared/masking';

/**
 * Whom an invoice is made out to, and where it is mailed: the buyer's, and for the provider that issues it. A person has
 * no tax number.
 */
export type Recipient = { title: string; taxNumber: string | null; address: string };

/** How long each of these may be, in characters. */
export const TITLE_MAX = 100;
export const ADDRESS_MAX = 300;

/** Tax numbers 纳税人识别号: the unified social credit code of 18 signs, and the older ones of 15, 17 and 20. */
export const isTaxNumber = (text: string): boolean =>
  /^(?:[0-9A-Z]{15}|[0-9A-Z]{17}|[0-9A-Z]{18}|[0-9A-Z]{20})$/.test(text);

const SHOWN = 4;

/** Enough to recognise a recipient by: the first sign of the title, the last four of the tax number, the place. */
export const maskRecipient = ({ title, taxNumber, address }: Recipient): Recipient => ({
  title: maskName(title),
  taxNumber: taxNumber && `***${taxNumber.slice(-SHOWN)}`,
  address: `${[...address].slice(0, SHOWN).join('')}***`,
});
