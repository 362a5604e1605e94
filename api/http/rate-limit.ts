import type { Request, RequestHandler, Response } from 'express';
import ipaddr from 'ipaddr.js';
import { AppError } from '../../domain/shared/errors';

const WINDOW_MS = 60_000;
/** Keys counted at once for each limit: what is kept stays below some 10 MB whoever sends how much. */
const KEYS_MAX = 50_000;
/** What one customer of an access provider usually has: within it, addresses are changed at no cost. */
const IPV6_PREFIX_BITS = 56;

/** How many requests of a kind are taken a minute from each address, principal or payment channel. */
export type RateLimits = { address: number; principal: number; channel: number };

type Window = { count: number; endsAtMs: number };

/**
 * Counts by key in windows of a minute. Memory is bounded: beyond `keysMax` keys the window that ends first is
 * forgotten. Not a library, since those at hand keep every key and cannot give a count back after authentication.
 */
export function windowCounter(keysMax = KEYS_MAX) {
  // Every window is equally long, so that the order of insertion is the order in which windows end.
  const windows = new Map<string, Window>();
  return {
    size: () => windows.size,
    /** Counts one more, and answers the key's window. */
    take(key: string, nowMs = Date.now()): Window {
      const known = windows.get(key);
      if (known !== undefined && known.endsAtMs > nowMs) {
        known.count += 1;
        return known;
      }
      windows.delete(key);
      for (const [oldest, { endsAtMs }] of windows) {
        if (endsAtMs > nowMs && windows.size < keysMax) break;
        windows.delete(oldest);
      }
      const opened = { count: 1, endsAtMs: nowMs + WINDOW_MS };
      windows.set(key, opened);
      return opened;
    },
    /** Counts one less, if that window is still the key's. */
    giveBack(key: string): void {
      const known = windows.get(key);
      if (known !== undefined && known.count > 0) known.count -= 1;
    },
  };
}

type Exchange = { request: Request; response: Response };

/** The limits of one API process. */
export type RateLimiter = ReturnType<typeof createRateLimiter>;

/**
 * Limits requests by address until it is known who sends them, then by who that is. A request of a verified principal
 * gives its address the count back: people behind one address do not use up each other's, and what remains counted
 * by address is what nobody vouches for, which is refused beyond the limit before it costs a look into the database.
 */
export function createRateLimiter(limits: RateLimits) {
  const counters = { address: windowCounter(), principal: windowCounter(), channel: windowCounter() };

  /** @throws AppError REQUEST.RATE_LIMITED beyond the limit; the headers say how many are left, and until when */
  const take = (by: keyof RateLimits, key: string, response: Response) => {
    const { count, endsAtMs } = counters[by].take(key);
    const left = Math.max(limits[by] - count, 0);
    const seconds = Math.max(Math.ceil((endsAtMs - Date.now()) / 1000), 1);
    response.setHeader('RateLimit-Policy', `"${by}"; q=${limits[by]}; w=${WINDOW_MS / 1000}`);
    response.setHeader('RateLimit', `"${by}"; r=${left}; t=${seconds}`);
    if (count <= limits[by]) return;
    response.setHeader('Retry-After', String(seconds));
    throw new AppError('REQUEST.RATE_LIMITED', 'Wait until the RateLimit header says that you may go on.');
  };

  return {
    /** Every request whose sender is not known yet. */
    unverified({ request, response }: Exchange): void {
      take('address', networkOf(request.ip), response);
    },
    /** A request whose sender has just been verified. @param key says who it is */
    verified(key: string, { request, response }: Exchange): void {
      counters.address.giveBack(networkOf(request.ip));
      take('principal', key, response);
    },
    /** A callback that its payment channel has signed. */
    signed(channel: string, response: Response): void {
      take('channel', channel, response);
    },
  };
}

/** Counts every request by its address, except whether the process is alive. */
export const limitByAddress =
  (limiter: RateLimiter): RequestHandler =>
  (request, response, next) => {
    if (request.path !== '/healthz') limiter.unverified({ request, response });
    next();
  };

/** An IPv4 address, or the network that an IPv6 address is one of many of. */
export function networkOf(address = ''): string {
  if (!ipaddr.isValid(address)) return 'unknown';
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/${IPV6_PREFIX_BITS}`).toString();
}
