import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { LANGUAGES } from '../../domain/notifications/events';
import {
  addContact,
  findContact,
  listContacts,
  removeContact,
  replaceContact,
} from '../../prisma/store/accounts/contacts';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post, put } from '../http/endpoint';
import { etagOf, expectedVersion } from '../http/etag';
import { idFrom } from '../http/ids';
import { byId, email, phone, text } from '../http/schemas';
import { providerOf } from '../http/scope';

const PATH = '/v1/provider/contacts';

const contactSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    language: z.enum(LANGUAGES),
    version: z.int(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .openapi('Contact');

type Addresses = { email: string | null; phone: string | null };
const isReachable = ({ email, phone }: Addresses) => email !== null || phone !== null;
const UNREACHABLE = { path: ['email'], message: 'must be given, or else a phone' };

const newContact = z
  .strictObject({
    name: text(100),
    email: email.nullable().default(null),
    phone: phone.nullable().default(null),
    language: z.enum(LANGUAGES).default('zh-CN'),
  })
  .refine(isReachable, UNREACHABLE)
  .openapi('NewContact', { example: { name: '钱会计', email: 'finance@example.com' } });

const contactBody = z
  .strictObject({ name: text(100), email: email.nullable(), phone: phone.nullable(), language: z.enum(LANGUAGES) })
  .refine(isReachable, UNREACHABLE)
  .openapi('ContactChange', {
    example: { name: '钱会计', email: 'finance@example.com', phone: null, language: 'zh-CN' },
  });

/** Contacts receive the marketplace's notices beside the accounts (ACC-4). */
export function contactRoutes(context: ApiContext, { db, keys }: { db: Database; keys: KeyRing }): void {
  const common = { tag: 'Account', access: { provider: 'account' }, query: nothing } as const;

  get(context, {
    ...common,
    path: PATH,
    summary: 'Your contacts',
    params: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ items: z.array(contactSchema) }) },
    handle: async ({ principal }) => ({ items: await listContacts(db, providerOf(principal)) }),
  });
  post(context, {
    ...common,
    path: PATH,
    summary: 'Name a contact, with an e-mail address, a telephone number, or both; 20 at most',
    params: nothing,
    body: newContact,
    answer: { status: 201, schema: contactSchema },
    async handle(call) {
      const id = idFrom('ctc', call.command.atMs, call.command.commandId);
      const change = ownChangeOf(call, id, 'provider.contact.add');
      await addContact({ db, keys }, change, call.body);
      return findContact(db, change.providerId, id);
    },
  });
  put(context, {
    ...common,
    path: `${PATH}/{id}`,
    summary: 'Replace all that is known of a contact, null where there is nothing',
    params: byId,
    body: contactBody,
    answer: { status: 200, schema: contactSchema },
    async handle(call) {
      const change = ownChangeOf(call, call.params.id, 'provider.contact.change');
      await replaceContact({ db, keys }, change, call.body, expectedVersion(call.request.header('if-match'), PATH));
      const contact = await findContact(db, change.providerId, call.params.id);
      call.response.setHeader('ETag', etagOf(contact));
      return contact;
    },
  });
  post(context, {
    ...common,
    path: `${PATH}/{id}/remove`,
    summary: 'Remove a contact: nothing is sent to it any more',
    params: byId,
    body: nothing,
    answer: { status: 200, schema: z.object({ id: z.string() }) },
    async handle(call) {
      await removeContact({ db, keys }, ownChangeOf(call, call.params.id, 'provider.contact.remove'));
      return { id: call.params.id };
    },
  });
}
