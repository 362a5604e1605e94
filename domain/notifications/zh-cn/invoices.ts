import { labelled, shanghaiTime, type WordingOf, wordOf, yuan } from '../wording';
import { ROLES, reason } from './words';

const INVOICE_OUTCOMES = {
  confirmed: '买家已确认收到发票。',
  auto_confirmed: '买家未在期限内确认，系统视为已收到发票；如未收到，双方仍可退回重开。',
};
const INVOICE_WAITS = {
  issue: '买家申请的发票尚未寄出，请尽快处理。',
  receipt: '发票已寄出，收到后请确认。',
  return: '对方希望退回发票，请答复。',
};
const INVOICE_ESCALATIONS = { not_mailed: '服务商超期未寄出发票', return_unanswered: '退回发票的提议超期未答复' };

export const invoices: WordingOf<'invoice'> = {
  'invoice.requested': (p) => ({
    subject: `新的开票申请：${yuan(p('amountFen'))}`,
    body: ['买家申请开具发票，请处理并邮寄。', labelled('请于此前邮寄（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'invoice.withdrawn': (p) => ({
    subject: `开票申请已撤回：${yuan(p('amountFen'))}`,
    body: ['买家撤回了开票申请，无需再处理。'],
  }),
  'invoice.processing': (p) => ({
    subject: `发票处理中：${yuan(p('amountFen'))}`,
    body: ['服务商已开始处理您的开票申请。'],
  }),
  'invoice.mailed': (p) => ({
    subject: `发票已寄出：${yuan(p('amountFen'))}`,
    body: [
      '服务商已寄出发票，收到后请确认。',
      labelled('快递公司：', p('courier')),
      labelled('运单号：', p('trackingNumber')),
    ],
  }),
  'invoice.done': (p) => ({
    subject: `发票已完成：${yuan(p('amountFen'))}`,
    body: [wordOf(INVOICE_OUTCOMES, p('outcome'))],
  }),
  'invoice.return_proposed': (p) => ({
    subject: `对方希望退回发票：${yuan(p('amountFen'))}`,
    body: [`${wordOf(ROLES, p('by'))}希望退回发票，请同意，或与对方协商。`],
  }),
  'invoice.return_declined': (p) => ({
    subject: `发票不退回：${yuan(p('amountFen'))}`,
    body: ['发票不退回，继续有效。', reason(p('reason'))],
  }),
  'invoice.returned': (p) => ({
    subject: `发票已退回：${yuan(p('amountFen'))}`,
    body: ['双方已同意退回发票，其金额可以重新开票。'],
  }),
  'invoice.void': (p) => ({
    subject: `发票已作废：${yuan(p('amountFen'))}`,
    body: ['发票已作废，其金额可以重新开票。', reason(p('reason'))],
  }),
  'invoice.reminder': (p) => ({
    subject: `发票待办提醒：${yuan(p('amountFen'))}`,
    body: [wordOf(INVOICE_WAITS, p('of')), labelled('截止时间（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'invoice.overdue': (p) => ({
    subject: `发票超期未寄出：${yuan(p('amountFen'))}`,
    body: ['发票未在期限内寄出，运营将跟进。', labelled('应于此前邮寄（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'invoice.escalated': (p) => ({
    subject: `发票需要运营跟进：${yuan(p('amountFen'))}`,
    body: [labelled('原因：', wordOf(INVOICE_ESCALATIONS, p('reason')))],
  }),
};
