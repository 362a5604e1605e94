import { parseArgs } from 'node:util';
import { z } from 'zod';
import { dataDirectory } from './parts/root';
import { readSecrets } from './parts/secrets';
import { demoClaims, signToken, type TokenClaims, tokenTermsOf } from './parts/tokens';

/** `npm run --silent token -- --role buyer|provider|ops`: prints a development token and nothing else. */

const usage = `Usage: npm run --silent token -- --role buyer|provider|ops [--sub usr_…] [--provider prv_…] [--permissions a,b]`;

const role = z.enum(['buyer', 'provider', 'ops']);

function readClaims(): TokenClaims {
  const { values } = parseArgs({
    options: {
      role: { type: 'string' },
      sub: { type: 'string' },
      provider: { type: 'string' },
      permissions: { type: 'string' },
    },
  });
  const parsed = role.safeParse(values.role);
  if (!parsed.success) throw new Error(usage);
  const claims: TokenClaims = { ...demoClaims[parsed.data] };
  if (values.sub !== undefined) claims.sub = values.sub;
  if (values.provider !== undefined) {
    if (claims.role !== 'provider') throw new Error('--provider goes with --role provider.');
    claims.providerId = values.provider;
  }
  if (values.permissions !== undefined)
    claims.permissions = values.permissions.split(',').filter((name) => name !== '');
  return claims;
}

async function main(): Promise<void> {
  const claims = readClaims();
  const secret = process.env.JWT_SECRET || readSecrets(dataDirectory)?.jwtSecret;
  if (secret === undefined) {
    throw new Error('No system was started here yet, so there is no secret: run "npm start" once, or set JWT_SECRET.');
  }
  console.log(await signToken(secret, claims, tokenTermsOf(process.env)));
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
