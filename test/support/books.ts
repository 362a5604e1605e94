import { setTimeout as sleep } from 'node:timers/promises';
import { snapshotHorizon, takeSnapshot } from '../../prisma/store/ledger/reports';
import type { Database } from '../../prisma/store/shared/database';

const LONGEST_WAIT_MS = 20_000;

/**
 * Takes the snapshot of the balances at an instant. Transactions are numbered for all databases of a server, so one of
 * another test file may keep it waiting for a moment.
 * @throws Error when it cannot be taken
 */
export async function closeBooks(db: Database, until: Date): Promise<void> {
  const horizon = (await snapshotHorizon(db, until)) ?? 0n;
  const giveUpAtMs = Date.now() + LONGEST_WAIT_MS;
  while (!(await takeSnapshot(db, until, horizon))) {
    if (Date.now() > giveUpAtMs) throw new Error('A transaction stays open that may still post');
    await sleep(10);
  }
}
