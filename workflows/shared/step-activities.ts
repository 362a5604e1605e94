/** How activities run that only read and write our own tables: short, and tried again until they work. */
export const STEP_ACTIVITIES = { startToCloseTimeout: '10 seconds', retry: { maximumInterval: '10 seconds' } } as const;
