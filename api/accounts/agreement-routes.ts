import { z } from 'zod';
import type { KeyRing } from '../../codec/keys';
import { AGREEMENT_KINDS, AGREEMENTS, type AgreementKind, signingBlockers } from '../../domain/accounts/agreements';
import { AppError } from '../../domain/shared/errors';
import { findAccount } from '../../prisma/store/accounts/accounts';
import { partiesOf, signAgreement, signedAgreements } from '../../prisma/store/accounts/agreements';
import type { Database } from '../../prisma/store/shared/database';
import { ownChangeOf } from '../http/audited-change';
import { type ApiContext, get, nothing, post } from '../http/endpoint';
import { idFrom } from '../http/ids';
import { pathId, text } from '../http/schemas';
import { providerOf } from '../http/scope';

const signedSchema = z
  .object({
    id: z.string(),
    kind: z.enum(AGREEMENT_KINDS),
    revision: z.string(),
    text: z.string(),
    signedBy: z.string(),
    signedAt: z.iso.datetime(),
  })
  .openapi('SignedAgreement');

export const agreementSchema = z
  .object({
    kind: z.enum(AGREEMENT_KINDS),
    title: z.string(),
    revision: z.string().openapi({ description: 'The revision that can be signed now' }),
    text: z.string().openapi({ description: 'As it would be signed now' }),
    isSigned: z.boolean().openapi({ description: 'Whether this revision is signed' }),
    blockers: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .openapi({ description: 'Everything that keeps it from being signed' }),
    signed: z.array(signedSchema).openapi({ description: 'What was signed, the latest first, word for word' }),
  })
  .openapi('Agreement');

function kindOf(sent: string): AgreementKind {
  const kind = AGREEMENT_KINDS.find((known) => known === sent);
  if (kind === undefined) throw new AppError('AGREEMENT.NOT_FOUND', `There are ${AGREEMENT_KINDS.join(' and ')}.`);
  return kind;
}

/** The agreements with the marketplace: what can be signed, and what was signed, when, word for word (ACC-4). */
export function agreementRoutes(context: ApiContext, { db, keys }: { db: Database; keys: KeyRing }): void {
  async function agreementsOf(providerId: string) {
    const account = await findAccount(db, providerId);
    const [parties, signed] = await Promise.all([partiesOf(db, account), signedAgreements(db, providerId)]);
    const kinds = signed.map(({ kind }) => kind);
    return AGREEMENT_KINDS.map((kind) => {
      const { revision, title, write } = AGREEMENTS[kind];
      const ofKind = signed.filter((agreement) => agreement.kind === kind);
      const isSigned = ofKind.some((agreement) => agreement.revision === revision);
      const blockers = isSigned ? [] : signingBlockers(kind, parties, kinds);
      return { kind, title, revision, text: write(parties), isSigned, blockers, signed: ofKind };
    });
  }

  get(context, {
    path: '/v1/provider/agreements',
    summary: 'Your agreements: what can be signed, and what was signed, when, word for word',
    tag: 'Account',
    access: { provider: 'account' },
    params: nothing,
    query: nothing,
    body: nothing,
    answer: { status: 200, schema: z.object({ items: z.array(agreementSchema) }) },
    handle: async ({ principal }) => ({ items: await agreementsOf(providerOf(principal)) }),
  });
  post(context, {
    path: '/v1/provider/agreements/{kind}/sign',
    summary: 'Sign the revision that you have read; the revenue supplementary agreement locks payee info (ACC-3)',
    tag: 'Account',
    access: { provider: 'main' },
    params: z.strictObject({ kind: pathId }),
    query: nothing,
    body: z.strictObject({ revision: text(20) }).openapi('Signature'),
    answer: { status: 200, schema: agreementSchema },
    async handle(call) {
      const kind = kindOf(call.params.kind);
      const providerId = providerOf(call.principal);
      const id = idFrom('agr', call.command.atMs, call.command.commandId);
      const change = ownChangeOf(call, providerId, `provider.agreement.sign.${kind}`);
      await signAgreement(db, keys, change, { id, kind, revision: call.body.revision });
      return (await agreementsOf(providerId)).find((agreement) => agreement.kind === kind);
    },
  });
}
