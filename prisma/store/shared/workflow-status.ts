/**
 * What the table says of an object's workflow: whether it still runs (`absent` also when it is not in the reader's scope), its last
 * step, and whether a command is among its steps.
 */
export type WorkflowStatus = { is: 'open' | 'ended' | 'absent'; sequence: number; hasCommand: boolean };
