import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';

const { nothing } = proxyLocalActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '10 seconds' });

export const floorUpdate = defineUpdate<number, [boolean]>('floor');

/**
 * F2 and F3: the least that a workflow of `updates` updates, one empty local activity each, and one timer can be.
 * @param shows whether each update also upserts two search attributes, as a change of stage does
 */
export async function floor(updates: number, shows = false): Promise<number> {
  let done = 0;
  setHandler(
    floorUpdate,
    async () => {
      await nothing();
      done += 1;
      if (shows) upsertSearchAttributes({ Stage: [`stage ${done}`], DueAt: [new Date()] });
      return done;
    },
    {
      validator: (refuse) => {
        if (refuse) throw ApplicationFailure.nonRetryable('refused', 'FLOOR.REFUSED');
      },
    },
  );
  const timer = new CancellationScope();
  timer.run(() => sleep('30 days')).catch(() => undefined);
  await condition(() => done >= updates);
  return done;
}
