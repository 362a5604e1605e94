import type { Language, MessageEvent } from '../../domain/notifications/events';
import type { OutboundChannel } from '../../domain/notifications/groups';

/** A message for one reader, to be put in words. */
export type Message = {
  messageId: string;
  event: MessageEvent;
  language: Language;
  params: Readonly<Record<string, string>>;
};

/**
 * How an attempt to send ended; `unknown` is the one that must not be repeated by itself. `refused` is about the
 * message, by the server or, where `isLocal`, before it was asked. `unavailable`: the channel takes no message at all,
 * its server being away or refusing us. `skipped`: no way to send by that channel is configured.
 */
export type Outcome =
  | { result: 'sent' }
  | { result: 'refused'; error: string; isPermanent: boolean; isLocal?: true }
  | { result: 'unknown'; error: string }
  | { result: 'unavailable'; error: string }
  | { result: 'skipped'; error: string };

/** Sends messages by one channel. */
export type Sender = {
  channel: OutboundChannel;
  /** How many are sent at the same time, at most: none is claimed that would have to wait. */
  slots: number;
  /** @param address as the recipient gave it */
  send(message: Message, address: string): Promise<Outcome>;
  close(): void;
};
