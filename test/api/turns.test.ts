import { turns } from '../../api/turns';

const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

/** Work that ends when it is told to. */
function job() {
  let finish = () => {};
  let begun = false;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = async () => {
    begun = true;
    await finished;
    return 'done' as const;
  };
  return { work, finish: () => finish(), begun: () => begun };
}

test('so many of one key at a time; those who wait go on in their order', async () => {
  const inTurn = turns(2);
  const jobs = [job(), job(), job(), job()];
  const running = jobs.map(({ work }) => inTurn('a', 1_000, work));
  const begun = () => jobs.map((one) => one.begun());
  expect(begun()).toEqual([true, true, false, false]);
  jobs[1]?.finish();
  await tick();
  expect(begun()).toEqual([true, true, true, false]);
  for (const { finish } of jobs) finish();
  expect(await Promise.all(running)).toEqual(['done', 'done', 'done', 'done']);
});

test('keys do not wait for each other', async () => {
  const inTurn = turns(1);
  const [one, two] = [job(), job()];
  const running = [inTurn('a', 1_000, one.work), inTurn('b', 1_000, two.work)];
  expect([one.begun(), two.begun()]).toEqual([true, true]);
  one.finish();
  two.finish();
  await Promise.all(running);
});

test('who waits too long gives up, and takes nobody’s turn', async () => {
  const inTurn = turns(1);
  const [slow, impatient, patient] = [job(), job(), job()];
  const running = inTurn('a', 1_000, slow.work);
  const givesUp = inTurn('a', 10, impatient.work);
  const waits = inTurn('a', 1_000, patient.work);
  expect(await givesUp).toBe('impatient');
  slow.finish();
  await running;
  await tick();
  expect([impatient.begun(), patient.begun()]).toEqual([false, true]);
  patient.finish();
  expect(await waits).toBe('done');
});

test('work that fails makes room as well', async () => {
  const inTurn = turns(1);
  const failing = inTurn('a', 1_000, () => Promise.reject(new Error('broken')));
  const next = inTurn('a', 1_000, async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('done');
});
