import { createServer } from 'node:net';

/** Ports handed out by this process, perhaps not yet listened on. */
const handedOut = new Set<number>();

/**
 * Finds a free port of the loopback interface: the preferred one, else the next free one above it, else any.
 * Like every such search it can lose a race, so start what needs the port soon.
 */
export async function freePort(preferred?: number): Promise<number> {
  const candidates = preferred === undefined ? [] : Array.from({ length: 50 }, (_, offset) => preferred + offset);
  for (const candidate of [...candidates, ...Array<number>(20).fill(0)]) {
    if (candidate !== 0 && handedOut.has(candidate)) continue;
    const port = await tryToListen(candidate);
    if (port === undefined || handedOut.has(port)) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error('No free port was found.');
}

function tryToListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
