import { SignJWT } from 'jose';

/** Who a token speaks for; a provider's person also says which provider. */
export interface TokenClaims {
  sub: string;
  role: 'buyer' | 'provider' | 'ops';
  providerId?: string;
  permissions?: readonly string[];
}

/** Signs a development token (HS256); the API checks it with the same secret. */
export function signToken(
  secret: string,
  claims: TokenClaims,
  issuer = 'marketplace',
  validFor = '30d',
): Promise<string> {
  const { sub, role, providerId, permissions } = claims;
  return new SignJWT({ role, ...(providerId && { providerId }), ...(permissions && { permissions }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuer(issuer)
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
