import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../scripts/parts/postgres';
import { placeFor, removeAbandoned } from '../../scripts/parts/postgres-place';

const folder = mkdtempSync(path.join(tmpdir(), 'marketplace-test-postgres-'));
// As root the server runs as another user, who must be able to enter.
chmodSync(folder, 0o711);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a cluster that has vanished is not initialised anew: the start refuses, says what happened and what to do', async () => {
  const start = () => startPostgres({ folder, careless: true });
  const server = await start();
  await server.stop();
  const credentials = () => readFileSync(path.join(folder, 'credentials.json'), 'utf8');
  const before = credentials();
  const { cluster } = placeFor(folder);
  rmSync(cluster, { recursive: true });

  await expect(start()).rejects.toThrow(cluster);
  await expect(start()).rejects.toThrow('npm start -- --fresh');
  expect([existsSync(cluster), credentials()]).toEqual([false, before]);
}, 60_000);

test('clusters in the public place are removed once their project is gone, and no others', () => {
  const clusters = path.join(folder, 'public');
  const add = (name: string, project: string | null, pid: number | null = null) => {
    mkdirSync(path.join(clusters, name), { recursive: true });
    if (pid !== null) writeFileSync(path.join(clusters, name, 'postmaster.pid'), `${pid}\n/data\n`);
    if (project === null) return;
    writeFileSync(path.join(clusters, `${name}.project.json`), JSON.stringify({ folder: project }));
  };
  const gone = path.join(folder, 'deleted-clone');
  add('of-one-that-is-there', folder);
  add('of-one-that-is-gone', gone);
  add('of-one-that-is-gone-and-crashed', gone, 2_147_483_000);
  add('of-one-that-is-gone-but-runs', gone, process.pid);
  add('of-nobody-knows-whom', null);
  removeAbandoned(clusters);
  const left = ['of-one-that-is-there', 'of-one-that-is-gone-but-runs', 'of-nobody-knows-whom'];
  for (const name of left) expect(existsSync(path.join(clusters, name))).toBe(true);
  for (const name of ['of-one-that-is-gone', 'of-one-that-is-gone-and-crashed']) {
    expect(existsSync(path.join(clusters, name))).toBe(false);
    expect(existsSync(path.join(clusters, `${name}.project.json`))).toBe(false);
  }
});
