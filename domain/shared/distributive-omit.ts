/** Each member of a union without some of its properties; `Omit` alone would keep only what all of them have. */
export type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;
