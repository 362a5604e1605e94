/** Prefixes of the ids of the marketplace's objects; what follows sorts by time. */
export const ID_PREFIXES = {
  order: 'ord',
  delivery: 'dlv',
  appeal: 'apl',
  attachment: 'att',
  payment: 'pay',
  message: 'msg',
  request: 'req',
  command: 'cmd',
} as const;
export type IdPrefix = (typeof ID_PREFIXES)[keyof typeof ID_PREFIXES];
