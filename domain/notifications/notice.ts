import type { MessageEvent } from './events';

/** Who may have to be told: the parties, all of operations, or their managers only. */
export type Audience = 'buyer' | 'provider' | 'ops' | 'managers';

/** Something people must be told: the event of the message, who hears it, and its words (DLV-13, MSG-2). */
export type Notice = { event: MessageEvent; to: Audience[]; params: Record<string, string> };
