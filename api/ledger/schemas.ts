import { z } from 'zod';
import { pageOf } from '../http/schemas';

const time = z.iso.datetime({ offset: true });
const side = z.enum(['debit', 'credit']);

const trialBalanceLine = z.object({
  account: z.string().openapi({ description: 'An account, or all providers’ of one kind', example: 'channel:wechat' }),
  side: side.openapi({ description: 'The side on which the balance of such accounts grows' }),
  debitFen: z.int(),
  creditFen: z.int(),
  balanceFen: z.int(),
});
export const trialBalanceSchema = z
  .object({
    at: time,
    lines: z.array(trialBalanceLine),
    debitFen: z.int(),
    creditFen: z.int(),
    balanced: z.boolean(),
  })
  .openapi('TrialBalance');
export type TrialBalanceView = z.infer<typeof trialBalanceSchema>;

const statementLine = z
  .object({
    id: z.string(),
    journalId: z.string(),
    line: z.int(),
    kind: z.string(),
    objectId: z.string(),
    effectiveAt: time.openapi({ description: 'When it happened' }),
    postedAt: time.openapi({ description: 'Since when it is in the books' }),
    debitFen: z.int(),
    creditFen: z.int(),
    clearingKey: z.string().nullable(),
  })
  .openapi('StatementLine');
export const statementSchema = pageOf(statementLine, 'AccountStatement');

export const journalSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    businessKey: z.string().openapi({ description: 'What is posted once under it' }),
    objectId: z.string(),
    effectiveAt: time,
    postedAt: time,
    actor: z.string(),
    runId: z.string().nullable(),
    reversesId: z.string().nullable(),
    reversedById: z.string().nullable(),
    resolvesId: z.string().nullable(),
    cause: z
      .object({
        objectId: z.string(),
        sequence: z.int(),
        commandId: z.string(),
        action: z.string(),
        actor: z.object({ role: z.string(), id: z.string() }),
        at: time,
      })
      .nullable()
      .openapi({ description: 'The step that it was posted with; null for what moved before there was a ledger' }),
    entries: z.array(
      z.object({
        line: z.int(),
        accountId: z.string(),
        debitFen: z.int(),
        creditFen: z.int(),
        clearingKey: z.string().nullable(),
      }),
    ),
  })
  .openapi('Journal');
export type JournalView = z.infer<typeof journalSchema>;
