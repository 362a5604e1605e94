/** What an endpoint's requests are signed with, until when (epoch ms); null as long as it is the newest. */
export type SigningSecret = { secret: string; untilMs: number | null };

/** More than these, and the header would outgrow what receivers take. */
const SECRETS_MAX = 3;

/** The secrets that sign at an instant, the newest first. */
export const signingAt = (secrets: readonly SigningSecret[], nowMs: number): SigningSecret[] =>
  secrets.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);

/** The secrets with a new one: the one before signs beside it for the overlap, so that receivers can change over. */
export function withNewSecret(
  secrets: readonly SigningSecret[],
  secret: string,
  nowMs: number,
  overlapMs: number,
): SigningSecret[] {
  const before = signingAt(secrets, nowMs).map((old) => ({ ...old, untilMs: old.untilMs ?? nowMs + overlapMs }));
  return [{ secret, untilMs: null }, ...before].slice(0, SECRETS_MAX);
}
