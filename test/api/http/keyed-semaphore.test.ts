import { keyedSemaphore } from '../../../api/http/keyed-semaphore';

const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));

/** Work that ends when the test lets it. */
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

test('at most n pieces of work of one key run at a time; those that wait go on in their order', async () => {
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

test('work that waits longer than its limit is given up, and takes no permit from the others', async () => {
  const withPermit = keyedSemaphore(1);
  const [slow, late, next] = [job(), job(), job()];
  const running = withPermit('a', 1_000, slow.work);
  const givesUp = withPermit('a', 10, late.work);
  const waits = withPermit('a', 1_000, next.work);
  expect(await givesUp).toBe('timed out');
  slow.finish();
  await running;
  await tick();
  expect([late.begun(), next.begun()]).toEqual([false, true]);
  next.finish();
  expect(await waits).toBe('done');
});

test('work that fails makes room as well', async () => {
  const withPermit = keyedSemaphore(1);
  const failing = withPermit('a', 1_000, () => Promise.reject(new Error('broken')));
  const next = withPermit('a', 1_000, async () => 'done');
  await expect(failing).rejects.toThrow('broken');
  expect(await next).toBe('done');
});
