import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { projectRoot } from '../../scripts/parts/root';

const folder = mkdtempSync(path.join(tmpdir(), 'start-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = {
  DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing',
  CODEC_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  JWT_SECRET: 's'.repeat(32),
  JWT_AUDIENCE: 'back-office',
  FILES_DIR: folder,
  API_PORT: '0',
};

/** Starts a program as production does, with nothing of this environment, and waits for its end. */
function start(program: 'api' | 'worker', env: NodeJS.ProcessEnv) {
  const main = path.join(projectRoot, 'dist', program, 'main.js');
  const { status, stderr } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 30_000 });
  return { status, stderr };
}

describe.each(['api', 'worker'] as const)(
  'the %s ends at once, with the reason, rather than run on a bad configuration',
  (program) => {
    test('with nothing set it ends, and names all that is needed', () => {
      const { status, stderr } = start(program, {});
      expect(status).toBe(1);
      expect(stderr).toMatch(/The configuration is not usable:\n[\s\S]*DATABASE_URL[\s\S]*CODEC_KEYS/);
    });

    test('in production with a development secret it ends, without a word of the secret', () => {
      const { status, stderr } = start(program, { ...GOOD, NODE_ENV: 'production' });
      expect(status).toBe(1);
      expect(stderr).toContain('production needs JWKS_URL');
      expect(stderr).not.toContain(GOOD.JWT_SECRET);
    });
  },
);

test('GEN-3: the API, which begins all business, does not start on bad policies', () => {
  const file = path.join(folder, 'policies.json');
  writeFileSync(file, '{"order.payWithin": "soon"}');
  const { status, stderr } = start('api', { ...GOOD, POLICY_FILE: file });
  expect(status).toBe(1);
  expect(stderr).toContain(`POLICY_FILE ${file}`);
  expect(stderr).toContain('order.payWithin: "soon" is not a duration');
});

test('GEN-1: the worker, which recomputes deadlines, does not start on bad holidays', () => {
  const file = path.join(folder, 'holidays.json');
  writeFileSync(file, '{"version": "1", "years": {"2027": {"holidays": {"2027-02-29": "春节"}, "workdays": {}}}}');
  const { status, stderr } = start('worker', {
    ...GOOD,
    PAYMENT_CHANNEL_URL: 'http://127.0.0.1:1',
    CALENDAR_FILE: file,
  });
  expect(status).toBe(1);
  expect(stderr).toContain(`CALENDAR_FILE ${file}`);
  expect(stderr).toContain('2027-02-29: is not a day');
});
