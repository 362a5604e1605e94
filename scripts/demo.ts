import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { playDelivery } from './demo/delivery-story';
import { playMoney } from './demo/money-story';
import { startSystem } from './parts/system';

/**
 * `npm run demo`: a system of its own with policies of seconds instead of days, and two stories on
 * it. Money: a coupon, a price change, a payment too many, a refund of a part, the trial balance. A delivery: a product that
 * changes under review, three rejected acceptances, an appeal, the freeze that refuses both sides, the ruling, and the
 * acceptance because nobody acts. On a terminal it stays up until Ctrl-C, so that the Temporal UI can be read.
 */
const POLICIES = {
  'delivery.autoAcceptAfter': '6 seconds',
  'delivery.acceptanceReminders': ['4 seconds', '2 seconds'],
  'delivery.providerStall': '1 minutes',
  'delivery.appealTarget': '30 seconds',
};

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { exit: { type: 'boolean', default: !process.stdout.isTTY } } });
  const dataDir = mkdtempSync(path.join(tmpdir(), 'marketplace-demo-'));
  const policyFile = path.join(dataDir, 'policies.json');
  writeFileSync(policyFile, JSON.stringify(POLICIES, null, 2));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const system = await startSystem({ dataDir, ports: 'free', policyFile, signal: stopping.signal });
  try {
    await playMoney(system);
    const delivery = await playDelivery(system);
    console.log(`\nTimeline of ${delivery.id} (${delivery.outcome}):`);
    for (const { at, actor, action, note } of delivery.timeline) {
      console.log(`  ${at}  ${actor.padEnd(8)} ${action.padEnd(32)} ${note ?? ''}`);
    }
    const workflowId = encodeURIComponent(`delivery/${delivery.id}`);
    console.log(`\nTemporal UI: ${system.endpoints.temporalUiUrl}/namespaces/default/workflows/${workflowId}`);
    console.log(`Mail inbox:  ${system.endpoints.mailUrl}`);
    console.log(`SMS inbox:   ${system.endpoints.smsUrl}`);
    if (values.exit) return;
    console.log('\nCtrl-C stops it.');
    if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  } finally {
    await system.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
