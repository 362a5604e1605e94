import type { Deadline } from '../calendar/working-days';

/** States of an invoice that is asked for (INV-1): 待处理 → 处理中 → 邮寄中 → done, returned or void 作废; or withdrawn. */
export const INVOICE_STAGES = ['pending', 'processing', 'mailed', 'done', 'returned', 'void', 'withdrawn'] as const;
export type InvoiceStage = (typeof INVOICE_STAGES)[number];

/** An invoice in one of these counts as invoiced, and blocks the refunds of its orders (RFD-4): `done` is an invoice, too. */
export const LIVE_STAGES = ['pending', 'processing', 'mailed', 'done'] as const satisfies readonly InvoiceStage[];

/** The parties of an invoice. */
export const PARTIES = ['buyer', 'provider'] as const;
export type Party = (typeof PARTIES)[number];

/** What passes by itself (GEN-4). */
export const INVOICE_DEADLINES = [
  'issue_reminder',
  'issue_within',
  'receipt_reminder',
  'auto_confirm',
  'return_reminder',
  'return_within',
] as const;
export type InvoiceDeadlineName = (typeof INVOICE_DEADLINES)[number];

/** How an invoice was mailed. */
export type Mailing = { courier: string; trackingNumber: string; atMs: number };

/** Everything the rules look at: one plain JSON object, kept by the workflow and stored with every step; no personal data. */
export type InvoiceState = {
  stage: InvoiceStage;
  amountFen: number;
  /** Since when what is waited for is waited for, epoch ms: the mailing, the receipt, or the other's word on a return. */
  waitingSinceMs: number;
  /** The deadlines of this wait that have passed. */
  passed: InvoiceDeadlineName[];
  /** By when it should be mailed; filled in by the activity that records the request (GEN-1). */
  due: Deadline | null;
  /** It was not mailed in time: recorded, and never undone. */
  overdue: boolean;
  mailing: Mailing | null;
  /** Who wants to have it returned, while the other side has not agreed; null where nobody does. */
  returnProposedBy: Party | null;
  /** Why it is void; null where it is not. */
  reason: string | null;
};

/** An invoice as it is when a buyer has just asked for it. */
export const newInvoice = (amountFen: number, nowMs: number): InvoiceState => ({
  stage: 'pending',
  amountFen,
  waitingSinceMs: nowMs,
  passed: [],
  due: null,
  overdue: false,
  mailing: null,
  returnProposedBy: null,
  reason: null,
});

/** Whether it counts as invoiced, and blocks refunds (RFD-4). */
export const isLive = ({ stage }: Pick<InvoiceState, 'stage'>): boolean => LIVE_STAGES.some((live) => live === stage);

/** Whether nothing is waited for: it has ended, or the buyer has it. Only a return or operations can change the latter. */
export const isAtRest = ({ stage, returnProposedBy }: Pick<InvoiceState, 'stage' | 'returnProposedBy'>): boolean =>
  !isLive({ stage }) || (stage === 'done' && returnProposedBy === null);
