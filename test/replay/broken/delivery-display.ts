/** In place of the process's display: one that shows nothing, a command less for each step. */
export const describeDelivery = () => '';
export const searchAttributesOf = () => [];
export const initialSearchAttributes = () => [];
