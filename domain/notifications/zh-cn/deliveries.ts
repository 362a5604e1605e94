import { labelled, shanghaiTime, type WordingOf, wordOf, wordsOf } from '../wording';
import { ROLES, reason } from './words';

const STAGES = {
  awaiting_dispatch: '待运营派单',
  awaiting_requirement: '待买家提交需求',
  awaiting_requirement_confirmation: '待服务商确认需求',
  implementing: '待服务商实施并提交验收',
  awaiting_platform_check: '待运营检查',
  awaiting_acceptance: '待买家验收',
};
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
const ESCALATIONS = {
  requirement_missing: '买家长期未提交需求',
  implementing_overdue: '服务商长期未完成实施',
  appeal_overdue: '申诉超过目标期限未处理',
};

export const deliveries: WordingOf<'delivery'> = {
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
};
