import { createServer, type Server } from 'node:http';
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, type JWK, SignJWT } from 'jose';
import { createAuthenticator } from '../../../api/http/auth';
import { openDatabase } from '../../../prisma/store/shared/database';

let keys: GenerateKeyPairResult;
let strangers: GenerateKeyPairResult;
let published: JWK[] = [];
let server: Server;
let url = '';
beforeAll(async () => {
  [keys, strangers] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  published = [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }];
  server = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/jwks.json`;
});
afterAll(() => server.close());

const SECRET = 's'.repeat(32);
/** Never asked: what operations may do is in their tokens. */
const nowhere = openDatabase('postgresql://nobody@127.0.0.1:1/nowhere', 1);
const TERMS = { JWT_ISSUER: 'https://sso.example', JWT_AUDIENCE: 'back-office' };
const authenticator = () => createAuthenticator({ JWKS_URL: url, JWT_SECRET: SECRET, ...TERMS }, nowhere);
const token = (issuer = 'https://sso.example', expiresIn = '1h') =>
  new SignJWT({ role: 'ops', permissions: ['appeals.rule'] })
    .setSubject('usr_ops')
    .setIssuer(issuer)
    .setAudience('back-office')
    .setExpirationTime(expiresIn);
const byKey = { alg: 'RS256', kid: 'k1' };

describe('production: tokens are those of the key set, and no others', () => {
  test('a token signed with a published key is accepted', async () => {
    const signed = await token().setProtectedHeader(byKey).sign(keys.privateKey);
    expect(await authenticator()(signed)).toEqual({ sub: 'usr_ops', role: 'ops', permissions: ['appeals.rule'] });
  });

  test.each<[string, () => Promise<string>]>([
    ['with a key of the same name', () => token().setProtectedHeader(byKey).sign(strangers.privateKey)],
    [
      'with a key that is not published',
      () => token().setProtectedHeader({ alg: 'RS256', kid: 'k2' }).sign(strangers.privateKey),
    ],
    ['with the development secret', () => token().setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))],
    [
      'with the public key as if it were a secret',
      async () =>
        token()
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(Buffer.from(await exportSPKI(keys.publicKey))),
    ],
    ['for another audience', () => token().setAudience('others').setProtectedHeader(byKey).sign(keys.privateKey)],
    [
      'without an end',
      () =>
        new SignJWT({ role: 'ops' })
          .setSubject('usr_ops')
          .setIssuer(TERMS.JWT_ISSUER)
          .setAudience(TERMS.JWT_AUDIENCE)
          .setProtectedHeader(byKey)
          .sign(keys.privateKey),
    ],
    ['for another issuer', () => token('https://other.example').setProtectedHeader(byKey).sign(keys.privateKey)],
    ['long ago', () => token('https://sso.example', '-1m').setProtectedHeader(byKey).sign(keys.privateKey)],
  ])('a token signed %s is refused', async (_, sign) => {
    await expect(authenticator()(await sign())).rejects.toMatchObject({ code: 'AUTH.REQUIRED' });
  });

  test('when nobody answers for the keys, nobody is let in, nor told that the token is bad', async () => {
    const signed = await token().setProtectedHeader(byKey).sign(keys.privateKey);
    const alone = createAuthenticator(
      { JWKS_URL: 'http://127.0.0.1:1/jwks.json', JWT_SECRET: undefined, ...TERMS },
      nowhere,
    );
    await expect(alone(signed)).rejects.toMatchObject({ code: 'SERVICE.UNAVAILABLE' });
    published = [];
    await expect(authenticator()(signed)).rejects.toMatchObject({ code: 'AUTH.REQUIRED' });
  });
});
