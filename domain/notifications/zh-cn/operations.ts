import { shanghaiTime, type WordingOf } from '../wording';

export const operations: WordingOf<'operations'> = {
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
};
