import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import type { Recipient } from '../../domain/invoices/recipient';
import {
  addTitle,
  findTitle,
  type InvoiceTitleRow,
  removeTitle,
  replaceTitle,
  savedTitles,
} from '../../prisma/store/invoices/titles';
import type { Database } from '../../prisma/store/shared/database';
import { changeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { idFrom } from '../http/ids';
import { byId } from '../http/schemas';
import { openRecipient, sealRecipient } from './recipient';
import { invoiceTitleSchema, recipientBody } from './schemas';

const PATH = '/v1/buyer/invoice-titles';
const FIELDS = ['title', 'taxNumber', 'address'] as const;
const FORGOTTEN: Recipient = { title: '', taxNumber: null, address: '' };

/** The titles, tax numbers and postal addresses that a buyer keeps for its invoices (INV-1); nobody else reads them. */
export function invoiceTitleRoutes(context: ApiContext, { db, keys }: { db: Database; keys: KeyRing }): void {
  const common = { tag: 'Invoices', access: { buyer: 'any' }, query: nothing } as const;
  const view = ({ sealed, ...row }: InvoiceTitleRow) => ({
    ...row,
    ...openRecipient(keys, 'invoiceTitle', row.id, sealed),
  });
  const saved = (id: string, recipient: Recipient) => ({
    recipient,
    sealed: sealRecipient(keys, 'invoiceTitle', id, recipient),
    changedFrom(sealed: Uint8Array) {
      const before = openRecipient(keys, 'invoiceTitle', id, sealed);
      return FIELDS.filter((field) => before[field] !== recipient[field]);
    },
  });

  get(context, {
    ...common,
    path: PATH,
    summary: 'Your saved titles',
    params: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ items: z.array(invoiceTitleSchema) }) },
    handle: async ({ principal }) => ({ items: (await savedTitles(db, principal.sub)).map(view) }),
  });
  post(context, {
    ...common,
    path: PATH,
    summary: 'Save a title with its tax number and postal address; 20 at most',
    params: nothing,
    body: recipientBody,
    answer: { status: 201, schema: invoiceTitleSchema },
    async handle(call) {
      const { sub: buyerId } = call.principal;
      const id = idFrom('itl', call.command.atMs, call.command.commandId);
      await addTitle(db, changeOf(call, id, 'buyer.invoice_title.add'), buyerId, saved(id, call.body));
      return view(await findTitle(db, buyerId, id));
    },
  });
  put(context, {
    ...common,
    path: `${PATH}/{id}`,
    summary: 'Replace a saved title; invoices asked for with it stay as they are',
    params: byId,
    body: recipientBody,
    answer: { status: 200, schema: invoiceTitleSchema },
    async handle(call) {
      const { sub: buyerId } = call.principal;
      const { id } = call.params;
      const expected = expectedVersion(call.request.header('if-match'), PATH);
      const change = changeOf(call, id, 'buyer.invoice_title.change');
      await replaceTitle(db, change, buyerId, saved(id, call.body), expected);
      const title = await findTitle(db, buyerId, id);
      call.response.setHeader('ETag', etagOf(title));
      return view(title);
    },
  });
  post(context, {
    ...common,
    path: `${PATH}/{id}/remove`,
    summary: 'Remove a saved title',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string() }) },
    async handle(call) {
      const { id } = call.params;
      const emptied = sealRecipient(keys, 'invoiceTitle', id, FORGOTTEN);
      await removeTitle(db, changeOf(call, id, 'buyer.invoice_title.remove'), call.principal.sub, emptied);
      return { id };
    },
  });
}
