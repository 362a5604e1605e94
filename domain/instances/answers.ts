import { z } from 'zod';
import { type Fault, read } from '../shared/faults';
import { NOT_READY, type ProviderAction } from './protocol';

/** Where buyers may be sent: what is no web address would be run by their browser. */
const link = z.url({ protocol: /^https?$/, message: 'must be an http:// or https:// address' }).max(2_000);
const optionalLink = z.union([z.literal(''), link]).nullish();

const MAX_INFO = 50;
const created = z.object({
  signId: z.string().min(1).max(11),
  appInfo: z.object({ website: optionalLink, authUrl: optionalLink }).nullish(),
  additionalInfo: z.array(z.json()).max(MAX_INFO).nullish(),
});
const done = z.object({ success: z.union([z.literal('true'), z.literal(true)]) });
const notDone = z.object({ success: z.union([z.literal('false'), z.literal(false)]) });
const echoed = z.object({ echoback: z.string() });
const notReady = z.object({ signId: z.literal(NOT_READY) });

/** How a buyer gets at an instance (INS-3): only buyer and provider may read it. */
export type InstanceAccess = { website: string | null; authUrl: string | null; additionalInfo: z.core.util.JSONType[] };

/** An access as it is kept. */
export const storedAccess: z.ZodType<InstanceAccess> = z.object({
  website: z.string().nullable(),
  authUrl: z.string().nullable(),
  additionalInfo: z.array(z.json()),
});

/** Why a call came to nothing: before it was made, on its way, or by what was answered. */
export const FAILURES = [
  'address',
  'unreachable',
  'timeout',
  'redirect',
  'status',
  'too_large',
  'malformed',
  'not_ready',
  'declined',
] as const;
export type Failure = (typeof FAILURES)[number];

/** What a provider's side did with a call, by the content of its answer. */
export type Outcome =
  | { is: 'created'; signId: string; access: InstanceAccess }
  | { is: 'done' }
  | { is: 'not_ready' }
  | { is: 'declined' }
  | { is: 'malformed'; faults: Fault[] };

/**
 * Reads the answer to a call (INS-2, INS-3, INS-4).
 * @param echoback what must come back, of a verification
 */
export function outcomeOf(action: ProviderAction, answer: unknown, echoback: string | null): Outcome {
  switch (action) {
    case 'verifyInterface': {
      const reading = read(echoed, answer);
      if (!reading.isRead) return { is: 'malformed', faults: reading.faults };
      if (reading.data.echoback === echoback) return { is: 'done' };
      return { is: 'malformed', faults: [{ path: 'echoback', message: 'must be the same as was sent' }] };
    }
    case 'createInstance': {
      if (notReady.safeParse(answer).success) return { is: 'not_ready' };
      const reading = read(created, answer);
      if (!reading.isRead) return { is: 'malformed', faults: reading.faults };
      const { signId, appInfo, additionalInfo } = reading.data;
      const access = {
        website: appInfo?.website || null,
        authUrl: appInfo?.authUrl || null,
        additionalInfo: additionalInfo ?? [],
      };
      return { is: 'created', signId, access };
    }
    default: {
      if (notDone.safeParse(answer).success) return { is: 'declined' };
      const reading = read(done, answer);
      return reading.isRead ? { is: 'done' } : { is: 'malformed', faults: reading.faults };
    }
  }
}
