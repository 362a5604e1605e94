import { rmSync } from 'node:fs';

/** Stops what the set-up started and leaves nothing behind. */
export default async function tearDown(): Promise<void> {
  const server = globalThis.testServer;
  if (server === undefined) return;
  await server.postgres.stop();
  server.postgres.discard();
  rmSync(server.folder, { recursive: true, force: true });
}
