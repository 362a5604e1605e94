import { keyedSemaphore } from '../../../api/http/keyed-semaphore';

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
  const withPermit = keyedSemaphore(2);
  const jobs = [job(), job(), job(), job()];
  const running = jobs.map(({ work }) => withPermit('a', 1_000, work));
  const begun = () => jobs.map((one) => one.begun());
  expect(begun()).toEqual([true, true, false, false]);
  jobs[1]?.finish();
  await tick();
  expect(begun()).toEqual([true, true, true, false]);
  for (const { finish } of jobs) finish();
  expect(await Promise.all(running)).toEqual(['done', 'done', 'done', 'done']);
});

test('keys do not wait for each other', async () => {
  const withPermit = keyedSemaphore(1);
  const [one, two] = [job(), job()];
  const running = [withPermit('a', 1_000, one.work), withPermit('b', 1_000, two.work)];
  expect([one.begun(), two.begun()]).toEqual([true, true]);
  one.finish();
  two.finish();
  await Promise.all(running);
});

test('who waits too long gives up, and takes nobody’s turn', async () => {
  const withPermit = keyedSemaphore(1);
  const [slow, timed_out, patient] = [job(), job(), job()];
  const running = withPermit('a', 1_000, slow.work);
  const givesUp = withPermit('a', 10, timed_out.work);
  const waits = withPermit('a', 1_000, patient.work);
  expect(await givesUp).toBe('timed_out');
  slow.finish();
  await running;
  await tick();
  expect([timed_out.begun(), patient.begun()]).toEqual([false, true]);
  patient.finish();
  expect(await waits).toBe('done');
});

test('work that fails makes room as well', async () => {
  const withPermit = keyedSemaphore(1);
  const failing = withPermit('a', 1_000, () => Promise.reject(new Error('broken')));
  const next = withPermit('a', 1_000, async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('done');
});
