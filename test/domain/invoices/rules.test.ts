import { INVOICE_OPERATIONS, type InvoiceOperation } from '../../../domain/invoices/commands';
import { type InvoiceDeadline, invoiceDeadlines, nextInvoiceDeadline } from '../../../domain/invoices/deadlines';
import { allowedInvoiceActions, isLegal } from '../../../domain/invoices/rules';
import {
  INVOICE_DEADLINES,
  INVOICE_STAGES,
  type InvoiceStage,
  type InvoiceState,
  isAtRest,
  isLive,
  type Party,
} from '../../../domain/invoices/state';
import { applyInvoiceCommand, passInvoiceDeadline, requested } from '../../../domain/invoices/transitions';
import { DAY_MS } from '../../../domain/policies/duration';
import { asOf, type DeadlineRules } from '../../../domain/shared/deadlines';
import { INVOICE_POLICY, invoiceAt, invoiceCommand } from '../../factories/invoices';

const T0 = Date.UTC(2026, 2, 2, 9);
const SUBJECT = { invoiceId: 'inv_1', buyerId: 'usr_demo', providerId: 'prv_demo' };
const DUE = { atMs: T0 + 14 * DAY_MS, calendarVersion: 'test', provisional: false };
const at = (stage: InvoiceStage, facts: Partial<InvoiceState> = {}) => invoiceAt(stage, T0, { due: DUE, ...facts });
const acted = (state: InvoiceState, action: InvoiceOperation, nowMs = T0 + 500) =>
  applyInvoiceCommand(SUBJECT, state, invoiceCommand(action), nowMs);
const RULES: DeadlineRules<InvoiceState, InvoiceDeadline> = {
  nextDeadline: (state) => nextInvoiceDeadline(state, INVOICE_POLICY),
  passDeadline: (state, due, nowMs) => passInvoiceDeadline(SUBJECT, state, due, nowMs),
};
const toOf = ({ notices }: ReturnType<typeof acted>) => notices.map(({ event, to }) => `${event} → ${to.join()}`);

describe('INV-1, RFD-4: each operation is possible at its stages', () => {
  test.each<[InvoiceStage, Party | null, InvoiceOperation[]]>([
    ['pending', null, ['buyer.withdraw', 'provider.process', 'provider.void', 'ops.void']],
    ['processing', null, ['provider.mail', 'provider.void', 'ops.void']],
    ['mailed', null, ['buyer.confirm', 'buyer.return', 'provider.return', 'provider.void', 'ops.void']],
    ['mailed', 'buyer', ['buyer.confirm', 'provider.return', 'provider.void', 'ops.void', 'ops.keep']],
    ['mailed', 'provider', ['buyer.confirm', 'buyer.return', 'provider.void', 'ops.void', 'ops.keep']],
    ['done', null, ['buyer.return', 'provider.return', 'ops.void']],
    ['done', 'buyer', ['buyer.confirm', 'provider.return', 'ops.void', 'ops.keep']],
    ['done', 'provider', ['buyer.confirm', 'buyer.return', 'ops.void', 'ops.keep']],
    ['returned', null, []],
    ['void', null, []],
    ['withdrawn', null, []],
  ])('%s, return proposed by %s: %j', (stage, returnProposedBy, operations) => {
    expect(allowedInvoiceActions(at(stage, { returnProposedBy }))).toEqual(operations);
  });

  test('every stage is reached from a request, every deadline passes on some way, and every live stage has a way to end', () => {
    const key = ({ stage, returnProposedBy, passed }: InvoiceState) => [stage, returnProposedBy, ...passed].join();
    const first: InvoiceState = { ...requested(SUBJECT, 10_000, T0).state, due: DUE };
    const states = new Map([[key(first), first]]);
    const leadsTo = new Map<string, string[]>();
    const passes = new Set<string>();
    for (const [from, state] of states) {
      const due = nextInvoiceDeadline(state, INVOICE_POLICY);
      if (due !== undefined) passes.add(due.name);
      const next = [
        ...allowedInvoiceActions(state).map((action) => acted(state, action).state),
        ...(due === undefined ? [] : [passInvoiceDeadline(SUBJECT, state, due, due.atMs).state]),
      ];
      leadsTo.set(from, next.map(key));
      for (const reached of next) if (!states.has(key(reached))) states.set(key(reached), reached);
    }
    expect(new Set([...states.values()].map(({ stage }) => stage))).toEqual(new Set(INVOICE_STAGES));
    expect(passes).toEqual(new Set(INVOICE_DEADLINES));
    const ends = new Set([...states].filter(([, state]) => !isLive(state)).map(([from]) => from));
    for (let grown = true; grown; ) {
      const found = [...leadsTo].filter(([from, to]) => !ends.has(from) && to.some((reached) => ends.has(reached)));
      for (const [from] of found) ends.add(from);
      grown = found.length > 0;
    }
    expect(ends.size).toBe(states.size);
  });

  test('every operation is possible somewhere, and none once it has ended', () => {
    const proposals = [null, 'buyer', 'provider'] as const;
    const everywhere = INVOICE_STAGES.flatMap((stage) =>
      proposals.flatMap((returnProposedBy) => allowedInvoiceActions(at(stage, { returnProposedBy }))),
    );
    expect(new Set(everywhere)).toEqual(new Set(INVOICE_OPERATIONS));
    for (const stage of INVOICE_STAGES.filter((ended) => !isLive({ stage: ended }))) {
      for (const operation of INVOICE_OPERATIONS) expect(isLegal(at(stage), operation)).toBe(false);
    }
  });
});

describe('RFD-4: a return takes the word of both', () => {
  test.each<[InvoiceOperation, InvoiceOperation]>([
    ['buyer.return', 'provider.return'],
    ['provider.return', 'buyer.return'],
  ])('%s proposes it, %s agrees', (proposes, agrees) => {
    for (const stage of ['mailed', 'done'] as const) {
      const proposed = acted(at(stage), proposes);
      const asked = agrees === 'buyer.return' ? 'buyer' : 'provider';
      expect(toOf(proposed)).toEqual([`invoice.return_proposed → ${asked}`]);
      expect(proposed.state).toMatchObject({ stage, passed: [], waitingSinceMs: T0 + 500 });
      expect(isAtRest(proposed.state)).toBe(false);
      const agreed = acted(proposed.state, agrees);
      expect(toOf(agreed)).toEqual(['invoice.returned → buyer,provider']);
      expect(agreed.state).toMatchObject({ stage: 'returned', returnProposedBy: null });
    }
  });

  test('the buyer who confirms the receipt declines it; operations may decide that the invoice is kept', () => {
    const proposed = at('mailed', { returnProposedBy: 'provider' });
    const confirmed = acted(proposed, 'buyer.confirm');
    expect(confirmed.state).toMatchObject({ stage: 'done', returnProposedBy: null });
    expect(toOf(confirmed)).toEqual(['invoice.done → provider', 'invoice.return_declined → provider']);
    const kept = acted({ ...proposed, passed: ['return_reminder'] }, 'ops.keep', T0 + 30 * DAY_MS);
    expect(kept.state).toMatchObject({ stage: 'mailed', returnProposedBy: null, passed: [] });
    expect(nextInvoiceDeadline(kept.state, INVOICE_POLICY)?.atMs).toBe(T0 + 37 * DAY_MS);
  });
});

describe('INV-1, GEN-4, GEN-5: what passes by itself', () => {
  test.each<[string, InvoiceState, [string, number, string][]]>([
    [
      'until it is mailed',
      at('pending'),
      [
        ['issue_reminder', 11, 'provider_reminded'],
        ['issue_within', 14, 'escalated_to_operations'],
      ],
    ],
    [
      'while it is processed, the same time runs on',
      at('processing', { passed: ['issue_reminder'] }),
      [['issue_within', 14, 'escalated_to_operations']],
    ],
    [
      'until the receipt',
      at('mailed'),
      [
        ['receipt_reminder', 7, 'buyer_reminded'],
        ['auto_confirm', 15, 'done'],
      ],
    ],
    [
      'a return that waits for the provider',
      at('done', { returnProposedBy: 'buyer' }),
      [
        ['return_reminder', 3, 'provider_reminded'],
        ['return_within', 7, 'escalated_to_operations'],
      ],
    ],
    [
      'a return that waits for the buyer',
      at('mailed', { returnProposedBy: 'provider' }),
      [
        ['return_reminder', 3, 'buyer_reminded'],
        ['return_within', 7, 'escalated_to_operations'],
      ],
    ],
    ['done', at('done'), []],
    ['void', at('void'), []],
  ])('%s', (_, state, expected) => {
    const found = invoiceDeadlines(state, INVOICE_POLICY);
    expect(found.map(({ name, atMs, outcome }) => [name, (atMs - T0) / DAY_MS, outcome])).toEqual(expected);
  });

  test('each of them passes once, one millisecond before its instant it has not', () => {
    for (const state of [at('pending'), at('mailed'), at('done', { returnProposedBy: 'buyer' })]) {
      for (const { name, atMs } of invoiceDeadlines(state, INVOICE_POLICY)) {
        expect(asOf(state, RULES, atMs - 1).passed).not.toContain(name);
        const passed = asOf(state, RULES, atMs);
        expect(name === 'auto_confirm' ? passed.stage === 'done' : passed.passed.includes(name)).toBe(true);
      }
    }
  });

  test('an invoice that is not mailed in time is overdue and goes to operations; nothing is decided by it', () => {
    const passed = passInvoiceDeadline(SUBJECT, at('processing'), { name: 'issue_within' }, DUE.atMs);
    expect(passed.state).toMatchObject({ stage: 'processing', overdue: true });
    expect(toOf(passed)).toEqual(['invoice.overdue → buyer,provider', 'invoice.escalated → ops']);
    expect(acted(passed.state, 'provider.mail').state).toMatchObject({ stage: 'mailed', overdue: true, passed: [] });
  });

  test('GEN-3: where the time to mail is shorter than the reminder, there is no reminder', () => {
    const due = { ...DUE, atMs: T0 + DAY_MS };
    expect(invoiceDeadlines(at('pending', { due }), INVOICE_POLICY).map(({ name }) => name)).toEqual(['issue_within']);
  });

  test('the receipt is taken for granted after 15 days, and can be returned as before', () => {
    const passed = passInvoiceDeadline(SUBJECT, at('mailed'), { name: 'auto_confirm' }, T0 + 15 * DAY_MS);
    expect(passed.state.stage).toBe('done');
    expect(isLive(passed.state) && isAtRest(passed.state)).toBe(true);
    expect(allowedInvoiceActions(passed.state)).toContain('buyer.return');
  });
});
