import { AppError } from '../../domain/shared/errors';
import { LOOK_SEQUENCE, type TrailPosition, type TrailRow } from '../../prisma/store/audit/entries';

/** The trail is ordered by time, and its lines have no id that sorts by it: a cursor is a whole position. */
const POSITION = /^(\d{1,14})~(\w{1,64})~(\d{1,10})~([\w-]{0,64})$/;

/** Reads `?cursor=` of a list of the trail. @throws AppError REQUEST.INVALID when it is not one of ours */
export function positionOf(cursor: string | undefined): TrailPosition | null {
  if (cursor === undefined) return null;
  const [, atMs, objectId = '', sequence, lookId = ''] =
    POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (atMs === undefined || Number(sequence) > LOOK_SEQUENCE) {
    throw new AppError('REQUEST.INVALID', 'Take the cursor from nextCursor of the page before.', {
      errors: [{ path: 'query.cursor', message: 'is not a cursor' }],
    });
  }
  return { at: new Date(Number(atMs)), objectId, sequence: Number(sequence), lookId };
}

/**
 * The answer of a list of the trail: items, and the cursor of the next page, null at the end.
 * @param rows up to limit + 1 of them: the surplus one shows that there is a next page
 */
export function trailAnswer<V>(rows: TrailRow[], limit: number, view: (row: TrailRow) => V) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items: items.map(view), nextCursor: rows.length > limit && last ? cursorOf(last) : null };
}

const cursorOf = ({ at, objectId, sequence, lookId }: TrailPosition): string =>
  Buffer.from(`${at.getTime()}~${objectId}~${sequence}~${lookId}`).toString('base64url');
