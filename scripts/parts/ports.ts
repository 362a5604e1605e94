import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** What stands for a reserved port, by the port; held until this process ends. */
const reservations = new Map<number, Server>();

/** Below the ports that operating systems give to outgoing connections: none of those takes one by chance. */
const ANY = { from: 10_000, to: 30_000 };
const TRIES = 50;

/** Every port has a partner, far from it, on which its reservation listens. */
const PARTNER_DISTANCE = 32_768;
const partnerOf = (port: number) => (port + PARTNER_DISTANCE) % 65_536;

/**
 * Finds a free port of the loopback interface and reserves it for this process: the preferred one, else the next free
 * one above it, else any. No other start is given it meanwhile, however long it takes until somebody listens there: the
 * reservation is a server on the port's partner, which only one process can have, and which ends with the process.
 * @throws Error when none was found
 */
export async function freePort(preferred?: number): Promise<number> {
  const above = preferred === undefined ? [] : Array.from({ length: TRIES }, (_, offset) => preferred + offset);
  const any = Array.from({ length: TRIES }, () => randomInt(ANY.from, ANY.to));
  for (const port of [...above, ...any]) if (await reserve(port)) return port;
  throw new Error('No free port was found.');
}

async function reserve(port: number): Promise<boolean> {
  if (port > 65_535 || reservations.has(port)) return false;
  const reservation = await listen(partnerOf(port) || PARTNER_DISTANCE);
  if (reservation === undefined) return false;
  const probe = await listen(port);
  if (probe === undefined) {
    reservation.close();
    return false;
  }
  await new Promise((resolve) => probe.close(resolve));
  // It is no reason to keep running.
  reservation.unref();
  reservations.set(port, reservation);
  return true;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => resolve(server));
  });
}
