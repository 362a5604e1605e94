import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../scripts/parts/root';

/** One planted import for each rule: the file that must not have it, and what it imports. */
const PLANTED: Record<string, { file: string; imports: string }> = {
  'no-circles': { file: 'dist/domain/orders/circle.js', imports: './other.js' },
  'no-unresolvable': { file: 'domain/orders/unresolvable.ts', imports: './nowhere' },
  'no-undeclared-package': { file: 'api/orders/undeclared.ts', imports: 'has-flag' },
  'domain-is-pure': { file: 'domain/orders/impure.ts', imports: 'node:fs' },
  'workflows-are-deterministic': { file: 'workflows/orders/random.ts', imports: 'node:crypto' },
  'workflows-see-types-of-activities': {
    file: 'dist/workflows/orders/value.js',
    imports: '../../activities/orders.js',
  },
  'workflows-reach-no-zod': { file: 'dist/workflows/orders/parser.js', imports: '../../domain/orders/parser.js' },
  'messages-know-rules-only': { file: 'workflows/orders/messages.ts', imports: '../../activities/orders' },
  'api-sends-messages': { file: 'api/orders/sends.ts', imports: '../../activities/orders' },
  'api-starts-workflows-by-type': { file: 'dist/api/orders/starts.js', imports: '../../workflows/orders/workflow.js' },
  'http-layer-knows-no-subject': { file: 'api/http/sends.ts', imports: '../../workflows/refunds/messages' },
  'routes-do-not-import-routes': { file: 'api/orders/routes.ts', imports: './more-routes' },
  'subjects-meet-in-domain-and-shared': { file: 'api/coupons/meets.ts', imports: '../refunds/service' },
  'subjects-meet-as-listed:workflows/orders': { file: 'workflows/orders/meets.ts', imports: '../refunds/workflow' },
  'activities-reach-the-store': { file: 'activities/orders.ts', imports: '../api/orders/view' },
  'store-knows-rules-only': { file: 'prisma/store/orders/asks.ts', imports: '../../../api/orders/view' },
  'sql-lives-in-prisma': { file: 'api/orders/sql.ts', imports: 'pg' },
  'programs-do-not-import-tools': { file: 'worker/tools.ts', imports: '../test/factories/orders' },
  'no-development-packages': { file: 'worker/development.ts', imports: 'supertest' },
  'config-and-codec-stand-alone': { file: 'config/business.ts', imports: '../workflows/orders/workflow' },
};

/** What the planted imports lead to. */
const TARGETS = [
  'dist/domain/orders/other.js',
  'dist/domain/orders/parser.js',
  'dist/activities/orders.js',
  'dist/workflows/orders/workflow.js',
  'api/orders/view.ts',
  'api/orders/more-routes.ts',
  'api/refunds/service.ts',
  'workflows/orders/workflow.ts',
  'workflows/refunds/messages.ts',
  'workflows/refunds/workflow.ts',
  'test/factories/orders.ts',
];
const CONTENT: Record<string, string> = {
  'dist/domain/orders/other.js': "require('./circle.js');",
  'dist/domain/orders/parser.js': "require('zod');",
};

const report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
    ruleSetUsed: z.object({ forbidden: z.array(z.object({ name: z.string() })) }),
  }),
});

describe('the arrows between the rooms are held by the linter', () => {
  let folder: string;
  let found: z.output<typeof report>['summary'];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dependency-rules-'));
    for (const name of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) {
      cpSync(path.join(projectRoot, name), path.join(folder, name));
    }
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
    for (const file of TARGETS) plant(file, CONTENT[file] ?? '');
    for (const { file, imports } of Object.values(PLANTED)) {
      plant(file, file.endsWith('.js') ? `require('${imports}');` : `import '${imports}';`);
    }
    const rooms = ['domain', 'workflows', 'activities', 'api', 'worker', 'prisma', 'config', 'dist'];
    const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...rooms];
    found = report.parse(JSON.parse(await run(folder, 'depcruise', args))).summary;
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function plant(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), `${content}\n`);
  }

  test.each(Object.entries(PLANTED))('%s: a planted violation is found', (name, { file }) => {
    expect(found.violations.filter(({ rule }) => rule.name === name).map(({ from }) => from)).toContain(file);
  });

  test('every rule has its planted violation; of the listed meetings, one stands for all', () => {
    const named = found.ruleSetUsed.forbidden.map(({ name }) => name).filter((name) => !name.includes('as-listed:'));
    expect(
      Object.keys(PLANTED)
        .filter((name) => !name.includes('as-listed:'))
        .sort(),
    ).toEqual(named.sort());
  });
});

describe('the store knows no HTTP, and programs no environment', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'store-rules-'));
    cpSync(path.join(projectRoot, 'biome.json'), path.join(folder, 'biome.json'));
    cpSync(path.join(projectRoot, 'lint'), path.join(folder, 'lint'), { recursive: true });
    symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'));
    mkdirSync(path.join(folder, 'prisma/store/orders'), { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['a route in a text', "export const detail = 'Read it at GET /v1/buyer/orders.';"],
    ['a path of a body in a text', "export const path = 'body.amountFen';"],
    ['a body that is read', 'export const amountOf = (body: { amountFen: number }) => body.amountFen;'],
  ])('%s: a planted violation is found', async (_, source) => {
    writeFileSync(path.join(folder, 'prisma/store/orders/planted.ts'), `${source}\n`);
    const args = ['lint', '--vcs-enabled=false', '--colors=off', 'prisma/store'];
    expect(await run(folder, 'biome', args)).toContain('The store knows no');
  });

  test.each(['sandbox', 'api/orders', 'worker'])(
    'configuration is read in config/: a program of %s that reads it is found',
    async (place) => {
      mkdirSync(path.join(folder, place), { recursive: true });
      writeFileSync(path.join(folder, place, 'planted.ts'), 'export const host = process.env.HOST;\n');
      const args = ['lint', '--vcs-enabled=false', '--colors=off', place];
      expect(await run(folder, 'biome', args)).toContain('noProcessEnv');
    },
  );
});

/** Runs a linter as `npm run check` does, and answers what it prints. It ends with an error where it finds something. */
function run(folder: string, command: string, args: string[]): Promise<string> {
  const program = path.join(projectRoot, 'node_modules', '.bin', command);
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (`${stdout}${stderr}` === '') reject(error ?? new Error(`${command} printed nothing`));
      else resolve(command === 'biome' ? `${stdout}${stderr}` : stdout);
    });
  });
}
