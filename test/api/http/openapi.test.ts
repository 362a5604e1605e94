import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Express } from 'express';
import { z } from 'zod';
import { openApiText } from '../../../scripts/openapi';
import { apiWithoutConnections } from '../../../scripts/parts/api';
import { projectRoot } from '../../../scripts/parts/root';
import { routesOf } from '../../support/contract';

const text = openApiText();
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(5),
  tags: z.tuple([z.string()]),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  'x-access': z.object({ provider: z.string().optional() }).optional(),
  parameters: z
    .array(
      z.looseObject({
        $ref: z.string().optional(),
        name: z.string().optional(),
        in: z.string().optional(),
        required: z.boolean().optional(),
      }),
    )
    .default([]),
  requestBody: z.object({ required: z.literal(true), content: z.record(z.string(), z.unknown()) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
const schema = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
  servers: z.tuple([z.object({ url: z.literal('/') })]),
});
const document = schema.parse(JSON.parse(text));
const operations = Object.entries(document.paths).flatMap(([route, methods]) =>
  Object.entries(methods).map(([method, described]) => ({ route, method, ...described })),
);
const business = operations.filter(({ route }) => route.startsWith('/v1/'));

test('docs/openapi.json is what the API serves (write it with: node dist/scripts/openapi.js)', () => {
  expect(readFileSync(path.join(projectRoot, 'docs', 'openapi.json'), 'utf8')).toBe(text);
});

describe('the document is whole', () => {
  test('every reference leads somewhere, and every component is used', () => {
    const used = new Set(
      [...text.matchAll(/"\$ref": "#\/components\/(\w+)\/([\w-]+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const named = Object.entries(document.components).flatMap(([kind, all]) =>
      Object.keys(all).map((name) => `${kind}/${name}`),
    );
    expect(named.filter((name) => !used.has(name) && !name.startsWith('securitySchemes/'))).toEqual([]);
    expect([...used].filter((name) => !named.includes(name))).toEqual([]);
  });

  test('no route is served twice', () => {
    const served = routesOf(apiWithoutConnections().registry).map(({ method, path }) => `${method} ${path}`);
    expect(served.filter((route, at) => served.indexOf(route) !== at)).toEqual([]);
  });

  test('every operation has a name of its own, a summary and a tag that is explained', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    const tags = document.tags.map(({ name }) => name);
    expect(new Set(operations.flatMap((described) => described.tags))).toEqual(new Set(tags));
  });

  test.each(operations)(
    '$method $route: parameters are those of its path, answers and refusals are told',
    (described) => {
      const inPath = [...described.route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = described.parameters.filter((parameter) => parameter.in === 'path');
      expect(declared.map(({ name }) => name)).toEqual(inPath);
      expect(declared.every(({ required }) => required)).toBe(true);
      const statuses = Object.keys(described.responses).map(Number);
      expect(statuses.filter((status) => status < 300)).toHaveLength(1);
      if (described.route.startsWith('/v1/'))
        expect(statuses).toEqual(expect.arrayContaining([400, 401, 403, 422, 429, 500, 503]));
      if (inPath.includes('id')) expect(statuses).toContain(404);
    },
  );

  test('every operation under /v1 says how it is protected', () => {
    for (const { route, security, 'x-access': access } of business) {
      const first = route.startsWith('/v1/gateway/') ? 'channelSignature' : 'bearer';
      const keys = route.startsWith('/v1/provider/') && access?.provider !== 'main' ? [{ apiKey: [] }] : [];
      expect([route, security]).toEqual([route, [{ [first]: [] }, ...keys]]);
    }
  });

  test('every command takes an Idempotency-Key, every request an id; nothing is a body by accident', () => {
    for (const { route, method, parameters, requestBody } of business) {
      const headers = parameters.flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref.replace(/.*\//, '')]));
      expect([route, headers]).toEqual([route, expect.arrayContaining(['X-Request-Id'])]);
      expect([route, method, headers.includes('Idempotency-Key')]).toEqual([route, method, method === 'post']);
      if (method === 'get') expect(requestBody).toBeUndefined();
    }
  });
});

/** The parts of Express's router that say what is routed. */
const layer: z.ZodType<{ route?: { path: string; methods: Record<string, boolean> } | undefined; handle: unknown }> =
  z.object({
    route: z.object({ path: z.string(), methods: z.record(z.string(), z.boolean()) }).optional(),
    handle: z.unknown(),
  });

function routed(router: unknown): string[] {
  if (typeof router !== 'function' || !('stack' in router)) return [];
  return z
    .array(layer)
    .parse(router.stack)
    .flatMap(({ route, handle }) =>
      route === undefined
        ? routed(handle)
        : Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`),
    );
}

test('nothing is served that the document does not know, but for the document and the codec', () => {
  const { app }: { app: Express } = apiWithoutConnections();
  const known = operations.map(({ method, route }) => `${method} ${route}`);
  const served = routed(app.router).filter((route) => !/^_?all /.test(route));
  expect(served.filter((route) => !known.includes(route)).sort()).toEqual(
    ['get /docs/', 'get /openapi.json', 'options /codec/decode', 'post /codec/decode'].sort(),
  );
  expect(known.filter((route) => !served.includes(route))).toEqual([]);
});

/** Schemas as far as this walk looks at them. */
const node = z.looseObject({
  $ref: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
  items: z.unknown().optional(),
  ...Object.fromEntries(['allOf', 'anyOf', 'oneOf'].map((name) => [name, z.array(z.unknown()).default([])])),
});

/** Every field of a body, at any depth, that may be left out. */
function optionalFields(described: unknown, at: string): string[] {
  if (described === undefined) return [];
  const { $ref, properties, required, items, allOf, anyOf, oneOf } = node.parse(described);
  const name = $ref?.split('/').at(-1);
  if (name !== undefined) return optionalFields(document.components.schemas?.[name], at);
  return [
    ...Object.keys(properties)
      .filter((field) => !required.includes(field))
      .map((field) => `${at}.${field}`),
    ...Object.entries(properties).flatMap(([field, inner]) => optionalFields(inner, `${at}.${field}`)),
    ...[allOf, anyOf, oneOf].flat().flatMap((inner) => optionalFields(inner, at)),
    ...optionalFields(items, `${at}[]`),
  ];
}

test('a PUT takes the whole representation: nothing is emptied because a client left it out', () => {
  const puts = operations.filter(({ method }) => method === 'put');
  expect(puts.length).toBeGreaterThan(7);
  const lax = puts.flatMap(({ route, requestBody }) => {
    const media = z.object({ schema: z.unknown() }).parse(requestBody?.content['application/json']);
    return optionalFields(media.schema, `PUT ${route}`);
  });
  expect(lax).toEqual([]);
});
