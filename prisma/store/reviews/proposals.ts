import type { Prisma } from '../../generated/client';
import type { Database } from '../shared/database';

/** What somebody asks to have reviewed, until the workflow of its review has stored it. */
export type NewProposal = {
  id: string;
  providerId: string;
  content: Prisma.InputJsonObject;
  sealed?: Buffer | null;
};

/** Keeps what is proposed until it is in review; a repetition leaves it as it is. */
export async function addProposal(
  db: Pick<Database, 'proposal'>,
  { sealed = null, ...proposal }: NewProposal,
): Promise<void> {
  const data = { ...proposal, sealed: sealed && Uint8Array.from(sealed) };
  await db.proposal.createMany({ data: [data], skipDuplicates: true });
}

/** Forgets what was refused, or is in review now. */
export async function dropProposal(db: Pick<Database, 'proposal'>, id: string): Promise<void> {
  await db.proposal.deleteMany({ where: { id } });
}

/** Forgets what never reached a workflow, because nobody repeated the request that was to start it. */
export async function purgeProposals(db: Database, olderThanHours: number): Promise<number> {
  const before = new Date(Date.now() - olderThanHours * 3_600_000);
  const { count } = await db.proposal.deleteMany({ where: { createdAt: { lt: before } } });
  return count;
}
