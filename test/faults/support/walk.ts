import { randomUUID } from 'node:crypto';
import type { DeliveryAction } from '../../../domain/deliveries/commands';
import type { Client, DeliveryView } from './client';
import type { Deal, Post } from './deal';
import type { Choices } from './random';

/** The words of a command; every one differs, so that none is mistaken for another. */
const WORDS: Partial<Record<DeliveryAction, string>> = {
  'buyer.requirement': 'text',
  'provider.requirement.confirm': 'note',
  'provider.requirement.reject': 'reason',
  'provider.implementation.submit': 'summary',
  'buyer.acceptance.accept': 'comment',
  'buyer.acceptance.reject': 'reason',
};

/** The request by which a command is sent, under a new key. */
export function requestFor(deliveryId: string, action: DeliveryAction): Post {
  const [role, ...path] = action.split('.');
  if (role !== 'buyer' && role !== 'provider') throw new Error(`Nobody here sends ${action}`);
  const key = randomUUID();
  const body = { [WORDS[action] ?? 'note']: `${action} under ${key}` };
  return { role, path: `/${role}/deliveries/${deliveryId}/${path.join('/')}`, body, key };
}

/** The same request, but for its words. */
export function reworded(post: Post): Post {
  return { ...post, body: Object.fromEntries(Object.keys(post.body).map((field) => [field, 'something else'])) };
}

/** The shortest way to the end. */
export const STRAIGHT: readonly DeliveryAction[] = [
  'buyer.requirement',
  'provider.requirement.confirm',
  'provider.implementation.submit',
  'buyer.acceptance.accept',
];

/** What the parties may do next, at random; null at the end. Both like to reject. */
export function nextAction({ stage }: Pick<DeliveryView, 'stage'>, choices: Choices): DeliveryAction | null {
  switch (stage) {
    case 'awaiting_requirement':
      return 'buyer.requirement';
    case 'awaiting_requirement_confirmation':
      if (choices.chance(0.2)) return 'buyer.requirement';
      return choices.chance(0.5) ? 'provider.requirement.reject' : 'provider.requirement.confirm';
    case 'implementing':
      return 'provider.implementation.submit';
    case 'awaiting_acceptance':
      return choices.chance(0.15) ? 'buyer.acceptance.accept' : 'buyer.acceptance.reject';
    default:
      return null;
  }
}

/** Sends one command until it is answered, now and then twice at once, as clients do that do not wait. */
export async function send(client: Client, deal: Deal, action: DeliveryAction, isTwice = false): Promise<void> {
  const post = requestFor(deal.deliveryId, action);
  const answers = await Promise.all([client.post(post), ...(isTwice ? [client.post(post)] : [])]);
  for (const answer of answers) {
    if (answer.status !== 200) throw new Error(`${post.path} is refused: ${JSON.stringify(answer.body)}`);
  }
  deal.done.push({ action, post });
}

/** Operates a delivery at random for some commands, or until it ends. */
export async function walk(client: Client, deal: Deal, commands: number, choices: Choices): Promise<void> {
  for (let made = 0; made < commands; made += 1) {
    const action = nextAction(await client.delivery(deal.deliveryId), choices);
    if (action === null) return;
    await send(client, deal, action, choices.chance(0.25));
  }
}

/** Brings a delivery straight to where a command comes next. */
export async function bringTo(client: Client, deal: Deal, action: DeliveryAction): Promise<void> {
  for (const before of STRAIGHT.slice(0, STRAIGHT.indexOf(action))) await send(client, deal, before);
}
