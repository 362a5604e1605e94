import { eventually } from '../../support/eventually';
import type { FaultSystem } from './system';

/** How the mails of the outbox stand. */
export type MailCount = { mails: number; sent: number; unsettled: number };

/** The ids of the messages whose mails the inbox took, one entry a mail. */
export const takenIds = ({ inbox }: Pick<FaultSystem, 'inbox'>): string[] =>
  inbox.taken.map(({ messageId }) => /^<(msg_\w+)@/.exec(messageId ?? '')?.[1] ?? `unknown ${messageId}`);

/** Settles when the relay has nothing left to send. */
export async function untilMailsAreOut({ db }: Pick<FaultSystem, 'db'>): Promise<void> {
  await eventually(async () => expect(await db.sending.count({ where: { status: 'pending' } })).toBe(0), 90_000);
}

/**
 * Proves that every mail stands for what happened: `sent` was taken by the inbox once; one that was caught by a fault
 * while it was sent (`sending`, `unconfirmed`) once at most; and no message was mailed twice. The worker is ended
 * before, in order, so that none is still being sent.
 */
export async function expectMailsOnce(system: FaultSystem): Promise<MailCount> {
  await untilMailsAreOut(system);
  await system.end('worker');
  const taken = takenIds(system);
  expect(taken.filter((id, index) => taken.indexOf(id) !== index)).toEqual([]);
  const rows = await system.db.sending.findMany({ select: { messageId: true, status: true } });
  const idsOf = (...statuses: string[]) =>
    rows.filter(({ status }) => statuses.includes(status)).map(({ messageId }) => messageId);
  const unsettled = idsOf('sending', 'unconfirmed');
  expect(rows.length).toBe(await system.db.message.count());
  expect(idsOf('sent').length + unsettled.length).toBe(rows.length);
  const withoutUnsettled = new Set(taken);
  for (const id of unsettled) withoutUnsettled.delete(id);
  expect(withoutUnsettled).toEqual(new Set(idsOf('sent')));
  return { mails: rows.length, sent: rows.length - unsettled.length, unsettled: unsettled.length };
}
