import { type WordingOf, wordOf, yuan } from '../wording';
import { reason } from './words';

const REASON_CODES = {
  service_late: '服务延期或拖延',
  not_as_described: '商品与描述不符',
  provider_unable: '服务商无法提供服务',
  provider_closing: '服务商破产或变更业务',
  provider_unreachable: '无法联系到服务商',
  not_begun: '服务尚未开始',
  other: '其他原因',
  no_requirement_3_months: '付款后三个月内未提交需求',
  buyer_silent_3_months: '服务期间买家三个月未回应',
  requirements_added: '在约定之外增加需求',
  buyer_legal_obstacle: '买家自身的法律障碍',
  resources_spent: '因买家变更已投入资源',
};
const REFUND_ESCALATIONS = { buyer_asked: '买家申请运营介入', no_answer: '期限内无人处理' };
const APPROVERS = { buyer: '买家', provider: '服务商', ops: '运营', system: '系统' };
const REFUND_TURNS = { ops: '有退款等待运营处理。', invoice: '退款须待该订单的发票撤回，或寄出后退回，方可执行。' };

export const refunds: WordingOf<'refund'> = {
  'refund.requested': (p) => ({
    subject: `退款申请：${p('productName')}`,
    body: [`申请退款 ${yuan(p('amountFen'))}，原因：${wordOf(REASON_CODES, p('reasonCode'))}。`, reason(p('reason'))],
  }),
  'refund.offered': (p) => ({
    subject: `服务商提出部分退款：${p('productName')}`,
    body: [`服务商同意退款 ${yuan(p('amountFen'))}。您可以接受、撤回申请，或申请运营介入。`, reason(p('reason'))],
  }),
  'refund.declined': (p) => ({
    subject: `退款申请被拒绝：${p('productName')}`,
    body: ['服务商拒绝了退款申请，订单继续进行。您可以申请运营介入。', reason(p('reason'))],
  }),
  'refund.withdrawn': (p) => ({
    subject: `退款申请已撤回：${p('productName')}`,
    body: ['买家已撤回退款申请，订单从原处继续进行。'],
  }),
  'refund.escalated': (p) => ({
    subject: `退款待运营处理：${p('productName')}`,
    body: [`退款 ${yuan(p('amountFen'))}：${wordOf(REFUND_ESCALATIONS, p('why'))}。`, reason(p('reason'))],
  }),
  'refund.approved': (p) => ({
    subject: `退款已同意：${p('productName')}`,
    body: [`将退款 ${yuan(p('amountFen'))}，同意方：${wordOf(APPROVERS, p('by'))}。`],
  }),
  'refund.rejected': (p) => ({
    subject: `退款未获批准：${p('productName')}`,
    body: ['运营未批准退款，订单从原处继续进行。', reason(p('reason'))],
  }),
  'refund.refunded': (p) => ({
    subject: `已退款：${p('productName')}`,
    body: [`退款 ${yuan(p('amountFen'))} 已原路退回。`],
  }),
  'refund.failed': (p) => ({
    subject: `退款失败：${p('productName')}`,
    body: [`支付渠道未受理退款 ${yuan(p('amountFen'))}，款项未退出，由运营决定后续处理。`, reason(p('reason'))],
  }),
  'refund.reminder': (p) => ({
    subject: `退款待处理：${p('productName')}`,
    body: [wordOf(REFUND_TURNS, p('turn'))],
  }),
};
