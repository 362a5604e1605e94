import { z } from 'zod';
import type { Area } from '../../../domain/accounts/areas';
import { Prisma } from '../../generated/client';
import { auditedTransaction, type Change } from '../shared/audited-transaction';
import type { Database } from '../shared/database';
import { queryRow, queryRows } from '../shared/query-rows';
import { type Scope, within } from '../shared/scopes';

/** An uploaded file and whose it is. */
export type AttachmentRow = z.output<typeof attachmentRow>;
const attachmentRow = z.object({
  id: z.string(),
  ownerId: z.string(),
  ownerRole: z.string(),
  providerId: z.string().nullable(),
  name: z.string(),
  size: z.int(),
  type: z.string(),
  sha256: z.string(),
});

/** Stores an upload once, and who made it in the trail (AUD-1). */
export async function addAttachment(db: Database, change: Change, attachment: AttachmentRow): Promise<void> {
  const { name, size, type, sha256 } = attachment;
  await auditedTransaction(db, change, async (tx) => {
    await tx.attachment.create({ data: attachment });
    return { name, size, type, sha256 };
  });
}

/** Who names a file, or reads one; `areas` are those of their provider that are theirs (ACC-0). */
export type FileUser = { ownerId: string; ownerRole: string; providerId: string | null; areas: readonly Area[] };

/**
 * Files of a colleague that somebody may not name, since naming is reading: those of a delivery or an order without the
 * area, and what came with a ticket.
 */
const ofOtherAreas = ({ areas }: FileUser): Prisma.Sql => Prisma.sql`(
  ${!areas.includes('deliveries')} AND EXISTS (SELECT FROM attachment_uses u WHERE u.attachment_id = a.id)
  OR ${!areas.includes('orders')} AND EXISTS (SELECT FROM order_attachment_uses u WHERE u.attachment_id = a.id)
  OR EXISTS (SELECT FROM reviews r WHERE r.kind = 'account'
             AND r.proposed @> jsonb_build_object('attachmentIds', jsonb_build_array(a.id))))`;

const isUsable = (user: FileUser): Prisma.Sql => Prisma.sql`a.owner_role = ${user.ownerRole}
  AND (a.owner_id = ${user.ownerId} OR a.provider_id = ${user.providerId} AND NOT ${ofOtherAreas(user)})`;

/** Which of the ids are not files that this person (or somebody of their provider, for the same areas) uploaded. */
export async function notOwned(db: Database, user: FileUser, ids: string[]): Promise<string[]> {
  const usable = new Set((await usableFiles(db, user, ids)).map(({ id }) => id));
  return ids.filter((id) => !usable.has(id));
}

/** The files among the ids that this person may name, as a product's documents are checked (PRD-2). */
export const usableFiles = (db: Database, user: FileUser, ids: string[]) =>
  queryRows(
    db,
    file,
    Prisma.sql`SELECT a.id, a.size, a.type FROM attachments a
               WHERE a.id = ANY(${ids}::text[]) AND ${isUsable(user)}`,
  );
const file = z.object({ id: z.string(), size: z.int(), type: z.string() });

/**
 * The documents that belong to products (PRD-2): buyers have those of what is sold now, a provider those of its own
 * products and applications, operations all.
 */
function ofProduct(id: string, scope: Scope): Prisma.Sql {
  const named = Prisma.sql`ARRAY[jsonb_build_object('documents', jsonb_build_array(${id}::text)),
    jsonb_build_object('serviceAgreement', jsonb_build_object('attachmentId', ${id}::text))]`;
  if (scope !== 'all' && 'buyerId' in scope)
    return Prisma.sql`EXISTS (SELECT FROM products p WHERE p.status = 'published' AND p.content @> ANY(${named}))`;
  return Prisma.sql`EXISTS (SELECT FROM reviews r, unnest(${named}) AS one WHERE r.kind = 'product' AND ${within(scope)}
    AND r.proposed @> jsonb_build_object('content', one))`;
}

/** What came with a ticket proves account data: beside who uploaded it, operations alone read it (ACC-3). */
function ofTicket(id: string, scope: Scope): Prisma.Sql {
  if (scope !== 'all') return Prisma.sql`false`;
  return Prisma.sql`EXISTS (SELECT FROM reviews WHERE kind = 'account'
    AND proposed @> jsonb_build_object('attachmentIds', jsonb_build_array(${id}::text)))`;
}

/**
 * A file that a reader may have: their own upload, one used in a delivery or order within their scope (DLV-14, ORD-2), a product's
 * document, or what came with a ticket. A provider's people and keys read the files of the areas that are theirs.
 */
export async function findAttachment(
  db: Database,
  id: string,
  reader: { ownerId: string; ownerRole: string; areas: readonly Area[]; scope: Scope },
): Promise<AttachmentRow | null> {
  const isFor = (area: Area) => reader.ownerRole !== 'provider' || reader.areas.includes(area);
  // Who may read a file follows from where it is used, in four tables: one statement finds it, or nothing.
  const query = Prisma.sql`
    SELECT a.id, a.owner_id AS "ownerId", a.owner_role AS "ownerRole", a.provider_id AS "providerId", a.name, a.size,
           a.type, a.sha256
    FROM attachments a WHERE a.id = ${id} AND (
      (a.owner_id = ${reader.ownerId} AND a.owner_role = ${reader.ownerRole})
      OR ${isFor('deliveries')} AND EXISTS (SELECT FROM attachment_uses u
                 JOIN (SELECT id AS delivery_id FROM deliveries WHERE ${within(reader.scope)}) d USING (delivery_id)
                 WHERE u.attachment_id = a.id)
      OR ${isFor('orders')} AND EXISTS (SELECT FROM order_attachment_uses u
                 JOIN (SELECT id AS order_id FROM orders WHERE ${within(reader.scope)}) o USING (order_id)
                 WHERE u.attachment_id = a.id)
      OR ${isFor('products')} AND ${ofProduct(id, reader.scope)} OR ${ofTicket(id, reader.scope)})`;
  return queryRow(db, attachmentRow, query);
}
