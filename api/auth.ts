import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Config } from '../config';
import { AppError } from '../domain/errors';
import { type Access, requireAccess } from './access';

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

/** Who is asking: an authenticated person, for a provider if they belong to one. */
export type Principal = z.infer<typeof claims>;
export type PrincipalRole = Principal['role'];

/** Checks bearer tokens. */
export type Authenticator = (token: string) => Promise<Principal>;

/** A verified token is believed this long without verifying it again; a key taken back counts after it. */
const BELIEVED_FOR_MS = 60_000;
const BELIEVED_MAX = 10_000;

const REFUSED = 'Send "Authorization: Bearer <token>" with a token that is valid now.';

/** Tokens signed with the development secret (HS256), or with a key of the production key set (JWKS_URL). */
export function createAuthenticator(config: Pick<Config, 'JWT_SECRET' | 'JWKS_URL' | 'JWT_ISSUER'>): Authenticator {
  const { JWKS_URL: jwks, JWT_SECRET: secret, JWT_ISSUER: issuer } = config;
  const verify =
    jwks === undefined
      ? (token: string) => jwtVerify(token, Buffer.from(secret ?? ''), { issuer, algorithms: ['HS256'] })
      : verifierOf(createRemoteJWKSet(new URL(jwks)), issuer);
  const believed = new Map<string, { principal: Principal; untilMs: number }>();
  return async (token) => {
    const known = believed.get(token);
    if (known !== undefined && known.untilMs > Date.now()) return known.principal;
    const verified = await verify(token).catch((error) => {
      if (isAboutToken(error)) return null;
      throw new AppError('SERVICE.UNAVAILABLE', 'Tokens cannot be checked at the moment; try again.');
    });
    const parsed = claims.safeParse(verified?.payload);
    if (!parsed.success) throw new AppError('AUTH.REQUIRED', REFUSED);
    if (believed.size >= BELIEVED_MAX) believed.clear();
    const expiresMs = (verified?.payload.exp ?? Number.POSITIVE_INFINITY) * 1000;
    believed.set(token, { principal: parsed.data, untilMs: Math.min(expiresMs, Date.now() + BELIEVED_FOR_MS) });
    return parsed.data;
  };
}

/** Whether it is the token that is wrong; otherwise the key set did not answer, or not with keys. */
const isAboutToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JOSE_GENERIC'].includes(error.code);

function verifierOf(keys: ReturnType<typeof createRemoteJWKSet>, issuer: string) {
  return (token: string) => jwtVerify(token, keys, { issuer, algorithms: ['RS256', 'ES256', 'EdDSA'] });
}

/**
 * Who is asking, if the route is for them.
 * @throws AppError AUTH.REQUIRED without a valid token, AUTH.FORBIDDEN when it does not permit this
 */
export async function authenticate(
  authenticator: Authenticator,
  header: string | undefined,
  access: Access,
): Promise<Principal> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw new AppError('AUTH.REQUIRED', REFUSED);
  const principal = await authenticator(token);
  requireAccess(principal, access);
  return principal;
}
