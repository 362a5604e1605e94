import type { Database } from '../shared/database';

/** What somebody asks to have reviewed, on its way to its process. */
export type NewProposal = { id: string; providerId: string; content: object; sealed?: Buffer | null };

/** Keeps what is proposed until it is taken up; a repetition leaves it as it is. */
export async function addProposal(
  db: Pick<Database, '$executeRaw'>,
  { id, providerId, content, sealed = null }: NewProposal,
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO proposals (id, provider_id, content, sealed)
    VALUES (${id}, ${providerId}, ${JSON.stringify(content)}::jsonb, ${sealed}) ON CONFLICT (id) DO NOTHING`;
}

/** Forgets what was refused, or taken up. */
export async function dropProposal(db: Pick<Database, '$executeRaw'>, id: string): Promise<void> {
  await db.$executeRaw`DELETE FROM proposals WHERE id = ${id}`;
}

/** Forgets what never reached a process, because nobody repeated the request that was to start it. */
export async function purgeProposals(db: Database, olderThanHours: number): Promise<number> {
  return db.$executeRaw`
    DELETE FROM proposals WHERE created_at < now() - make_interval(hours => ${olderThanHours}::int)`;
}
