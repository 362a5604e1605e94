import { Client } from 'pg';

const CONNECT_MS = 5_000;
/** Nothing is ever sent on this connection: only so does it learn that the other machine is gone. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/**
 * Calls back whenever PostgreSQL notifies one of the channels, reconnecting for as long as it lives.
 * Notifications are hints: whoever listens also polls.
 * @returns a function that stops listening
 */
export function listen(
  url: string,
  channels: readonly string[],
  onNotify: (channel: string) => void,
): () => Promise<void> {
  let stopped = false;
  let client: Client | null = null;
  let retry: NodeJS.Timeout | null = null;

  function reconnectSoon(): void {
    if (stopped || retry !== null) return;
    retry = setTimeout(() => {
      retry = null;
      void connect();
    }, 1_000);
  }

  async function connect(): Promise<void> {
    const next = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, ...KEEP_ALIVE });
    client = next;
    // A lost connection only makes the listener fall back to polling until it is back.
    next.on('error', reconnectSoon);
    next.on('end', reconnectSoon);
    next.on('notification', ({ channel }) => onNotify(channel));
    try {
      await next.connect();
      for (const channel of channels) await next.query(`LISTEN ${next.escapeIdentifier(channel)}`);
    } catch {
      reconnectSoon();
    }
  }

  void connect();
  return async () => {
    stopped = true;
    if (retry !== null) clearTimeout(retry);
    await client?.end();
  };
}
