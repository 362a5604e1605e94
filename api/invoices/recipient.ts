import { z } from 'zod';
import { KeyNotHeld, type KeyRing, openText, sealText } from '../../codec/keys';
import { placeOf } from '../../codec/places';
import type { Recipient } from '../../domain/invoices/recipient';

const sealedRecipient = z.object({ title: z.string(), taxNumber: z.string().nullable(), address: z.string() });

type Kept = 'invoice' | 'invoiceTitle';

/** Seals whom an invoice is made out to for the row of that id. */
export const sealRecipient = (
  keys: KeyRing,
  kept: Kept,
  id: string,
  { title, taxNumber, address }: Recipient,
): Buffer => sealText(keys, JSON.stringify({ title, taxNumber, address }), placeOf(kept, id));

/** What `sealRecipient` sealed for that row. @throws as `openText` */
export const openRecipient = (keys: KeyRing, kept: Kept, id: string, sealed: Uint8Array): Recipient =>
  sealedRecipient.parse(JSON.parse(openText(keys, sealed, placeOf(kept, id))));

/** As `openRecipient`; null once the key that sealed it was retired. */
export function recipientOrNull(keys: KeyRing, id: string, sealed: Uint8Array): Recipient | null {
  try {
    return openRecipient(keys, 'invoice', id, sealed);
  } catch (error) {
    if (error instanceof KeyNotHeld) return null;
    throw error;
  }
}
