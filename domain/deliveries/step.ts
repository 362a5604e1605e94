import type { Step, StoredStep as Stored } from '../shared/step';
import type { DeliveryState, Ruling } from './state';

/** What a step of a delivery carries beyond every step: the files, and the appeal that it opens, adds to or resolves. */
export type StepContent = { attachmentIds: string[]; appealId: string | null; ruling: Ruling | null };

/**
 * One step of a delivery, written in one transaction: the audit row, the new state, the order it owns, the appeal, the
 * use of attachments, and the outbox.
 */
export type DeliveryStep = Step<DeliveryState> & StepContent & { deliveryId: string };

/** The step that the table holds at a sequence. */
export type StoredStep = Stored<DeliveryState>;
