import { type KnownPerson, recordPerson } from '../../prisma/store/accounts/users';
import type { Database } from '../../prisma/store/shared/database';

/** More people than ask within a while; beyond it they are looked at anew. */
const REMEMBERED_MAX = 10_000;

/**
 * Records people by their tokens, so that notices find them (MSG-2): once for each token that says anything new. It
 * never fails: who could not be recorded is asked for again with the next verification.
 * @param onError gets the reason why somebody was not recorded
 */
export function personRecorder(db: Database, onError: (error: unknown) => void, max = REMEMBERED_MAX) {
  const recorded = new Map<string, string>();
  return async (person: KnownPerson): Promise<void> => {
    const said = JSON.stringify([person.role, person.permissions, person.issuedAt]);
    if (recorded.get(person.id) === said) return;
    try {
      await recordPerson(db, person);
    } catch (error) {
      onError(error);
      return;
    }
    if (recorded.size >= max) recorded.clear();
    recorded.set(person.id, said);
  };
}
