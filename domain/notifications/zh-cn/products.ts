import { labelled, shanghaiTime, type WordingOf, wordOf } from '../wording';
import { reason } from './words';

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

export const products: WordingOf<'product' | 'shop' | 'account'> = {
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
};
