import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { dataDirectory } from './parts/root';
import { type System, startSystem } from './parts/system';

/** `npm start [-- --fresh]`: the whole system on this machine, until Ctrl-C. */

const say = (line: string) => console.log(`[start] ${line}`);

function summary({ endpoints, tokens }: System): string {
  const order = JSON.stringify({ productId: 'prd_service', specId: 'spc_service_basic', paymentChannel: 'wechat' });
  return `
Everything is running.

  API             ${endpoints.apiUrl}      documentation ${endpoints.apiUrl}/docs
  Temporal UI     ${endpoints.temporalUiUrl ?? `(the server at ${endpoints.temporalAddress} has its own)`}
  Mail inbox      ${endpoints.mailUrl}
  SMS inbox       ${endpoints.smsUrl}
  Payment channel ${endpoints.channelUrl}
  Data and logs   ${dataDirectory}

Tokens, valid for 30 days (more with: npm run --silent token -- --role …):
  buyer     ${tokens.buyer}
  provider  ${tokens.provider}
  ops       ${tokens.ops}

Try it, and read the mail inbox afterwards:
  curl -sS ${endpoints.apiUrl}/v1/buyer/orders -H 'Authorization: Bearer ${tokens.buyer}' \\
    -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s)" \\
    -d '${order}'

Ctrl-C stops everything.
`;
}

/** A killed npm cannot pass on its signal, but its child notices that it has another parent. */
function watchParent(lost: () => void): void {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  setInterval(() => process.ppid !== parent && lost(), 500).unref();
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { fresh: { type: 'boolean', default: false } } });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort(new Error('Stopped before everything was running.')));
  }
  watchParent(() => stopping.abort(new Error('npm has ended.')));
  const { POLICY_FILE: policyFile } = process.env;
  const system = await startSystem({
    dataDir: dataDirectory,
    ports: 'preferred',
    fresh: values.fresh,
    external: process.env,
    ...(policyFile && { policyFile }),
    say,
    signal: stopping.signal,
  });
  console.log(summary(system));
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  say('stopping');
  await system.stop();
  say('stopped');
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
