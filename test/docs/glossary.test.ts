import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '../..');
const GLOSSARY = 'docs/glossary.md';
/** What is generated or recorded, the changelog, and the glossary, whose terms are looked at below. */
const EXCLUDED = [
  'CHANGELOG.md',
  GLOSSARY,
  'docs/openapi.json',
  'package-lock.json',
  'prisma/generated',
  'test/replay/histories',
  'test/replay/expected',
];

const [terms = '', list = ''] = readFileSync(path.join(ROOT, GLOSSARY), 'utf8').split('## Retired words');
const retired = [...list.matchAll(/^\| (?!retired|-)([^|]+?) *\|/gm)].flatMap(([, words = '']) => words.split(', '));

test('the glossary lists the retired words', () => {
  expect(retired.length).toBeGreaterThan(20);
});

test.each(retired)('the retired word "%s" is nowhere in the repository', (word) => {
  const args = ['grep', '-nwiE', word, '--', '.', ...EXCLUDED.map((name) => `:!${name}`)];
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
  expect({ found: stdout, stderr }).toEqual({ found: '', stderr: '' });
  // Nothing was found; anything else is an error of git.
  expect(status).toBe(1);
  expect(new RegExp(`\\b${word}\\b`, 'i').test(terms)).toBe(false);
});
