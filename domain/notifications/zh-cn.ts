import { labelled, shanghaiTime, type Wording, wordOf, wordsOf, yuan } from './wording';

const STAGES = {
  awaiting_dispatch: '待运营派单',
  awaiting_requirement: '待买家提交需求',
  awaiting_requirement_confirmation: '待服务商确认需求',
  implementing: '待服务商实施并提交验收',
  awaiting_platform_check: '待运营检查',
  awaiting_acceptance: '待买家验收',
};
const ROLES = { buyer: '买家', provider: '服务商', ops: '运营' };
const GROUNDS = {
  stall: '服务商超时未操作',
  requirement_rejections: '需求多次被驳回',
  acceptance_rejections: '验收多次被驳回',
};
const RULINGS = {
  resume: '从冻结处继续',
  redo_requirement: '重新提交需求',
  redo_implementation: '重新实施',
  accept: '视为验收通过',
  cancel_and_refund: '取消交付并退款',
};
const COMPLETIONS = {
  accepted: '买家已验收通过。',
  auto_accepted: '买家超过期限未操作，系统已自动验收。',
  accepted_by_ruling: '根据运营经理的申诉处理结果，视为验收通过。',
};
const CANCELLATIONS = {
  start_overdue: '服务商未在规定期限内开始实施，系统已取消订单并全额退款。',
  cancelled_and_refunded: '交付已取消，款项将退回买家。',
};
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
const ORDER_STATES = {
  awaiting_start: '待服务商开始实施',
  implementing: '待服务商完成实施',
  awaiting_confirmation: '待买家确认完成',
};
const ORDER_COMPLETIONS = {
  confirmed: '买家已确认完成。',
  auto_confirmed: '买家未在期限内确认，系统已自动确认。',
  delivered: '所购商品现在即可使用，使用方式见订单详情。',
};
const REFUND_REASONS = {
  delivery_cancelled: '交付已取消',
  order_cancelled: '服务商未在期限内开始实施',
  order_closed: '订单已关闭',
  already_paid: '订单已支付过',
  wrong_channel: '支付渠道与订单不符',
  wrong_amount: '支付金额与订单不符',
  old_price: '按改价前的价格支付',
  unknown_order: '订单不存在',
  refund_request: '退款申请',
};
const ESCALATIONS = {
  requirement_missing: '买家长期未提交需求',
  implementing_overdue: '服务商长期未完成实施',
  appeal_overdue: '申诉超过目标期限未处理',
};
const OPERATIONS = {
  publish: '发布',
  modify: '修改',
  delist: '下架',
  relist: '上架',
  upgrade: '升级认证',
  downgrade: '降级集市',
  exit: '退市',
  payee: '收款信息变更',
  licence_number: '营业执照号变更',
};

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

const reason = (text: string) => labelled('原因：', text);

/** 简体中文 */
export const zhCn: Wording = {
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
  'operations.inconsistent': (p) => ({
    subject: `存储记录不一致：${p('objectId')}`,
    body: [
      `${p('objectId')} 的存储记录与其流程的下一步不一致，流程已停止。详情见 worker 日志；记录修复之前，每小时以及每次操作时会重试。`,
    ],
  }),
  'operations.payments_waiting': (p) => ({
    subject: `支付回调积压：${p('objectId')}`,
    body: [
      `有 ${p('count')} 笔已上报的支付尚未交给订单处理，其中最早的一笔（${p('objectId')}）接收于 ${shanghaiTime(p('receivedAt'))}。系统仍在重试，请检查 worker 与 Temporal 是否运行，并查看 worker 日志。`,
    ],
  }),
  'operations.books_differ': (p) => ({
    subject: `对账差异：${p('objectId')}`,
    body: [`${p('objectId')} 的对账发现 ${p('count')} 笔新差异，请在运营后台逐笔处理。`],
  }),
  'delivery.started': (p) => ({
    subject: `交付已开始：${p('productName')}`,
    body: ['订单已支付，交付已开始。普通商品请买家提交需求；自营商品请运营派单。'],
  }),
  'delivery.dispatched': (p) => ({
    subject: `交付已派单：${p('productName')}`,
    body: ['运营已将交付派给服务商，请买家提交需求。'],
  }),
  'delivery.requirement_submitted': (p) => ({
    subject: `买家已提交需求：${p('productName')}`,
    body: ['买家已提交需求，请服务商查看并确认，或说明原因驳回需求。'],
  }),
  'delivery.requirement_edited': (p) => ({
    subject: `买家已修改需求：${p('productName')}`,
    body: ['买家修改了尚未确认的需求，请服务商以最新内容为准。'],
  }),
  'delivery.requirement_confirmed': (p) => ({
    subject: `需求已确认：${p('productName')}`,
    body: ['服务商已确认需求，开始实施。'],
  }),
  'delivery.requirement_rejected': (p) => ({
    subject: `需求被驳回：${p('productName')}`,
    body: ['服务商驳回了需求，请买家修改后重新提交。', reason(p('reason'))],
  }),
  'delivery.submitted': (p) => ({
    subject: `实施已提交：${p('productName')}`,
    body: ['服务商已提交实施信息。普通商品请买家验收；自营商品先由运营检查。'],
  }),
  'delivery.check_passed': (p) => ({
    subject: `实施已通过运营检查：${p('productName')}`,
    body: ['运营已检查服务商提交的实施信息，请买家验收。'],
  }),
  'delivery.check_returned': (p) => ({
    subject: `实施被运营退回：${p('productName')}`,
    body: ['运营退回了提交的实施信息，请服务商继续实施后重新提交。', reason(p('reason'))],
  }),
  'delivery.acceptance_rejected': (p) => ({
    subject: `验收被驳回：${p('productName')}`,
    body: ['买家驳回了验收，请服务商继续实施后重新提交。', reason(p('reason'))],
  }),
  'delivery.completed': (p) => ({
    subject: `交付已完成：${p('productName')}`,
    body: ['交付已完成。', wordOf(COMPLETIONS, p('outcome'))],
  }),
  'delivery.cancelled': (p) => ({
    subject: `交付已取消：${p('productName')}`,
    body: ['交付已取消。', wordOf(CANCELLATIONS, p('outcome'))],
  }),
  'delivery.stalled': (p) => ({
    subject: `服务商超时未操作：${p('productName')}`,
    body: ['服务商在当前环节已超过规定期限，买家现在可以发起申诉。服务商完成操作后，此项申诉理由随之失效。'],
  }),
  'delivery.reminder': (p) => ({
    subject: `待处理提醒：${p('productName')}`,
    body: [
      `交付正等待${wordOf(ROLES, p('turn'))}处理。`,
      labelled('当前环节：', wordOf(STAGES, p('of') || p('stage'))),
      labelled('截止时间（北京时间）：', shanghaiTime(p('dueAt'))),
    ],
  }),
  'delivery.escalated': (p) => ({
    subject: `需要运营跟进：${p('productName')}`,
    body: ['交付长时间没有进展，请运营联系双方跟进。', reason(wordOf(ESCALATIONS, p('reason')))],
  }),
  'delivery.appeal_opened': (p) => ({
    subject: `申诉已发起：${p('productName')}`,
    body: [
      `${wordOf(ROLES, p('openedBy'))}已发起申诉，交付冻结，双方暂时不能操作，等待运营经理处理。双方可以补充证据。`,
      labelled('申诉依据：', wordsOf(GROUNDS, p('grounds'), '、')),
      labelled('申诉说明：', p('reason')),
    ],
  }),
  'delivery.appeal_evidence': (p) => ({
    subject: `申诉有新的证据：${p('productName')}`,
    body: ['对方为申诉补充了证据，请查看。'],
  }),
  'delivery.appeal_resolved': (p) => ({
    subject: `申诉已处理：${p('productName')}`,
    body: [`运营经理已处理申诉：${wordOf(RULINGS, p('ruling'))}。`, labelled('处理说明：', p('reason'))],
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
  'shop.submitted': (p) => ({
    subject: `店铺待审核：${p('title')}`,
    body: ['店铺介绍已提交，请审核。', labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'shop.approved': (p) => ({
    subject: `店铺审核通过：${p('title')}`,
    body: ['店铺介绍已审核通过，并已自动发布。'],
  }),
  'shop.rejected': (p) => ({
    subject: `店铺审核未通过：${p('title')}`,
    body: ['店铺介绍未通过审核，请修改后重新提交。已发布的版本不受影响。', reason(p('reason'))],
  }),
  'shop.overdue': (p) => ({
    subject: `店铺审核超期：${p('title')}`,
    body: [
      '店铺审核已超过目标时间，请运营经理跟进。',
      labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt'))),
    ],
  }),
  'product.submitted': (p) => ({
    subject: `商品申请待审核（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['服务商提交了商品申请，请处理。', labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'product.security_passed': (p) => ({
    subject: `商品安全检查通过（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['镜像商品已通过安全检查，进入运营审核。'],
  }),
  'product.approved': (p) => ({
    subject: `商品申请已通过（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['商品申请已审核通过并生效。'],
  }),
  'product.rejected': (p) => ({
    subject: `商品申请未通过（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['商品申请未通过，请修改后重新提交。', reason(p('reason'))],
  }),
  'product.overdue': (p) => ({
    subject: `商品审核超期（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: [
      '商品申请已超过目标时间，请运营经理跟进。',
      labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt'))),
    ],
  }),
  'product.changed': (p) => ({
    subject: `商品申请已生效（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['商品申请已立即生效。已有订单不受影响。'],
  }),
  'account.submitted': (p) => ({
    subject: `工单待处理（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['服务商申请变更账户信息，请处理。', labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt')))],
  }),
  'account.approved': (p) => ({
    subject: `工单已通过（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['账户信息变更申请已通过并生效。'],
  }),
  'account.rejected': (p) => ({
    subject: `工单未通过（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: ['账户信息变更申请未通过。', reason(p('reason'))],
  }),
  'account.overdue': (p) => ({
    subject: `工单超期（${wordOf(OPERATIONS, p('operation'))}）：${p('title')}`,
    body: [
      '账户信息变更工单已超过目标时间，请运营经理跟进。',
      labelled('目标完成时间（北京时间）：', shanghaiTime(p('dueAt'))),
    ],
  }),
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
  'coupon.claimed_out': (p) => ({
    subject: `优惠券已领完：${p('title')}`,
    body: ['该优惠券已全部领完。已领取的在有效期内仍可使用。'],
  }),
};
