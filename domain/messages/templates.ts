import { en } from './en';
import type { Language, MessageEvent } from './events';
import { labelled, type Wording } from './wording';
import { zhCn } from './zh-cn';

/** A message ready to be shown or mailed: a one-line subject, plain text, and the same as HTML. */
export type RenderedMessage = { subject: string; text: string; html: string };

const WORDINGS: Record<Language, Wording> = { 'zh-CN': zhCn, en };
const LABELS: Record<Language, { market: string; order: string; delivery: string; product: string }> = {
  'zh-CN': { market: '【云市场】', order: '订单号：', delivery: '交付单号：', product: '商品：' },
  en: { market: '[Cloud Marketplace] ', order: 'Order: ', delivery: 'Delivery: ', product: 'Product: ' },
};

const MAX_SUBJECT_CHARACTERS = 160;

/**
 * Words an event in the reader's language (MSG-2). Parameters are people's own texts: they cannot
 * add a header to the mail, nor markup to its HTML.
 * @param params the event's parameters (see MESSAGE_EVENTS); one that is absent is left out of the text
 */
export function renderMessage(message: {
  event: MessageEvent;
  language: Language;
  params: Readonly<Record<string, string>>;
}): RenderedMessage {
  const { event, language, params } = message;
  // Stored parameters are JSON: an absent one may be null.
  const param = (name: string) => (Object.hasOwn(params, name) ? plain(params[name] ?? '') : '');
  const words = WORDINGS[language][event](param);
  const labels = LABELS[language];
  const details = [
    labelled(labels.product, param('productName')),
    labelled(labels.order, param('orderId')),
    labelled(labels.delivery, param('deliveryId')),
  ];
  const body = words.body.filter((paragraph) => paragraph !== '');
  const facts = details.filter((line) => line !== '').join('\n');
  const paragraphs = facts === '' ? body : [...body, facts];
  return {
    subject: oneLine(`${labels.market}${words.subject}`),
    text: `${paragraphs.join('\n\n')}\n`,
    html: page(language, paragraphs),
  };
}

/** A person's text with line breaks of one kind and no other control characters. */
function plain(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/(?!\n|\t)\p{Cc}/gu, '')
    .trim();
}

/** A header's text: no line breaks, nothing that turns the reading direction, of bounded length. */
function oneLine(text: string): string {
  const line = text
    .replace(/[\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  if (characters.length <= MAX_SUBJECT_CHARACTERS) return line;
  return `${characters.slice(0, MAX_SUBJECT_CHARACTERS - 1).join('')}…`;
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
