import { labelled, shanghaiTime, type WordingOf, wordOf, yuan } from '../wording';
import { reason } from './words';

const ORDER_STATES = {
  awaiting_start: '待服务商开始实施',
  implementing: '待服务商完成实施',
  awaiting_confirmation: '待买家确认完成',
};
const ORDER_COMPLETIONS = {
  confirmed: '买家已确认完成。',
  auto_confirmed: '买家未在期限内确认，系统已自动确认。',
  implemented: '服务商已实施完成，该商品无需确认。',
  delivered: '所购商品现在即可使用，使用方式见订单详情。',
};
const REFUND_REASONS = {
  delivery_cancelled: '交付已取消',
  order_cancelled: '服务商未在期限内开始实施',
  not_delivered: '所购内容已无法交付',
  order_closed: '订单已关闭',
  already_paid: '订单已支付过',
  wrong_channel: '支付渠道与订单不符',
  wrong_amount: '支付金额与订单不符',
  old_price: '按改价前的价格支付',
  unknown_order: '订单不存在',
  refund_request: '退款申请',
};

export const orders: WordingOf<'order' | 'coupon' | 'instance'> = {
  'order.paid': (p) => ({
    subject: `订单已支付：${p('productName')}`,
    body: ['订单已支付，服务即将开始交付。'],
  }),
  'order.closed_unpaid': (p) => ({
    subject: `订单已关闭：${p('productName')}`,
    body: ['订单未在期限内支付，已自动关闭。如仍需要，请重新下单。'],
  }),
  'order.price_changed': (p) => ({
    subject: `订单已改价：${p('productName')}`,
    body: [
      `服务商修改了订单价格，现应支付 ${yuan(p('payableFen'))}。按原价支付的款项将原路退回。`,
      labelled('服务商说明：', p('reason')),
    ],
  }),
  'order.requirement_stated': (p) => ({
    subject: `订单需求已提交：${p('productName')}`,
    body: ['买家已提交需求，请与买家沟通，并在准备好后开始实施。'],
  }),
  'order.started': (p) => ({
    subject: `服务商已开始实施：${p('productName')}`,
    body: ['服务商已开始实施您的订单。'],
  }),
  'order.done': (p) => ({
    subject: `请确认完成：${p('productName')}`,
    body: ['服务商已实施完成，请查看订单详情并确认。'],
  }),
  'order.completed': (p) => ({
    subject: `订单已完成：${p('productName')}`,
    body: ['订单已完成。', wordOf(ORDER_COMPLETIONS, p('outcome'))],
  }),
  'order.cancelled': (p) => ({
    subject: `订单已取消：${p('productName')}`,
    body: ['服务商未在期限内开始实施，订单已取消并全额退款。'],
  }),
  'order.not_delivered': (p) => ({
    subject: `订单无法交付：${p('productName')}`,
    body: ['所购内容已无法交付，订单已取消，已支付的款项将原路退回。'],
  }),
  'order.reminder': (p) => ({
    subject: `订单提醒：${p('productName')}`,
    body: [
      labelled('订单等待中：', wordOf(ORDER_STATES, p('state'))),
      labelled('截止时间（北京时间）：', shanghaiTime(p('dueAt'))),
    ],
  }),
  'order.escalated': (p) => ({
    subject: `订单需要运营介入：${p('productName')}`,
    body: ['服务商长期未完成订单的实施，请联系双方。'],
  }),
  'order.refunded': (p) => ({
    subject: `订单已退款：${p('productName')}`,
    body: [`退款 ${yuan(p('amountFen'))} 已原路退回。`],
  }),
  'order.refund_waits': (p) => ({
    subject: `退款待处理发票：${p('productName')}`,
    body: [`订单发票撤回、作废或退回后，${yuan(p('amountFen'))}将自动退回。`, labelled('发票：', p('invoiceId'))],
  }),
  'order.payment_returned': (p) => ({
    subject: `支付款项已退回：${p('productName')}`,
    body: [`收到的 ${yuan(p('amountFen'))} 未能计入订单，已原路退回。`, reason(wordOf(REFUND_REASONS, p('reason')))],
  }),
  'order.refund_refused': (p) => ({
    subject: `退款无应退记录：${p('productName')}`,
    body: [
      `系统中没有退款 ${yuan(p('amountFen'))} 的应退记录，款项未退出，订单等待处理，请运营核实。`,
      labelled('退款原因：', wordOf(REFUND_REASONS, p('reason'))),
    ],
  }),
  'order.refund_stuck': (p) => ({
    subject: `退款未能完成：${p('productName')}`,
    body: [
      `支付渠道一直未受理退款 ${yuan(p('amountFen'))}，系统仍在重试，请运营核实。`,
      labelled('退款原因：', wordOf(REFUND_REASONS, p('reason'))),
    ],
  }),
  'instance.created': (p) => ({
    subject: `实例已开通：${p('productName')}`,
    body: [
      '实例已开通，可在实例详情中查看登录地址。',
      labelled('实例：', p('instanceId')),
      labelled('到期时间：', shanghaiTime(p('expiresAt'))),
    ],
  }),
  'instance.renewed': (p) => ({
    subject: `实例到期时间已变更：${p('productName')}`,
    body: [labelled('实例：', p('instanceId')), labelled('新的到期时间：', shanghaiTime(p('expiresAt')))],
  }),
  'instance.changed': (p) => ({
    subject: `实例规格已变更：${p('productName')}`,
    body: [labelled('实例：', p('instanceId')), labelled('到期时间：', shanghaiTime(p('expiresAt')))],
  }),
  'instance.expired': (p) => ({
    subject: `实例已到期：${p('productName')}`,
    body: ['实例已到期。如需继续使用，请及时续费；逾期未续费，实例将被销毁。', labelled('实例：', p('instanceId'))],
  }),
  'instance.destroyed': (p) => ({
    subject: `实例已销毁：${p('productName')}`,
    body: ['实例已销毁，其中的数据无法恢复。', labelled('实例：', p('instanceId'))],
  }),
  'instance.delayed': (p) => ({
    subject: `实例接口长时间未成功响应：${p('productName')}`,
    body: [
      '服务商的接口长时间没有给出有效结果，系统会继续重试。',
      labelled('接口：', p('call')),
      labelled('实例：', p('instanceId')),
    ],
  }),
  'coupon.claimed_out': (p) => ({
    subject: `优惠券已领完：${p('title')}`,
    body: ['该优惠券已全部领完。已领取的在有效期内仍可使用。'],
  }),
};
