import type { Notice } from '../notifications/notice';
import type { Origin, Role } from './actor';

/** Who and what causes a step: a person's command, a fact from outside, or a deadline that passed (AUD-1). */
export type Cause = {
  /** Makes the step happen once, wherever it is repeated. */
  commandId: string;
  action: string;
  actorRole: Role;
  actorId: string;
  /** Of the request that asked for it; null when nobody did. */
  requestId: string | null;
  sourceIp: string | null;
  note: string;
};

/** What a step makes of an object with the state `S`, and what people are notified of. */
export type Transition<S> = { state: S; notices: Notice[] };

/**
 * One step of a supervised object: written in one transaction with everything that it means, keyed by
 * (object, sequence), and by its command id.
 */
export type Step<S> = Cause & Transition<S> & { sequence: number; atMs: number };

/** The step that the table holds at a sequence. */
export type StoredStep<S> = Pick<Step<S>, 'sequence' | 'commandId' | 'state'>;

/** What a person sends: an action named role + path, the words that come with it, and from where it came. */
export type Command = {
  commandId: string;
  action: `${Exclude<Role, 'system'>}.${string}`;
  note: string;
  origin: Origin;
};

/** The cause of a step that nobody asked for. */
export const systemCause = (commandId: string, action: string): Cause => ({
  commandId,
  action,
  actorRole: 'system',
  actorId: 'system',
  requestId: null,
  sourceIp: null,
  note: '',
});
