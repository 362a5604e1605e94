import type { Request, Response } from 'express';
import { createRemoteJWKSet, errors, type JWTVerifyResult, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Config } from '../../config';
import type { AccessStatus } from '../../domain/accounts/permissions';
import { AppError } from '../../domain/shared/errors';
import { findAccountStatus, findApiKeyStatus } from '../../prisma/store/accounts/access-status';
import type { Database } from '../../prisma/store/shared/database';
import { type Access, requireAccess } from './access';
import { fits, readKey } from './keys';
import { personRecorder } from './people';
import type { RateLimiter } from './rate-limit';

const ROLES = ['buyer', 'provider', 'ops'] as const;

/** What a bearer token says of its holder. */
const claims = z
  .object({
    sub: z.string().regex(/^[\w.@-]{1,64}$/),
    role: z.enum(ROLES),
    providerId: z
      .string()
      .regex(/^prv_\w{1,60}$/)
      .optional(),
    permissions: z.array(z.string().max(64)).max(50).default([]),
  })
  .refine(
    ({ role, providerId }) => (role === 'provider') === (providerId !== undefined),
    'providerId goes with provider',
  );

type Claims = z.infer<typeof claims>;

/** Who is asking: a person, or a provider's API key; whoever acts for a provider has an access status there. */
export type Principal = Claims & { accessStatus?: AccessStatus };
export type PrincipalRole = Principal['role'];

/** Checks bearer tokens and API keys. */
export type Authenticator = (bearer: string) => Promise<Principal>;

/** A verified token is believed this long without verifying it again; a key taken back counts after it. */
const BELIEVED_FOR_MS = 60_000;
const BELIEVED_MAX = 10_000;

const REFUSED = 'Send "Authorization: Bearer <token>" with a token or an API key that is valid now.';

type TokenConfig = Pick<Config, 'JWT_SECRET' | 'JWKS_URL' | 'JWT_ISSUER' | 'JWT_AUDIENCE'>;

/**
 * Tokens and API keys. What a token says of its holder is the identity provider's word; what they may do for a
 * provider is ours, and is looked up with every request: who is disabled or loses an area does so at once.
 */
export function createAuthenticator(
  config: TokenConfig,
  db: Database,
  onNotRecorded: (error: unknown) => void = () => undefined,
): Authenticator {
  const record = personRecorder(db, onNotRecorded);
  const checkToken = tokenChecker(config, async ({ sub: id, role, permissions }, issuedAt) => {
    if (role !== 'provider') await record({ id, role, permissions, issuedAt });
  });
  return async (bearer) => {
    const key = readKey(bearer);
    if (key !== null) return keyPrincipal(db, key);
    const said = await checkToken(bearer);
    const { sub: id, providerId } = said;
    if (providerId === undefined) return said;
    const account = await findAccountStatus(db, { id, providerId });
    if (account === null) {
      throw new AppError('AUTH.FORBIDDEN', 'You are no account of this provider; its main account can make you one.');
    }
    if (account.disabled) {
      throw new AppError('AUTH.FORBIDDEN', 'This sub-account is disabled; the main account can enable it.');
    }
    return { ...said, accessStatus: { as: account.as, areas: account.areas } };
  };
}

/** @throws AppError AUTH.REQUIRED for a key that is unknown, wrong, revoked or expired */
async function keyPrincipal(db: Database, { id, secret }: { id: string; secret: string }): Promise<Principal> {
  const found = await findApiKeyStatus(db, id);
  if (found === null || !fits(secret, found.secretHash)) throw new AppError('AUTH.REQUIRED', REFUSED);
  const { providerId, areas, expiresAt, revokedAt } = found;
  if (revokedAt !== null || (expiresAt !== null && expiresAt.getTime() <= Date.now())) {
    throw new AppError('AUTH.REQUIRED', 'This API key is revoked or has expired; the main account can make another.');
  }
  return { sub: id, role: 'provider', providerId, permissions: [], accessStatus: { as: 'key', areas } };
}

/**
 * Tokens signed with the development secret (HS256), or with a key of the production key set (JWKS_URL).
 * @param onVerified gets what a token says whenever it was verified, before it is believed
 */
function tokenChecker(
  config: TokenConfig,
  onVerified: (said: Claims, issuedAt: Date) => Promise<void>,
): (token: string) => Promise<Claims> {
  const verify = verifierOf(config);
  const believed = new Map<string, { said: Claims; untilMs: number }>();
  return async (token) => {
    const known = believed.get(token);
    if (known !== undefined && known.untilMs > Date.now()) return known.said;
    const verified = await verify(token).catch((error) => {
      if (isAboutToken(error)) return null;
      throw new AppError('SERVICE.UNAVAILABLE', 'Tokens cannot be checked at the moment; try again.');
    });
    const parsed = claims.safeParse(verified?.payload);
    if (!parsed.success) throw new AppError('AUTH.REQUIRED', REFUSED);
    const { iat } = verified?.payload ?? {};
    await onVerified(parsed.data, iat === undefined ? new Date() : new Date(iat * 1_000));
    if (believed.size >= BELIEVED_MAX) believed.clear();
    const expiresMs = (verified?.payload.exp ?? 0) * 1000;
    believed.set(token, { said: parsed.data, untilMs: Math.min(expiresMs, Date.now() + BELIEVED_FOR_MS) });
    return parsed.data;
  };
}

/** Whether it is the token that is wrong; otherwise the key set did not answer, or not with keys. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);

/** Tokens are of our issuer, for us, and end: one that says nothing of its end is refused as one that has ended. */
function verifierOf(config: TokenConfig): (token: string) => Promise<JWTVerifyResult> {
  const { JWKS_URL: jwks, JWT_SECRET: secret, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config;
  const terms = { issuer, audience, requiredClaims: ['exp'] };
  if (jwks === undefined) {
    return (token) => jwtVerify(token, Buffer.from(secret ?? ''), { ...terms, algorithms: ['HS256'] });
  }
  const keys = createRemoteJWKSet(new URL(jwks));
  return (token) => jwtVerify(token, keys, { ...terms, algorithms: ['RS256', 'ES256', 'EdDSA'] });
}

/** What authentication needs: who is behind a token, and how much each may send. */
export type Authentication = { authenticator: Authenticator; limiter: RateLimiter };

/** By what a principal is known beside its token: for its records and its rate limit. */
export const principalKey = ({ role, sub, accessStatus }: Principal): string =>
  `${accessStatus?.as === 'key' ? 'key' : role}:${sub}`;

/**
 * Who is asking, if the route is for them.
 * @throws AppError AUTH.REQUIRED without a valid token or key, AUTH.FORBIDDEN when it does not permit this,
 *   REQUEST.RATE_LIMITED when they send too much
 */
export async function authenticate(
  { authenticator, limiter }: Authentication,
  exchange: { request: Request; response: Response },
  access: Access,
): Promise<Principal> {
  const bearer = /^Bearer ([\w.-]+)$/i.exec(exchange.request.header('authorization') ?? '')?.[1];
  if (bearer === undefined) throw new AppError('AUTH.REQUIRED', REFUSED);
  const principal = await authenticator(bearer);
  limiter.verified(principalKey(principal), exchange);
  requireAccess(principal, access);
  return principal;
}
