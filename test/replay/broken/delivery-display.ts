/** In place of the workflow's display: one that shows nothing, a command less for each step. */
export const describeDelivery = () => '';
export const changedAttributes = () => [];
export const initialSearchAttributes = () => [];
