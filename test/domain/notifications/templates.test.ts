import {
  COMMON_PARAMS,
  isMessageEvent,
  LANGUAGES,
  type Language,
  MESSAGE_EVENTS,
  type MessageEvent,
} from '../../../domain/notifications/events';
import { renderMessage, renderSms } from '../../../domain/notifications/templates';

const events = Object.keys(MESSAGE_EVENTS).filter(isMessageEvent);
const everyMessage = events.flatMap((event) => LANGUAGES.map((language) => ({ event, language })));

/** Reviews have no order: what they are about is their title. */
const isAboutOrder = (event: MessageEvent) => /^(order|delivery|instance|refund)\./.test(event);

const isAboutInvoice = (event: MessageEvent) => event.startsWith('invoice.');

const isAboutCoupon = (event: MessageEvent) => event.startsWith('coupon.');

const isAboutOperations = (event: MessageEvent) => event.startsWith('operations.');

/** What an event is about, as every message of it says. */
function subjectOf(event: MessageEvent): string {
  if (isAboutOperations(event)) return 'the objectId';
  if (isAboutInvoice(event)) return 'the amountFen';
  return isAboutOrder(event) ? 'the productName' : 'the title';
}

/** Every parameter of an event, each with a value of its own. */
function paramsOf(event: MessageEvent, value: (name: string) => string): Record<string, string> {
  const common = isAboutOrder(event) ? COMMON_PARAMS : [];
  return Object.fromEntries([...common, ...MESSAGE_EVENTS[event]].map((name) => [name, value(name)]));
}

describe('MSG-2: every event is worded in Chinese and in English', () => {
  test.each(everyMessage)('$event, $language', ({ event, language }) => {
    const rendered = renderMessage({ event, language, params: paramsOf(event, (name) => `the ${name}`) });
    for (const words of Object.values(rendered)) {
      expect(words).not.toMatch(/undefined|null|NaN|\[object/);
      if (!isAboutInvoice(event)) expect(words).toContain(subjectOf(event));
    }
    expect(rendered.subject).toContain(subjectOf(event));
    const named = isAboutOrder(event)
      ? ['the orderId', 'the deliveryId']
      : isAboutOperations(event)
        ? []
        : [isAboutInvoice(event) ? 'the invoiceId' : isAboutCoupon(event) ? 'the couponId' : 'the reviewId'];
    for (const name of named) expect(rendered.text).toContain(name);
    expect(/[\u4e00-\u9fff]/.test(rendered.subject)).toBe(language === 'zh-CN');
    expect(/[\u4e00-\u9fff]/.test(rendered.text)).toBe(language === 'zh-CN');
    if (paramsOf(event, () => '').reason !== undefined) expect(rendered.text).toContain('the reason');
  });

  test.each(everyMessage)('$event, $language: absent parameters leave no hole', ({ event, language }) => {
    const about = isAboutOrder(event)
      ? { orderId: 'ord_1', productName: 'Backup' }
      : isAboutInvoice(event)
        ? { invoiceId: 'inv_1' }
        : { reviewId: 'srv_1', title: 'Backup', operation: 'modify' };
    const { text } = renderMessage({ event, language, params: about });
    expect(text).not.toMatch(/undefined|null|[：:] *$/m);
    expect(text).toMatch(/(ord|srv|inv)_1\n$/);
  });

  test('no two events are worded alike', () => {
    for (const language of LANGUAGES) {
      const subjects = events.map((event) => renderMessage({ event, language, params: {} }).subject);
      expect(new Set(subjects).size).toBe(events.length);
    }
  });

  test.each<[MessageEvent, string, string[], Language, string]>([
    ['delivery.reminder', 'stage', ['awaiting_dispatch', 'implementing', 'awaiting_acceptance'], 'zh-CN', '待'],
    ['delivery.completed', 'outcome', ['accepted', 'auto_accepted', 'accepted_by_ruling'], 'zh-CN', '验收'],
    ['delivery.cancelled', 'outcome', ['start_overdue', 'cancelled_and_refunded'], 'zh-CN', '退'],
    [
      'delivery.escalated',
      'reason',
      ['requirement_missing', 'implementing_overdue', 'appeal_overdue'],
      'zh-CN',
      '原因：',
    ],
    ['delivery.appeal_resolved', 'ruling', ['resume', 'redo_requirement', 'cancel_and_refund'], 'zh-CN', '运营经理'],
    ['product.changed', 'operation', ['delist', 'downgrade', 'exit'], 'zh-CN', '生效'],
    ['account.rejected', 'operation', ['payee', 'licence_number'], 'en', 'refused'],
    ['order.payment_returned', 'reason', ['order_closed', 'already_paid', 'wrong_amount'], 'en', 'Reason: '],
  ])('%s: the codes of %s are put in words', (event, name, codes, language, word) => {
    for (const code of codes) {
      const { subject, text } = renderMessage({ event, language, params: { [name]: code } });
      expect(text).toContain(word);
      expect(subject + text).not.toContain('_');
      if (language === 'zh-CN') expect(subject + text).not.toContain(code);
    }
  });

  test('a message has a subject, text and HTML', () => {
    const params = {
      orderId: 'ord_1',
      deliveryId: 'dlv_1',
      productName: '备份 & 恢复',
      openedBy: 'buyer',
      grounds: 'stall, requirement_rejections',
      reason: '第一行\r\n<b>第二行</b>',
    };
    expect(renderMessage({ event: 'delivery.appeal_opened', language: 'zh-CN', params })).toEqual({
      subject: '【云市场】申诉已发起：备份 & 恢复',
      text: `买家已发起申诉，交付冻结，双方暂时不能操作，等待运营经理处理。双方可以补充证据。

申诉依据：服务商超时未操作、需求多次被驳回

申诉说明：第一行
<b>第二行</b>

商品：备份 & 恢复
订单号：ord_1
交付单号：dlv_1
`,
      html: `<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<body>
<p>买家已发起申诉，交付冻结，双方暂时不能操作，等待运营经理处理。双方可以补充证据。</p>
<p>申诉依据：服务商超时未操作、需求多次被驳回</p>
<p>申诉说明：第一行<br>&lt;b&gt;第二行&lt;/b&gt;</p>
<p>商品：备份 &amp; 恢复<br>订单号：ord_1<br>交付单号：dlv_1</p>
</body>
</html>
`,
    });
  });

  test('GEN-1, GEN-2: instants read in Shanghai time, amounts in yuan', () => {
    const reminder = { turn: 'buyer', stage: 'awaiting_acceptance', dueAt: '2026-02-24T16:00:00.000Z' };
    const text = (event: MessageEvent, params: Record<string, string>) =>
      renderMessage({ event, language: 'en', params }).text;
    expect(text('delivery.reminder', reminder)).toContain('Due (Shanghai time): 2026-02-25 00:00');
    expect(text('order.refunded', { amountFen: '123456789' })).toContain('¥1,234,567.89');
    expect(text('order.refunded', { amountFen: '7' })).toContain('¥0.07');
  });
});

describe('MSG-2: people’s texts stay texts', () => {
  const hostile = '<img src=x onerror="alert(1)">\r\nBcc: all@example.com\u0000\u2028\u202E&\'';

  test.each(everyMessage)('$event, $language', ({ event, language }) => {
    const { subject, text, html } = renderMessage({ event, language, params: paramsOf(event, () => hostile) });
    expect(subject).not.toMatch(/[\p{Cc}\u2028\u202E]/u);
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    const tags = html.match(/<[^>]*>/g) ?? [];
    expect(
      tags.filter(
        (tag) => !/^<(!doctype html|html lang="[\w-]+"|meta charset="utf-8"|\/?body|\/html|\/?p|br)>$/.test(tag),
      ),
    ).toEqual([]);
    expect(html).toContain('&lt;img');
  });

  test.each(everyMessage)('$event, $language, as an SMS', ({ event, language }) => {
    const { title, text } = renderSms({ event, language, params: paramsOf(event, () => hostile) });
    expect(text).toMatch(language === 'en' ? /^\[Cloud Marketplace\] / : /^【云市场】/);
    expect(text.endsWith(title)).toBe(true);
    expect(text).not.toMatch(/[\p{Cc}\u2028\u202E]/u);
    expect([...text].length).toBeLessThanOrEqual(70);
  });

  test('SHOP-2: an SMS says what happened to what, and fits into one SMS', () => {
    const words = (title: string) =>
      renderSms({ event: 'shop.rejected', language: 'zh-CN', params: { title, reason: '图片模糊' } });
    expect(words('云迁移').text).toBe('【云市场】店铺审核未通过：云迁移');
    expect(words('云迁移').title).toBe('店铺审核未通过：云迁移');
    expect([...words('🙂'.repeat(500)).text]).toHaveLength(70);
    expect(words('🙂'.repeat(500)).text).toMatch(/🙂…$/u);
  });

  test('a subject has bounded length', () => {
    const { subject } = renderMessage({
      event: 'order.paid',
      language: 'en',
      params: { productName: '长'.repeat(500) },
    });
    expect([...subject]).toHaveLength(160);
  });

  test('names of Object.prototype are no parameters', () => {
    const { text } = renderMessage({ event: 'delivery.reminder', language: 'en', params: { turn: 'constructor' } });
    expect(text).toContain('waiting for constructor');
    expect(isMessageEvent('toString')).toBe(false);
  });
});
