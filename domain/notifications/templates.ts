import { en } from './en';
import type { Language, MessageEvent } from './events';
import { labelled, type Wording, type Words } from './wording';
import { zhCn } from './zh-cn';

/** A message ready to be shown or mailed: a one-line subject, plain text, and the same as HTML. */
export type RenderedMessage = { subject: string; text: string; html: string };

const WORDINGS: Record<Language, Wording> = { 'zh-CN': zhCn, en };
const LABELS = {
  'zh-CN': {
    market: '【云市场】',
    title: '名称：',
    product: '商品：',
    order: '订单号：',
    delivery: '交付单号：',
    refund: '退款单号：',
    review: '审核单号：',
    invoice: '发票编号：',
    coupon: '优惠券编号：',
  },
  en: {
    market: '[Cloud Marketplace] ',
    title: 'Name: ',
    product: 'Product: ',
    order: 'Order: ',
    delivery: 'Delivery: ',
    refund: 'Refund: ',
    review: 'Review: ',
    invoice: 'Invoice: ',
    coupon: 'Coupon: ',
  },
} as const satisfies Record<Language, object>;

const MAX_SUBJECT_CHARACTERS = 160;
/** As many characters, of whatever alphabet, as one SMS holds. */
const MAX_SMS_CHARACTERS = 70;

/** An event in its reader's language; an absent parameter is left out of the text. */
export type Wordable = { event: MessageEvent; language: Language; params: Readonly<Record<string, string>> };

/**
 * Words an event in the reader's language (MSG-2). Parameters are people's own texts: they cannot
 * add a header to the mail, nor markup to its HTML.
 */
export function renderMessage(message: Wordable): RenderedMessage {
  const { language } = message;
  const param = paramsOf(message);
  const words = wordsOf(message);
  const labels = LABELS[language];
  const details = [
    labelled(labels.title, param('title')),
    labelled(labels.product, param('productName')),
    labelled(labels.order, param('orderId')),
    labelled(labels.delivery, param('deliveryId')),
    labelled(labels.refund, param('refundId')),
    labelled(labels.review, param('reviewId')),
    labelled(labels.invoice, param('invoiceId')),
    labelled(labels.coupon, param('couponId')),
  ];
  const body = words.body.filter((paragraph) => paragraph !== '');
  const facts = details.filter((line) => line !== '').join('\n');
  const paragraphs = facts === '' ? body : [...body, facts];
  return {
    subject: oneLine(`${labels.market}${words.subject}`, MAX_SUBJECT_CHARACTERS),
    text: `${paragraphs.join('\n\n')}\n`,
    html: page(language, paragraphs),
  };
}

/**
 * Words an event for an SMS: what happened, in a line. `text` says whose word it is, and fits into one SMS; `title`
 * is for services that say so themselves.
 */
export function renderSms(message: Wordable): { title: string; text: string } {
  const { market } = LABELS[message.language];
  const title = oneLine(wordsOf(message).subject, MAX_SMS_CHARACTERS - [...market].length);
  return { title, text: `${market}${title}` };
}

function wordsOf(message: Wordable): Words {
  return WORDINGS[message.language][message.event](paramsOf(message));
}

/** Stored parameters are JSON: an absent one may be null. */
function paramsOf({ params }: Wordable): (name: string) => string {
  return (name) => (Object.hasOwn(params, name) ? plain(params[name] ?? '') : '');
}

/** A person's text with line breaks of one kind and no other control characters. */
function plain(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?!\n|\t)\p{Cc}/gu, '')
    .trim();
}

/** A text for a header or an SMS: no line breaks, nothing that changes the reading direction, of bounded length. */
function oneLine(text: string, maxCharacters: number): string {
  const line = text
    .replace(/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  if (characters.length <= maxCharacters) return line;
  return `${characters.slice(0, maxCharacters - 1).join('')}…`;
}

function page(language: Language, paragraphs: string[]): string {
  const content = paragraphs.map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll('\n', '<br>')}</p>`).join('\n');
  return `<!doctype html>\n<html lang="${language}">\n<meta charset="utf-8">\n<body>\n${content}\n</body>\n</html>\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
