import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import type { PrincipalRole } from '../../api/auth';
import { openApiDocument } from '../../api/openapi';

/** A route under /v1 as the OpenAPI document has it, with a body that it takes. */
export type Route = { method: 'GET' | 'PUT' | 'POST'; path: string; roles: PrincipalRole[]; body: unknown };

type Schema = z.infer<typeof schema>;
const schema = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  get properties(): z.ZodOptional<z.ZodRecord<z.ZodString, typeof schema>> {
    return z.record(z.string(), schema).optional();
  },
});
const operation = z.looseObject({
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema })) }).optional(),
  security: z.array(z.record(z.string(), z.unknown())),
});
const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

/**
 * Every route that takes a bearer token: a new one is covered by the tests that walk them without a
 * word. Whose a route is follows from its path; a path that does not tell fails here.
 */
export function tokenRoutes(registry: OpenAPIRegistry): Route[] {
  const { paths, components } = document.parse(openApiDocument(registry));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security.some((scheme) => 'bearer' in scheme))
      .map(([method, { requestBody }]) => ({
        method: z.enum(['GET', 'PUT', 'POST']).parse(method.toUpperCase()),
        path,
        roles: rolesOf(path),
        body: sampleOf(requestBody?.content['application/json']?.schema, components.schemas),
      })),
  );
}

function rolesOf(path: string): PrincipalRole[] {
  const [, role] = /^\/v1\/(\w+)/.exec(path) ?? [];
  switch (role) {
    case 'buyer':
    case 'provider':
    case 'ops':
      return [role];
    case 'sandbox':
      return ['buyer'];
    case 'me':
      return ['buyer', 'provider', 'ops'];
    default:
      throw new Error(`${path}: say here whose route this is`);
  }
}

/** The smallest value that a schema takes: what is required, and nothing else. */
function sampleOf(wanted: Schema | undefined, named: Record<string, Schema>): unknown {
  if (wanted === undefined) return undefined;
  if (wanted.$ref !== undefined) return sampleOf(named[wanted.$ref.replace(/.*\//, '')], named);
  const { properties = {}, required = [] } = wanted;
  if (wanted.enum !== undefined) return wanted.enum[0];
  if (wanted.type === 'string') return 'text';
  if (wanted.type !== 'object') throw new Error(`no sample for ${JSON.stringify(wanted)}`);
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], named)]));
}
