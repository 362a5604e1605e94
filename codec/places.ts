import { type KeyRing, openText, type Place, sealText } from './keys';

/** A column that holds sealed values, and the column that names its rows. */
export type SealedColumn = {
  table: string;
  key: string;
  column: string;
  /** Rows of an append-only table keep the key that sealed them. */
  appendOnly: boolean;
  /** What the column is: bytes, or their base64. */
  type: 'bytea' | 'text';
};

/** Every column that holds sealed values. */
export const SEALED_COLUMNS = {
  /** What a provider submitted, by the command that brought it (ORD-2). */
  submission: { table: 'steps', key: 'command_id', column: 'sealed_note', appendOnly: true, type: 'bytea' },
  /** The account number in force (ACC-6). */
  accountNumber: { table: 'providers', key: 'id', column: 'account_number_sealed', appendOnly: false, type: 'bytea' },
  /** The account number that a signed agreement names. */
  signedNumber: { table: 'agreements', key: 'id', column: 'sealed', appendOnly: true, type: 'bytea' },
  /** What signs the calls to a product's delivery URL (INS-1). */
  deliveryToken: { table: 'products', key: 'id', column: 'delivery_token_sealed', appendOnly: false, type: 'bytea' },
  /** How a buyer gets at an instance (INS-3). */
  instanceAccess: { table: 'instances', key: 'id', column: 'access_sealed', appendOnly: false, type: 'bytea' },
  /** What of a proposal only few may read, before and after it is submitted for review. */
  proposal: { table: 'proposals', key: 'id', column: 'sealed', appendOnly: false, type: 'bytea' },
  review: { table: 'reviews', key: 'id', column: 'sealed', appendOnly: false, type: 'bytea' },
  /** The secrets that sign webhooks (MSG-3). */
  webhookSecrets: { table: 'webhook_endpoints', key: 'id', column: 'sealed', appendOnly: false, type: 'bytea' },
  /** Whom an invoice is made out to, and what of that a buyer keeps: title, tax number, postal address (INV-1). */
  invoice: { table: 'invoices', key: 'id', column: 'sealed', appendOnly: false, type: 'bytea' },
  invoiceTitle: { table: 'invoice_titles', key: 'id', column: 'sealed', appendOnly: false, type: 'bytea' },
  /** The answers kept under idempotency keys. */
  answer: { table: 'idempotency_records', key: 'id', column: 'body', appendOnly: false, type: 'text' },
} as const satisfies Record<string, SealedColumn>;

export type SealedColumnName = keyof typeof SEALED_COLUMNS;

/** Where the row of that key holds its value of a sealed column: what the value is bound to. */
export function placeOf(name: SealedColumnName, row: string): Place {
  const { table, column } = SEALED_COLUMNS[name];
  return [table, row, column];
}

/** Seals a value that moves to another place for that place. @throws as `openText` */
export const moveSealed = (keys: KeyRing, sealed: Uint8Array, from: Place, to: Place): Buffer =>
  sealText(keys, openText(keys, sealed, from), to);

/** Where a token is on its way to a check of a delivery URL; no table holds it (INS-5). */
export const checkedToken = (checkId: string): Place => ['provider-check', checkId, 'token'];
