import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { type Access, rolesOf } from '../../api/http/access';
import type { PrincipalRole } from '../../api/http/auth';
import { openApiDocument } from '../../api/http/openapi';
import { AREAS } from '../../domain/accounts/areas';

/** A route under /v1 as the OpenAPI document has it, with a body that it takes. */
export type Route = {
  method: 'GET' | 'PUT' | 'POST';
  path: string;
  access: Access;
  roles: PrincipalRole[];
  body: unknown;
};

type Schema = z.infer<typeof schema>;
const schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  example: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  get anyOf(): z.ZodOptional<z.ZodArray<typeof schema>> {
    return z.array(schema).optional();
  },
  get properties(): z.ZodOptional<z.ZodRecord<z.ZodString, typeof schema>> {
    return z.record(z.string(), schema).optional();
  },
});
const access = z.strictObject({
  buyer: z.literal('any').optional(),
  provider: z.enum([...AREAS, 'main', 'person', 'any']).optional(),
  ops: z.enum(['appeals.rule', 'payloads.read', 'any']).optional(),
});
const operation = z.looseObject({
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema })) }).optional(),
  security: z.array(z.record(z.string(), z.unknown())),
  'x-access': access.optional(),
});
const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

const known = new WeakMap<OpenAPIRegistry, Route[]>();

/**
 * Every route that takes a bearer token: a new one is covered by the tests that walk them without a
 * word. Who may use it is said by the route itself; one that is for others than its path says fails here.
 */
export function tokenRoutes(registry: OpenAPIRegistry): Route[] {
  const routes = known.get(registry) ?? documentedRoutes(registry);
  known.set(registry, routes);
  return routes;
}

function documentedRoutes(registry: OpenAPIRegistry): Route[] {
  const { paths, components } = document.parse(openApiDocument(registry));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security.some((scheme) => 'bearer' in scheme))
      .map(([method, { requestBody, 'x-access': who = {} }]) => ({
        method: z.enum(['GET', 'PUT', 'POST']).parse(method.toUpperCase()),
        path,
        access: requireKnown(path, who),
        roles: rolesOf(requireKnown(path, who)),
        body: sampleOf(requestBody?.content['application/json']?.schema, components.schemas),
      })),
  );
}

/** The route's rule: it has one, and it is for the role that its path names. */
function requireKnown(path: string, who: Access): Access {
  const roles: string[] = rolesOf(who);
  const [, role = ''] = /^\/v1\/(\w+)/.exec(path) ?? [];
  const named = role === 'sandbox' ? ['buyer'] : role === 'me' ? ['buyer', 'provider', 'ops'] : [role];
  if (roles.join() === named.join()) return who;
  throw new Error(`${path} is for ${roles.join(', ') || 'nobody'}, and its path says ${named.join(', ')}`);
}

/** The smallest value that a schema takes: what is required, and nothing else; where that is too little, its example. */
function sampleOf(wanted: Schema | undefined, named: Record<string, Schema>): unknown {
  if (wanted === undefined) return undefined;
  if (wanted.$ref !== undefined) return sampleOf(named[wanted.$ref.replace(/.*\//, '')], named);
  const { properties = {}, required = [], example } = wanted;
  if (example !== undefined) return example;
  if (wanted.enum !== undefined) return wanted.enum[0];
  if (wanted.type === 'string') return 'text';
  if (wanted.type === 'array') return [];
  if (wanted.type?.includes('null') || wanted.anyOf?.some(({ type }) => type === 'null')) return null;
  if (wanted.type === 'boolean') return false;
  if (wanted.type === 'integer' || wanted.type === 'number') return 1;
  if (wanted.type !== 'object') throw new Error(`no sample for ${JSON.stringify(wanted)}`);
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], named)]));
}
