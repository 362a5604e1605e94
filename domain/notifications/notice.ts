import type { MessageEvent } from './events';

/** Who may have to be notified: the parties, all of operations, or their managers only. */
export const AUDIENCES = ['buyer', 'provider', 'ops', 'managers'] as const;
export type Audience = (typeof AUDIENCES)[number];

/** What people are to be notified of: the event, its audiences, and the parameters of its words (DLV-13, MSG-2). */
export type Notice = { event: MessageEvent; to: Audience[]; params: Record<string, string> };
