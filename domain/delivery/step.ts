import type { Notice } from '../messages/notice';
import type { Role } from './commands';
import type { DeliveryState, Ruling } from './state';

/**
 * One step of a delivery, written in one transaction: the audit row, the new state, the order it
 * owns, the appeal, the use of attachments, and the outbox. Keyed by (deliveryId, sequence).
 */
export type DeliveryStep = {
  deliveryId: string;
  sequence: number;
  commandId: string;
  action: string;
  actorRole: Role;
  actorId: string;
  requestId: string | null;
  sourceIp: string | null;
  note: string;
  attachmentIds: string[];
  appealId: string | null;
  ruling: Ruling | null;
  state: DeliveryState;
  notices: Notice[];
  atMs: number;
};

/** The step that the table holds at a sequence. */
export type StoredStep = { sequence: number; commandId: string; state: DeliveryState };
