import type { Failure } from './answers';
import type { CallBody } from './protocol';

/** One call that a provider wants to see made (INS-2, INS-5). The token is sealed for the check. */
export type ProviderCheck = { checkId: string; url: string; sealedToken: string; body: CallBody };

/** What came of it. What a test instance may be got at with is not kept. */
export type ProviderCheckResult =
  | { is: 'passed'; signId: string | null; durationMs: number }
  | { is: 'failed'; failure: Failure; detail: string; durationMs: number };
