import { once } from 'node:events';
import { readConfig } from '../../../config';
import { databaseLimits } from '../../../config/database';
import { lockObject } from '../../../prisma/store/shared/audited-transaction';
import { openDatabase } from '../../../prisma/store/shared/database';

const FOR_EVER_MS = 3_600_000;

/**
 * A process of ours, connected as all of them are, that holds the locks of an object (LOCK_OBJECT) and of a delivery's
 * row (LOCK_DELIVERY) in a transaction when it is frozen, and wants to go on with it when it is thawed.
 */
async function main(): Promise<void> {
  // Nothing else keeps this process running while it waits for the signal.
  const running = setInterval(() => undefined, FOR_EVER_MS);
  // Listened for from the start: it may be frozen before it has read that its locks are taken.
  const thawed = once(process, 'SIGCONT');
  const config = readConfig();
  const { LOCK_OBJECT: objectId = '', LOCK_DELIVERY: deliveryId = '' } = process.env;
  const db = openDatabase(config.DATABASE_URL, 1, 'durable', databaseLimits(config));
  await db.$transaction(
    async (tx) => {
      await lockObject(tx, objectId);
      await tx.$executeRaw`UPDATE deliveries SET updated_at = updated_at WHERE id = ${deliveryId}`;
      await thawed;
      await tx.$executeRaw`UPDATE deliveries SET updated_at = 'epoch' WHERE id = ${deliveryId}`;
    },
    { timeout: FOR_EVER_MS },
  );
  clearInterval(running);
}

main().catch(() => process.exit(1));
