import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import path from 'node:path';
import { placeFor } from '../../scripts/parts/postgres-place';

/** The database of the prepared cluster: migrated, with the demonstration data. */
export const PREPARED_DATABASE = 'marketplace';

/**
 * Copies the data and the passwords of a stopped PostgreSQL, so that `startPostgres` begins with them.
 * @param from the folder that it was started on
 * @param to an existing folder without a cluster
 */
export function copyCluster(from: string, to: string): void {
  const [source, target] = [placeFor(path.resolve(from)), placeFor(path.resolve(to))];
  cpSync(source.cluster, target.cluster, { recursive: true });
  chmodSync(target.cluster, 0o700);
  if (target.user) {
    const owner = `${target.user.uid}:${target.user.gid}`;
    const { status, stderr } = spawnSync('chown', ['-R', owner, target.cluster], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`The copy of the cluster has the wrong owner: ${stderr}`);
  }
  cpSync(path.join(from, 'credentials.json'), path.join(to, 'credentials.json'));
}
