import { SignJWT } from 'jose';
import type { PrincipalRole } from '../../../api/http/auth';
import { DEVELOPMENT_TERMS } from '../../../scripts/parts/tokens';
import { everythingOf } from '../../factories/rows';
import { type Api, JWT_SECRET, PEOPLE, startApi, tokenOf } from '../../support/api';
import type { HttpClient } from '../../support/http';
import { type Route, tokenRoutes } from '../../support/routes';
import { storyOf } from '../../support/story';

let api: Api;
let id = '';
beforeAll(async () => {
  api = await startApi();
  id = await storyOf(api).deliveryAt('awaiting_acceptance');
});
afterAll(() => api.stop());

/** Calls every route with its own sample body. */
async function callAll(client: HttpClient, routes: Route[]) {
  const answers = [];
  for (const { method, path, body } of routes) {
    const answer = await client.send(method, path.replace('{id}', id), {
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    answers.push({ route: `${method} ${path}`, ...answer });
  }
  return answers;
}

const unsigned = (claims: object) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ iss: 'marketplace', exp: 9e9, ...claims })}.`;
};
type Terms = { alg?: string; issuer?: string; audience?: string | string[] };
const signed = (
  claims: Record<string, unknown>,
  { alg = 'HS256', issuer = 'marketplace', audience = DEVELOPMENT_TERMS.audience }: Terms = {},
) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));
const withoutAudience = () =>
  new SignJWT({ ...PEOPLE.manager })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('marketplace')
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));
const withoutEnd = () =>
  new SignJWT({ ...PEOPLE.manager })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('marketplace')
    .setAudience(DEVELOPMENT_TERMS.audience)
    .sign(Buffer.from(JWT_SECRET));

describe('ACC-0: every route asks who is there, and serves nobody else', () => {
  test('the document has routes of every role', () => {
    const routes = tokenRoutes(api.registry());
    expect(routes.length).toBeGreaterThan(35);
    expect(new Set(routes.flatMap(({ roles }) => roles))).toEqual(new Set(['buyer', 'provider', 'ops']));
  });

  test.each<[string, () => string | null | Promise<string>]>([
    ['no token', () => null],
    ['a token that is none', () => 'garbage'],
    ['three parts of nothing', () => 'a.b.c'],
    ['an expired token', () => tokenOf(PEOPLE.manager, JWT_SECRET, '-1 minute')],
    ['a token of another secret', () => tokenOf(PEOPLE.manager, 'another secret that signs tokens of others')],
    ['a token without a signature', () => unsigned(PEOPLE.manager)],
    ['a token that says it is not signed', () => `${unsigned(PEOPLE.manager)}c2lnbmF0dXJl`],
    ['a token of another issuer', () => signed({ ...PEOPLE.manager }, { issuer: 'somebody' })],
    ['a token for another audience', () => signed({ ...PEOPLE.manager }, { audience: 'the shop next to us' })],
    ['a token for no audience', withoutAudience],
    ['a token that never ends', withoutEnd],
    ['a token of another algorithm', () => signed({ ...PEOPLE.manager }, { alg: 'HS512' })],
    ['a token without a role', () => signed({ sub: 'usr_demo' })],
    ['a token of a role that there is none of', () => signed({ sub: 'usr_demo', role: 'admin' })],
    ['a token without a subject', () => signed({ role: 'buyer' })],
    ['a subject that is no id', () => signed({ sub: "x' OR '1'='1", role: 'buyer' })],
    ['a provider of no company', () => signed({ sub: 'usr_provider_demo', role: 'provider' })],
    ['a buyer with a company', () => signed({ sub: 'usr_demo', role: 'buyer', providerId: 'prv_demo' })],
  ])('%s is answered 401 everywhere, and nothing changes', async (_, token) => {
    const before = await everythingOf(api.db);
    for (const answer of await callAll(api.clientOf(await token()), tokenRoutes(api.registry()))) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'AUTH.REQUIRED' } });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(await everythingOf(api.db)).toEqual(before);
  });

  test.each<[PrincipalRole, 'buyer' | 'provider' | 'manager']>([
    ['buyer', 'buyer'],
    ['provider', 'provider'],
    ['ops', 'manager'],
  ])('a %s is answered 403 on the routes of all others, and on them only', async (role, person) => {
    const before = await everythingOf(api.db);
    const routes = tokenRoutes(api.registry());
    const others = routes.filter(({ roles }) => !roles.includes(role));
    for (const answer of await callAll(api[person], others)) {
      expect(answer).toMatchObject({ status: 403, body: { code: 'AUTH.FORBIDDEN' } });
    }
    expect(await everythingOf(api.db)).toEqual(before);
    const own = routes.filter(({ roles, method }) => roles.includes(role) && method === 'GET');
    for (const { status } of await callAll(api[person], own)) expect([200, 404]).toContain(status);
  });

  test('a token that was good is so until its end, and not a moment longer', async () => {
    const brief = api.clientOf(await tokenOf(PEOPLE.buyer, JWT_SECRET, '2s'));
    expect((await brief.get('/v1/me')).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await brief.get('/v1/me')).status).toBe(401);
  });

  test('a token for several audiences is good for us when we are one of them', async () => {
    const token = await signed({ ...PEOPLE.manager }, { audience: ['others', DEVELOPMENT_TERMS.audience] });
    expect((await api.clientOf(token).get('/v1/me')).status).toBe(200);
  });

  test('"Bearer" is the only scheme, in any case', async () => {
    const get = (authorization: string) => api.anonymous.get('/v1/me', { authorization });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await get(`${scheme} ${api.tokens.buyer}`)).status).toBe(200);
    }
    for (const header of [api.tokens.buyer, `Basic ${api.tokens.buyer}`, `Bearer ${api.tokens.buyer} x`, 'Bearer']) {
      expect((await get(header)).status).toBe(401);
    }
    expect((await api.anonymous.get(`/v1/me?access_token=${api.tokens.buyer}`)).status).toBe(401);
  });
});

describe('DLV-10: only who has the permission appeals.rule rules', () => {
  test.each([
    ['no permissions', undefined],
    ['an empty list of permissions', []],
    ['other permissions', ['payloads.read', 'appeals', 'appeals.rule.not']],
  ])('with %s it is answered 403, and the appeal stays open', async (_, permissions) => {
    const story = storyOf(api);
    const { id: delivery, appealId } = await story.appealed();
    const claims = { sub: 'usr_ops_staff', role: 'ops', ...(permissions && { permissions }) } as const;
    const refused = await story.rule(
      appealId,
      { ruling: 'accept', reason: '通过' },
      api.clientOf(await tokenOf(claims)),
    );
    expect(refused).toMatchObject({ status: 403, body: { code: 'AUTH.FORBIDDEN' } });
    expect(await story.delivery(delivery)).toMatchObject({ frozen: true, appeal: { status: 'open' } });
  });
});
