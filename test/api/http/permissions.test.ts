import { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { Access } from '../../../api/http/access';
import { newKey } from '../../../api/http/keys';
import { AREAS, type Area } from '../../../domain/accounts/areas';
import { keyClient, staffClient, subAccount } from '../../factories/accounts';
import { everythingOf } from '../../factories/rows';
import { type Api, startApi, tokenOf } from '../../support/api';
import type { Answer, HttpClient } from '../../support/http';
import { type Route, tokenRoutes } from '../../support/routes';

/** What a kind of principal must be answered: `in` is anything but 401 and 403. */
type Verdict = 401 | 403 | 'in';
type Judge = (access: Access) => Verdict;
/** A kind of principal: who of it asks for a route, and what the route's rule means for them. */
type Kind = { client: (area: Area) => HttpClient; verdict: Judge };

let api: Api;
let kinds: Record<string, Kind>;
beforeAll(async () => {
  api = await startApi();
  kinds = { ...(await peopleOfAll()), ...(await peopleOfProvider()), ...(await keys()) };
  // A verified token records its person (MSG-2), which is no change that a route makes.
  await api.ops.get('/v1/me');
});
afterAll(() => api.stop());

const isArea = (need: string | undefined): need is Area => AREAS.some((area) => area === need);
const always = (client: HttpClient, verdict: Verdict | Judge): Kind => ({
  client: () => client,
  verdict: typeof verdict === 'function' ? verdict : () => verdict,
});
const inIf = (permitted: boolean): Verdict => (permitted ? 'in' : 403);
const allBut = (left: Area) => AREAS.filter((area) => area !== left);

/** One client for each area, made by `of`. */
async function eachArea(of: (area: Area) => Promise<HttpClient>): Promise<(area: Area) => HttpClient> {
  const clients = new Map<Area, HttpClient>();
  for (const area of AREAS) clients.set(area, await of(area));
  return (area) => clients.get(area) ?? api.anonymous;
}

async function peopleOfAll(): Promise<Record<string, Kind>> {
  const ofOps = async (permissions: string[]) =>
    api.clientOf(await tokenOf({ sub: 'usr_ops_staff', role: 'ops', permissions }));
  return {
    nobody: always(api.anonymous, 401),
    'a buyer': always(api.buyer, ({ buyer }) => inIf(buyer === 'any')),
    'operations without permissions': always(api.ops, ({ ops }) => inIf(ops === 'any')),
    'operations who may rule': always(await ofOps(['appeals.rule']), ({ ops }) =>
      inIf(ops === 'any' || ops === 'appeals.rule'),
    ),
    'operations who may read payloads': always(await ofOps(['payloads.read']), ({ ops }) =>
      inIf(ops === 'any' || ops === 'payloads.read'),
    ),
    'an operations manager': always(api.manager, ({ ops }) => inIf(ops !== undefined)),
  };
}

async function peopleOfProvider(): Promise<Record<string, Kind>> {
  const open = ['any', 'person'];
  const forSubs: Judge = ({ provider = '' }) => inIf(open.includes(provider) || isArea(provider));
  return {
    'the main account': always(api.provider, ({ provider }) => inIf(provider !== undefined)),
    'the main account of another': always(api.otherProvider, ({ provider }) => inIf(provider !== undefined)),
    'a sub-account with the area and no other': {
      client: await eachArea((area) => subAccount(api, [area])),
      verdict: forSubs,
    },
    'a sub-account with all areas': always(await subAccount(api, AREAS), forSubs),
    'a sub-account with all areas but this one': {
      client: await eachArea((area) => subAccount(api, allBut(area))),
      verdict: ({ provider = '' }) => inIf(open.includes(provider)),
    },
    'a sub-account without areas': always(await subAccount(api, []), ({ provider = '' }) =>
      inIf(open.includes(provider)),
    ),
    'a disabled sub-account with all areas': always(await subAccount(api, AREAS, { disabled: true }), 403),
    'somebody who is no account of the provider': always(await staffClient(api, 'usr_nobody'), 403),
    'the main account of another, who says to be of this one': always(
      await staffClient(api, 'usr_provider_other'),
      403,
    ),
    'a buyer who says to be of the provider': always(await staffClient(api, 'usr_demo'), 403),
  };
}

async function keys(): Promise<Record<string, Kind>> {
  return {
    'a key with the area and no other': {
      client: await eachArea((area) => keyClient(api, [area])),
      verdict: ({ provider }) => inIf(provider === 'any' || isArea(provider)),
    },
    'a key with all areas': always(await keyClient(api, AREAS), ({ provider }) =>
      inIf(provider === 'any' || isArea(provider)),
    ),
    'a key with all areas but this one': {
      client: await eachArea((area) => keyClient(api, allBut(area))),
      verdict: ({ provider }) => inIf(provider === 'any'),
    },
    'a key without areas': always(await keyClient(api, []), ({ provider }) => inIf(provider === 'any')),
    'a revoked key': always(await keyClient(api, AREAS, { revoked: true }), 401),
    'an expired key': always(await keyClient(api, AREAS, { expired: true }), 401),
    'a key that nobody made': always(api.clientOf(newKey(`key_${'0'.repeat(26)}`).key), 401),
  };
}

/** Calls a route with a body that it refuses, so that who is let in changes nothing either. */
function knock(client: HttpClient, { method, path }: Route): Promise<Answer> {
  const body = JSON.stringify({ unknownField: true });
  const headers = { 'content-type': 'application/json' };
  return client.send(method, path.replace(/\{\w+\}/g, 'unknown'), method === 'GET' ? {} : { body, headers });
}

const verdictOf = ({ status }: Answer): Verdict => (status === 401 || status === 403 ? status : 'in');

test('ACC-0: every role on every route: who may not use it is answered 401 or 403, and everybody else is served', async () => {
  const routes = tokenRoutes(api.registry());
  expect(routes.length).toBeGreaterThan(35);
  // Whoever shows a token for the first time is recorded (MSG-2): that is no doing of the routes below.
  for (const { client } of Object.values(kinds)) await client('account').get('/v1/me');
  const before = await everythingOf(api.db);
  for (const [kind, { client, verdict }] of Object.entries(kinds)) {
    const told: unknown[] = [];
    const ruled: unknown[] = [];
    for (const route of routes) {
      const { provider } = route.access;
      const answer = await knock(client(isArea(provider) ? provider : 'account'), route);
      told.push([kind, route.method, route.path, verdictOf(answer)]);
      ruled.push([kind, route.method, route.path, verdict(route.access)]);
    }
    expect(told).toEqual(ruled);
  }
  expect(await everythingOf(api.db)).toEqual(before);
}, 300_000);

describe('ACC-0: a route without a rule cannot go unseen', () => {
  const registryWith = (access: object) => {
    const registry = new OpenAPIRegistry();
    registry.register('Something', z.object({}).openapi('Something'));
    registry.registerPath({
      method: 'get',
      path: '/v1/provider/secrets',
      security: [{ bearer: [] }],
      ...access,
      responses: {},
    });
    return registry;
  };

  test.each<[string, object]>([
    ['says nothing', {}],
    ['names nobody', { 'x-access': {} }],
    ['is for others than its path says', { 'x-access': { buyer: 'any' } }],
    ['is for others too', { 'x-access': { provider: 'shop', ops: 'any' } }],
    ['names an area that there is none of', { 'x-access': { provider: 'secrets' } }],
  ])('a route that %s is found', (_, access) => {
    expect(() => tokenRoutes(registryWith(access))).toThrow();
  });

  test('a route with a rule is taken', () => {
    expect(tokenRoutes(registryWith({ 'x-access': { provider: 'shop' } }))).toHaveLength(1);
  });
});
