import type { HolidayCalendar } from '../../../domain/calendar/working-days';
import type { InvoiceOperation } from '../../../domain/invoices/commands';
import { DAY_MS } from '../../../domain/policies/duration';
import { liveInvoiceOf } from '../../../prisma/store/invoices/invoices';
import { writeInvoiceStep } from '../../../prisma/store/invoices/steps';
import { calendarGrown, catchUp } from '../../../workflows/shared/messages';
import { INVOICE_POLICY, type Invoice, type InvoiceWishes, invoicesOf, paidOrder } from '../../factories/invoices';
import { eventually } from '../../support/eventually';
import { notified, stepsOf } from '../../support/observe';
import { refundsOf } from '../../support/refunds';
import { startWorld, type World } from '../../support/world';

/** Weekdays only, until a year; further on nothing is published. */
function weekdays(to: number): HolidayCalendar {
  const isWorkday = (day: string) => ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
  return { version: `until ${to}`, coveredYears: { from: 2000, to }, isWorkday };
}
let known = weekdays(2100);
const calendar: HolidayCalendar = {
  get version() {
    return known.version;
  },
  get coveredYears() {
    return known.coveredYears;
  },
  isWorkday: (day) => known.isWorkday(day),
};

let world: World;
let invoices: ReturnType<typeof invoicesOf>;
beforeAll(async () => {
  world = await startWorld(undefined, { calendar });
  invoices = invoicesOf(world);
});
beforeEach(() => {
  known = weekdays(2100);
});
afterAll(() => world.stop());

/** An invoice over one order of its own, in full. */
async function asked(wishes: InvoiceWishes = {}): Promise<Invoice & { orderId: string }> {
  const orderId = await paidOrder(world.db);
  return { ...(await invoices.ask({ orderIds: [orderId], ...wishes })), orderId };
}
async function at(...actions: InvoiceOperation[]) {
  const invoice = await asked();
  for (const action of actions) await invoice.act(action);
  return invoice;
}
const MAILED = ['provider.process', 'provider.mail'] as const;
const actionsOf = async ({ id }: Invoice) => (await stepsOf(world.db, id)).map(({ action }) => action);
const notifiedOf = ({ id }: Invoice, event?: string) => notified(world.db, id, event);
const invoicedOf = async (orderId: string) =>
  Number((await world.db.order.findUniqueOrThrow({ where: { id: orderId } })).invoicedFen);

describe('INV-1: from the request to the receipt', () => {
  test('pending, processing, mailed, done: each step notifies the other side, and the run ends when nothing is waited for', async () => {
    const invoice = await asked();
    expect(await invoice.view()).toMatchObject({
      state: 'pending',
      orders: [{ orderId: invoice.orderId, amountFen: 10_000 }],
      deadlines: [{ name: 'issue_reminder' }, { name: 'issue_within', outcome: 'escalated_to_operations' }],
    });
    expect(await invoice.act('provider.process')).toMatchObject({ state: 'processing' });
    expect(await invoice.act('provider.mail')).toMatchObject({
      state: 'mailed',
      mailing: { courier: '顺丰速运', trackingNumber: 'SF1234567890' },
      deadlines: [{ name: 'receipt_reminder' }, { name: 'auto_confirm', outcome: 'done' }],
    });
    expect(await invoice.act('buyer.confirm')).toMatchObject({ state: 'done', deadlines: [] });
    await expect(invoice.outcome()).resolves.toEqual({ outcome: 'done' });
    expect(await actionsOf(invoice)).toEqual(['buyer.request', ...MAILED, 'buyer.confirm']);
    expect(await notifiedOf(invoice)).toEqual([
      'invoice.requested → provider',
      'invoice.processing → buyer',
      'invoice.mailed → buyer',
      'invoice.done → provider',
    ]);
    expect(await invoicedOf(invoice.orderId)).toBe(10_000);
  });

  test.each<[string, InvoiceOperation[], string]>([
    ['withdrawn while it is pending', ['buyer.withdraw'], 'withdrawn'],
    ['void while it is processed', ['provider.process', 'provider.void'], 'void'],
    ['void once it was mailed', [...MAILED, 'provider.void'], 'void'],
    ['returned as both agree', [...MAILED, 'buyer.return', 'provider.return'], 'returned'],
    ['void by operations', [...MAILED, 'buyer.return', 'ops.void'], 'void'],
  ])('RFD-4: %s, its amount can be invoiced anew and blocks no refund', async (_, actions, state) => {
    const invoice = await asked();
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBe(invoice.id);
    for (const action of actions) await invoice.act(action);
    await expect(invoice.outcome()).resolves.toEqual({ outcome: state });
    expect(await invoice.view()).toMatchObject({ state, allowedActions: [], deadlines: [] });
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBeNull();
    expect(await invoicedOf(invoice.orderId)).toBe(0);
    const again = await invoices.ask({ orderIds: [invoice.orderId] });
    expect(await again.view()).toMatchObject({ state: 'pending' });
  });

  test('what is not possible is refused with what is; what has ended takes nothing more', async () => {
    const invoice = await at('provider.process');
    await expect(invoice.act('buyer.withdraw')).rejects.toMatchObject({
      code: 'INVOICE.NOT_ALLOWED',
      extra: { allowedActions: ['provider.mail', 'provider.void', 'ops.void'] },
    });
    await invoice.act('provider.void');
    for (const action of ['ops.void', 'provider.mail', 'buyer.return'] as const) {
      await expect(invoice.act(action)).rejects.toMatchObject({
        code: 'INVOICE.NOT_ALLOWED',
        extra: { allowedActions: [] },
      });
    }
  });

  test('more than is left is refused with what is left, and leaves neither row nor workflow', async () => {
    const orderId = await paidOrder(world.db, { paidFen: 500n });
    const rows = await world.db.invoice.count();
    await expect(invoices.ask({ orderIds: [orderId], amountFen: 501 })).rejects.toMatchObject({
      code: 'INVOICE.AMOUNT_NOT_LEFT',
      detail: expect.stringContaining('500 fen'),
    });
    const foreign = await paidOrder(world.db, { buyerId: 'usr_other' });
    for (const one of [foreign, 'ord_unknown', await paidOrder(world.db, { state: 'refunding' })]) {
      await expect(invoices.ask({ orderIds: [orderId, one], amountFen: 1 })).rejects.toMatchObject({
        code: 'INVOICE.ORDER_NOT_INVOICEABLE',
      });
    }
    expect(await world.db.invoice.count()).toBe(rows);
    expect(await invoicedOf(orderId)).toBe(0);
  });

  test('the same request sent again is the same invoice, whatever was done to it meanwhile', async () => {
    const call = { commandId: 'cmd_invoice_twice', atMs: Date.now() };
    const orderId = await paidOrder(world.db);
    const wishes = { orderIds: [orderId], amountFen: 4_000 };
    const [one, same] = await Promise.all([invoices.ask({ ...wishes, call }), invoices.ask({ ...wishes, call })]);
    await one.act('provider.process');
    const later = await invoices.ask({ ...wishes, call });
    expect([same.id, later.id]).toEqual([one.id, one.id]);
    expect(await invoicedOf(orderId)).toBe(4_000);
    // Its record was forgotten, so that the key makes out another id: it stands for what was done long ago.
    const forgotten = invoices.ask({ ...wishes, call: { ...call, atMs: call.atMs + DAY_MS } });
    await expect(forgotten).rejects.toMatchObject({ code: 'IDEMPOTENCY.KEY_EXPIRED' });
    expect(await invoicedOf(orderId)).toBe(4_000);
    await one.act('provider.void');
  });
});

describe('RFD-4: an invoice that is done can be returned, and blocks refunds until then', () => {
  test('a return begins a run anew, which waits for the other side', async () => {
    const invoice = await at(...MAILED, 'buyer.confirm');
    await invoice.outcome();
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBe(invoice.id);
    expect(await invoice.act('buyer.return')).toMatchObject({
      state: 'done',
      returnProposedBy: 'buyer',
      deadlines: [{ name: 'return_reminder', outcome: 'provider_reminded' }, { name: 'return_within' }],
    });
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBe(invoice.id);
    expect(await invoice.letDaysPass(3.1)).toMatchObject({ deadlines: [{ name: 'return_within' }] });
    expect(await invoice.act('provider.return')).toMatchObject({ state: 'returned', returnProposedBy: null });
    await expect(invoice.outcome()).resolves.toEqual({ outcome: 'returned' });
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBeNull();
    expect(await invoicedOf(invoice.orderId)).toBe(0);
    expect((await actionsOf(invoice)).slice(-3)).toEqual([
      'buyer.return',
      'deadline.return_reminder',
      'provider.return',
    ]);
  });

  test('both propose it at the same moment: it is returned; one command twice counts once', async () => {
    const invoice = await at(...MAILED, 'buyer.confirm');
    await Promise.all([
      invoice.act('buyer.return', { commandId: 'cmd_return_twice' }),
      invoice.act('provider.return'),
      invoice.act('buyer.return', { commandId: 'cmd_return_twice' }),
    ]);
    expect(await invoice.view()).toMatchObject({ state: 'returned' });
    expect((await actionsOf(invoice)).filter((action) => action === 'buyer.return')).toHaveLength(1);
  });

  test('what is not possible there is refused, operations may declare it void', async () => {
    const invoice = await at(...MAILED, 'buyer.confirm');
    await expect(invoice.act('provider.void')).rejects.toMatchObject({
      code: 'INVOICE.NOT_ALLOWED',
      extra: { allowedActions: ['buyer.return', 'provider.return', 'ops.void'] },
    });
    expect(await invoice.act('ops.void')).toMatchObject({ state: 'void', reason: 'note of ops.void' });
    expect(await invoicedOf(invoice.orderId)).toBe(0);
  });
});

describe('RFD-4: a refund that was agreed to waits visibly for the invoice, and is executed as soon as that ends', () => {
  test.each<[string, InvoiceOperation[], InvoiceOperation]>([
    ['withdrawn', [], 'buyer.withdraw'],
    ['void', ['provider.process'], 'provider.void'],
    ['returned', [...MAILED, 'buyer.return'], 'provider.return'],
    ['returned once it was done', [...MAILED, 'buyer.confirm', 'provider.return'], 'buyer.return'],
  ])('%s', async (_, before, ends) => {
    const delivery = await world.paid();
    const { orderId, payableFen } = delivery.terms;
    const invoice = await invoices.ask({ orderIds: [orderId], amountFen: payableFen });
    for (const action of before) await invoice.act(action);
    const refund = await refundsOf(world).request(delivery);
    await refund.act('provider.agree');
    expect(await refund.view()).toMatchObject({ stage: 'executing', waitsFor: ['invoice'] });
    // An hour later it still waits, and would look by itself only much later.
    await world.env.sleep(3_600_000);
    expect(await refund.view()).toMatchObject({ stage: 'executing', waitsFor: ['invoice'] });
    await invoice.act(ends);
    await expect(refund.ended()).resolves.toEqual({ outcome: 'refunded', refundedFen: payableFen });
    expect(await refund.order()).toMatchObject({ state: 'refunded', invoicedFen: 0n });
  });

  test('an order that is being refunded cannot be invoiced, nor what went back of it', async () => {
    const delivery = await world.paid();
    const { orderId, payableFen } = delivery.terms;
    const refund = await refundsOf(world).request(delivery);
    const wanted = { orderIds: [orderId], amountFen: 1 };
    await expect(invoices.ask(wanted)).rejects.toMatchObject({ code: 'INVOICE.ORDER_NOT_INVOICEABLE' });
    await refund.act('buyer.withdraw');
    await refund.ended();
    const invoice = await invoices.ask({ ...wanted, amountFen: payableFen });
    await invoice.act('buyer.withdraw');
  });
});

describe('INV-1, GEN-5: when nobody acts', () => {
  test('10 working days to mail it: a reminder before, operations after, on both sides of the instant; never decided', async () => {
    const invoice = await asked();
    const { dueAt } = await invoice.view();
    const daysTo = async (instantMs: number) => (instantMs - (await world.env.currentTimeMs())) / DAY_MS;
    const dueMs = Date.parse(dueAt);
    const minute = 60_000 / DAY_MS;
    await invoice.letDaysPass((await daysTo(dueMs)) - 3 - minute);
    expect(await notifiedOf(invoice, 'invoice.reminder')).toEqual([]);
    await invoice.letDaysPass(2 * minute);
    expect(await notifiedOf(invoice, 'invoice.reminder')).toEqual(['invoice.reminder → provider']);
    expect(await invoice.letDaysPass((await daysTo(dueMs)) - minute)).toMatchObject({ overdue: false });
    expect(await invoice.letDaysPass(2 * minute)).toMatchObject({ overdue: true, state: 'pending', deadlines: [] });
    expect(await notifiedOf(invoice, 'invoice.overdue')).toEqual([
      'invoice.overdue → buyer',
      'invoice.overdue → provider',
    ]);
    expect(await notifiedOf(invoice, 'invoice.escalated')).toContain('invoice.escalated → ops');
    expect(await invoice.letDaysPass(400)).toMatchObject({ state: 'pending' });
    await invoice.act('provider.process');
    expect(await invoice.act('provider.mail')).toMatchObject({ state: 'mailed', overdue: true });
    await invoice.act('provider.void');
  });

  test('mailed in time, it is never late', async () => {
    const invoice = await at(...MAILED);
    expect(await invoice.letDaysPass(14.9)).toMatchObject({ overdue: false, state: 'mailed' });
    expect(await notifiedOf(invoice, 'invoice.reminder')).toEqual(['invoice.reminder → buyer']);
    expect(await invoice.letDaysPass(0.2)).toMatchObject({ overdue: false, state: 'done' });
    await expect(invoice.outcome()).resolves.toEqual({ outcome: 'done' });
    expect(await notifiedOf(invoice, 'invoice.done')).toEqual(['invoice.done → buyer', 'invoice.done → provider']);
    expect(await liveInvoiceOf(world.db, invoice.orderId)).toBe(invoice.id);
  });

  test('a return that nobody answers reminds, then goes to operations, who decide that the invoice is kept', async () => {
    const invoice = await at(...MAILED, 'provider.return');
    expect(await invoice.letDaysPass(2.9)).toMatchObject({ deadlines: [{ name: 'return_reminder' }, {}] });
    expect(await invoice.letDaysPass(0.2)).toMatchObject({ deadlines: [{ name: 'return_within' }] });
    expect(await notifiedOf(invoice, 'invoice.reminder')).toEqual(['invoice.reminder → buyer']);
    expect(await invoice.letDaysPass(3.8)).toMatchObject({ deadlines: [{}] });
    expect(await notifiedOf(invoice, 'invoice.escalated')).toEqual([]);
    expect(await invoice.letDaysPass(0.2)).toMatchObject({ state: 'mailed', deadlines: [] });
    expect(await notifiedOf(invoice, 'invoice.escalated')).toContain('invoice.escalated → ops');
    expect(await invoice.act('ops.keep')).toMatchObject({ returnProposedBy: null, deadlines: [{}, {}] });
    await invoice.act('provider.void');
  });

  test('GEN-3: an invoice keeps the policy it was asked for under', async () => {
    const invoice = await asked({ policy: { 'invoice.issueWithin': '2 hours' } });
    const { createdAt, dueAt, deadlines } = await invoice.view();
    expect(Date.parse(dueAt) - Date.parse(createdAt)).toBe(2 * 3_600_000);
    expect(deadlines).toMatchObject([{ name: 'issue_within' }]);
    await invoice.act('buyer.withdraw');
  });

  test('GEN-1: a provisional time to mail is computed again when the calendar grows, and before it counts', async () => {
    known = weekdays(2020);
    const invoice = await asked({ policy: { 'invoice.issueWithin': '3 working days' } });
    const before = await invoice.view();
    expect(before.dueProvisional).toBe(true);
    const dayAfter = (n: number) =>
      new Date(Date.parse(before.createdAt) + 8 * 3_600_000 + n * DAY_MS).toISOString().slice(0, 10);
    const off = [1, 2, 3, 4, 5, 6, 7].map(dayAfter);
    const plain = weekdays(2100);
    known = { ...plain, version: 'published', isWorkday: (day) => !off.includes(day) && plain.isWorkday(day) };
    await invoice.workflow.signal(calendarGrown);
    const later = await eventually(async () => {
      const view = await invoice.view();
      expect(view.dueProvisional).toBe(false);
      return view;
    });
    expect(Date.parse(later.dueAt)).toBe(Date.parse(before.dueAt) + 7 * DAY_MS);
    expect(await invoice.letDaysPass((Date.parse(before.dueAt) - Date.parse(before.createdAt)) / DAY_MS)).toMatchObject(
      {
        overdue: false,
      },
    );
    await invoice.act('buyer.withdraw');
  });
});

describe('AUD-1: a step that is stored wins over what the workflow believes', () => {
  test('a withdrawal of which no history heard is not overtaken by the provider; signalled to catch up, the run ends', async () => {
    const invoice = await asked();
    const { state, sequence } = await invoice.state();
    const step = {
      ...{ subject: { invoiceId: invoice.id, buyerId: 'usr_demo', providerId: 'prv_demo' }, sequence: sequence + 1 },
      ...{ commandId: 'cmd_withdrawn_unheard', action: 'buyer.withdraw', actorRole: 'buyer' as const },
      ...{ actorId: 'usr_demo', note: '', notices: [], atMs: Date.now(), requestId: 'req', sourceIp: '127.0.0.1' },
      state: { ...state, stage: 'withdrawn' as const },
    };
    const request = { policy: INVOICE_POLICY, orderIds: null, sealed: '' };
    expect(await writeInvoiceStep(world.db, step, request, 'run_dead')).toBeNull();
    await expect(invoice.act('provider.process')).rejects.toMatchObject({ code: 'INVOICE.NOT_ALLOWED' });
    await invoice.workflow.signal(catchUp).catch(() => undefined);
    await expect(invoice.outcome()).resolves.toEqual({ outcome: 'withdrawn' });
    expect(await actionsOf(invoice)).toEqual(['buyer.request', 'buyer.withdraw']);
    expect(await invoicedOf(invoice.orderId)).toBe(0);
  });

  test('withdrawal and processing at the same time: exactly one of twenty is done', async () => {
    const invoice = await asked();
    const actions = ['buyer.withdraw', 'provider.process'] as const;
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => invoice.act(actions[n % 2] ?? 'buyer.withdraw')),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await actionsOf(invoice)).toHaveLength(2);
    if ((await invoice.view()).state === 'processing') await invoice.act('provider.void');
  });
});
