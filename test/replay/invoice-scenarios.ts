import { idFrom } from '../../api/http/ids';
import type { HolidayCalendar } from '../../domain/calendar/working-days';
import type { InvoiceOperation } from '../../domain/invoices/commands';
import { calendarGrown } from '../../workflows/shared/messages';
import { type Invoice, type InvoiceWishes, invoicesOf, paidOrder } from '../factories/invoices';
import { eventually } from '../support/eventually';
import { refundsOf } from '../support/refunds';
import type { World } from '../support/world';

type Scenario = (world: World) => Promise<Record<string, string>>;

const MAILED = ['provider.process', 'provider.mail'] as const;

async function asked(world: World, wishes: InvoiceWishes = {}): Promise<Invoice> {
  return invoicesOf(world).ask({ orderIds: [await paidOrder(world.db)], ...wishes });
}

/** An invoice, and what is done to it one after the other until its run ends. */
const acted =
  (...actions: InvoiceOperation[]): Scenario =>
  async (world) => {
    const invoice = await asked(world);
    for (const action of actions) await invoice.act(action);
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  };

/** Recorded in real time, on the server that runs in production. */
export const INVOICES_IN_REAL_TIME: Record<string, Scenario> = {
  'invoice-done': acted(...MAILED, 'buyer.confirm'),
  'invoice-withdrawn': acted('buyer.withdraw'),
  'invoice-returned': acted(...MAILED, 'provider.return', 'buyer.return'),

  async 'invoice-refused'(world) {
    const invoice = await asked(world);
    const rows = await world.db.invoice.count();
    const call = { commandId: 'cmd_invoice_refused', atMs: Date.now() };
    await asked(world, { amountFen: 1_000_000, call }).catch(() => 'the workflow ends at once');
    if ((await world.db.invoice.count()) !== rows) throw new Error('it was not refused');
    await invoice.act('buyer.withdraw');
    return { invoice: `invoice/${idFrom('inv', call.atMs, call.commandId)}` };
  },

  /** Begun anew when it was done: the run continues as new, since the other side's word is waited for. */
  async 'invoice-returned-later'(world) {
    const invoice = await asked(world);
    for (const action of [...MAILED, 'buyer.confirm'] as const) await invoice.act(action);
    await invoice.outcome();
    await invoice.act('buyer.return');
    await invoice.act('provider.return');
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },

  async 'invoice-void-for-refund'(world) {
    const delivery = await world.paid();
    const { orderId, payableFen } = delivery.terms;
    const invoice = await invoicesOf(world).ask({ orderIds: [orderId], amountFen: payableFen });
    const refund = await refundsOf(world).request(delivery);
    await refund.act('provider.agree');
    await invoice.act('provider.void');
    await refund.ended();
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },
};

/** Recorded with skipped time, by a calendar that learns in the middle of `invoice-recomputed`. */
export const invoicesWithSkippedTime = (calendar: HolidayCalendar): Record<string, Scenario> => ({
  async 'invoice-recomputed'(world) {
    Object.assign(calendar, { version: 'ignorant', coveredYears: { from: 2000, to: 2001 }, isWorkday: () => true });
    const invoice = await asked(world);
    Object.assign(calendar, { version: 'grown', coveredYears: { from: 2000, to: 2100 } });
    const firstDay = new Date((await world.env.currentTimeMs()) + 2 * 86_400_000).toISOString();
    calendar.isWorkday = (day) => day > firstDay;
    await invoice.workflow.signal(calendarGrown);
    await eventually(async () => expect((await invoice.view()).dueProvisional).toBe(false));
    await invoice.act('provider.void');
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },

  /** The calendar has learnt meanwhile: when the provisional instant comes, it is not yet the true one. */
  async 'invoice-postponed'(world) {
    Object.assign(calendar, { version: 'ignorant', coveredYears: { from: 2000, to: 2001 }, isWorkday: () => true });
    const invoice = await asked(world);
    const lastHoliday = new Date((await world.env.currentTimeMs()) + 12 * 86_400_000).toISOString();
    Object.assign(calendar, { version: 'grown', coveredYears: { from: 2000, to: 2100 } });
    calendar.isWorkday = (day) => day > lastHoliday;
    await invoice.letDaysPass(40);
    await invoice.act('provider.void');
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },

  async 'invoice-overdue'(world) {
    const invoice = await asked(world);
    await invoice.letDaysPass(40);
    for (const action of MAILED) await invoice.act(action);
    await invoice.letDaysPass(20);
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },

  async 'invoice-return-unanswered'(world) {
    const invoice = await asked(world);
    for (const action of [...MAILED, 'buyer.return'] as const) await invoice.act(action);
    await invoice.letDaysPass(8);
    await invoice.act('ops.keep');
    await invoice.act('ops.void');
    await invoice.outcome();
    return { invoice: invoice.workflowId };
  },
});
