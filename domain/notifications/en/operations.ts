import { shanghaiTime, type WordingOf } from '../wording';

export const operations: WordingOf<'operations'> = {
  'operations.inconsistent': (p) => ({
    subject: `Stored records contradict each other: ${p('objectId')}`,
    body: [
      `What is stored of ${p('objectId')} contradicts the next step of its workflow, which has stopped. The log of the worker says what was found; the step is tried again every hour, and with every command, until the records are repaired.`,
    ],
  }),
  'operations.payments_waiting': (p) => ({
    subject: `Payments wait to be handled: ${p('objectId')}`,
    body: [
      `${p('count')} reported payments have not been handed to their orders; the oldest, for ${p('objectId')}, was received at ${shanghaiTime(p('receivedAt'))}. They are being retried. Please check that the workers and Temporal are running, and read the log of the worker.`,
    ],
  }),
  'operations.books_differ': (p) => ({
    subject: `The books differ: ${p('objectId')}`,
    body: [
      `The reconciliation of ${p('objectId')} has found ${p('count')} new differences. Please resolve each of them.`,
    ],
  }),
};
