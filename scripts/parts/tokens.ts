import { SignJWT } from 'jose';

/** Who a token speaks for; a provider's person also says which provider. */
export interface TokenClaims {
  sub: string;
  role: 'buyer' | 'provider' | 'ops';
  providerId?: string;
  permissions?: readonly string[];
}

/** Who signs tokens (`iss`), and for whom (`aud`), as the API's configuration has it. */
export type TokenTerms = { issuer: string; audience: string };

/** What `npm start` configures, unless the environment says otherwise. */
export const DEVELOPMENT_TERMS: TokenTerms = { issuer: 'marketplace', audience: 'marketplace-back-office' };

/** The terms that the environment names (JWT_ISSUER, JWT_AUDIENCE), or those of development. */
export const tokenTermsOf = (env: NodeJS.ProcessEnv): TokenTerms => ({
  issuer: env.JWT_ISSUER || DEVELOPMENT_TERMS.issuer,
  audience: env.JWT_AUDIENCE || DEVELOPMENT_TERMS.audience,
});

/**
 * Signs a development token (HS256); the API checks it with the same secret.
 * @param validFor a duration as jose reads it, e.g. `30d`
 */
export function signToken(
  secret: string,
  claims: TokenClaims,
  { issuer, audience } = DEVELOPMENT_TERMS,
  validFor = '30d',
): Promise<string> {
  const { sub, role, providerId, permissions } = claims;
  return new SignJWT({ role, ...(providerId && { providerId }), ...(permissions && { permissions }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(validFor)
    .sign(Buffer.from(secret));
}

/** The people of the demonstration data, as `npm run token` and `npm start` hand out tokens for them. */
export const demoClaims = {
  buyer: { sub: 'usr_demo', role: 'buyer' },
  provider: { sub: 'usr_provider_demo', role: 'provider', providerId: 'prv_demo' },
  ops: { sub: 'usr_ops_demo', role: 'ops', permissions: ['appeals.rule', 'payloads.read'] },
} as const satisfies Record<string, TokenClaims>;
