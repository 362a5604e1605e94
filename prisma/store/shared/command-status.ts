/**
 * What the table says of a process: whether it still runs (`absent` also when it is not in the reader's scope), its last
 * step, and whether a command is among its steps.
 */
export type ProcessStatus = { is: 'open' | 'ended' | 'absent'; sequence: number; hasCommand: boolean };
