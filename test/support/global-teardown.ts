import { rmSync } from 'node:fs';

/** Stops what the set-up started and leaves nothing behind. */
export default async function tearDown(): Promise<void> {
  const servers = globalThis.testServers;
  if (servers === undefined) return;
  const { postgres, temporal, folder } = servers;
  await Promise.all([postgres.stop(), temporal.stop()]);
  postgres.discard();
  rmSync(folder, { recursive: true, force: true });
}
