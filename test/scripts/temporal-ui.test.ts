import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../../scripts/parts/ports';
import { startTemporal, type Temporal } from '../../scripts/parts/temporal';

const ENDPOINT = 'http://127.0.0.1:9/a-path-that-nobody-guesses';
let folder = '';
let temporal: Temporal;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'temporal-ui-'));
  const logFile = path.join(folder, 'temporal.log');
  temporal = await startTemporal({ logFile, uiPort: await freePort(), uiCodecEndpoint: ENDPOINT });
});
afterAll(async () => {
  await temporal.stop();
  rmSync(folder, { recursive: true });
});

describe('the Temporal server that npm start brings up', () => {
  test('nothing of its codec endpoint stands on its command line, which everybody on the machine may read', () => {
    const commandLine = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(temporal.pid)]).toString();
    expect(commandLine).toContain('start-dev');
    expect(commandLine).not.toContain('a-path-that-nobody-guesses');
  });

  test('its UI knows the endpoint all the same, from a file that only its owner reads', async () => {
    const settings = await fetch(`${temporal.uiUrl}/api/v1/settings`);
    expect(await settings.json()).toMatchObject({ Codec: { Endpoint: ENDPOINT } });
    expect(statSync(path.join(folder, 'temporal-cli.yaml')).mode & 0o777).toBe(0o600);
  });
});
