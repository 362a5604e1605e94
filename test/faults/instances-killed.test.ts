import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { monthsAfter, shanghaiClock } from '../../domain/calendar/shanghai';
import { freePort } from '../../scripts/parts/ports';
import { instanceInput, saasProduct, startInstance } from '../factories/instances';
import { eventually } from '../support/eventually';
import { dyingAfter } from './support/lost-step';
import { startRecordingProxy } from './support/recording-proxy';
import { type FaultSystem, startSystem } from './support/system';

const TOKEN = 'a-token-of-tests';
const EXAMPLE = path.join(__dirname, '..', '..', 'examples', 'provider', 'server.mjs');
/** As many are created as renewed when the worker dies. */
const EACH = 6;
const LONG_MS = 90_000;

type Instance = Awaited<ReturnType<typeof startInstance>>;

describe('I-3: the worker is killed while a provider’s server makes and renews instances', () => {
  let system: FaultSystem;
  let example: ChildProcess;
  let proxy: Awaited<ReturnType<typeof startRecordingProxy>>;
  beforeAll(async () => {
    const port = await freePort();
    example = spawn(process.execPath, [EXAMPLE], {
      env: { ...process.env, DELIVERY_TOKEN: TOKEN, PORT: String(port) },
    });
    if (example.stdout === null) throw new Error('the example says nothing');
    await once(example.stdout, 'data');
    [system, proxy] = await Promise.all([startSystem(), startRecordingProxy(`http://127.0.0.1:${port}`)]);
    if (example.pid !== undefined) system.note('example', example.pid);
  }, 120_000);
  afterAll(async () => {
    await system.stop();
    await proxy.stop();
    example.kill();
  }, 60_000);

  const settled = (instance: Instance) =>
    eventually(async () => {
      const { stage, state } = await instance.row();
      expect([stage, state]).toEqual(['active', expect.objectContaining({ calls: [] })]);
    }, LONG_MS);

  test('INS-1, INS-3, INS-4: no instance is made twice, no renewal is lost or counted twice', async () => {
    const productId = await saasProduct(system.db, { url: proxy.url, token: TOKEN });
    const start = () => startInstance({ db: system.db, client: system.temporal }, instanceInput(productId));
    const old = await Promise.all(Array.from({ length: EACH }, start));
    await Promise.all(old.map(settled));

    // The provider's side does all that it is asked for; two answers get through, one of each kind.
    const held = proxy.hold(2 * EACH);
    await system.kill('worker');
    await system.start('worker', dyingAfter('instance.createInstance', 'instance.renewInstance'));
    const renewals = old.map((instance) => instance.buys());
    const fresh = await Promise.all(Array.from({ length: EACH }, start));
    await held.full;
    held.letThrough('createInstance', 'renewInstance');
    // It dies when both are stored, and no history knows of them.
    await system.ended('worker');
    held.breakOff();
    await system.start('worker');
    await Promise.all(renewals);
    await Promise.all([...old, ...fresh].map(settled));

    const made = proxy.answers.filter(({ action }) => action === 'createInstance');
    for (const instance of [...old, ...fresh]) {
      const ids = made.filter(({ requestId }) => requestId === `${instance.id}-1`).map(({ answer }) => answer.signId);
      expect([...new Set(ids)]).toEqual([(await instance.row()).signId]);
    }
    // The example counts what it makes.
    expect(new Set(made.map(({ answer }) => answer.signId)).size).toBe(2 * EACH);
    const renewed = proxy.answers.filter(({ action }) => action === 'renewInstance');
    expect(new Set(renewed.map(({ requestId }) => requestId)).size).toBe(EACH);
    // Those whose answers nobody heard were made again, under the id that they had.
    expect(made.length + renewed.length).toBeGreaterThan(3 * EACH);
    for (const instance of old) {
      const { grants } = await instance.state();
      const end = monthsAfter(grants[0]?.fromMs ?? 0, 2);
      expect([grants.length, (await instance.row()).expiresAt?.getTime()]).toEqual([2, end]);
      const told = renewed.filter(({ requestId }) => requestId === `${instance.id}-2`);
      expect(told.map(({ answer, instanceExpireTime }) => [answer.success, instanceExpireTime])).toEqual(
        told.map(() => ['true', shanghaiClock(end)]),
      );
      const steps = await system.db.step.findMany({ where: { objectId: instance.id }, orderBy: { sequence: 'asc' } });
      expect(steps.map(({ action }) => action)).toEqual([
        ...['instance.ordered', 'instance.createInstance', 'instance.purchased', 'instance.renewInstance'],
      ]);
    }
  }, 180_000);
});
