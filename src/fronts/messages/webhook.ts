/** `messages.webhookUrl`: the JSON of a message, signed, to an address of the people themselves. */
import { createHmac } from 'node:crypto';
import type { Delivery } from '../../params/messages.ts';
import type { Post, Poster } from './post.ts';
import { clipped, type Outcome, type Way } from './way.ts';

/** A text beyond this is cut, bytes. */
const MOST_BYTES = 16_000;

export class WebhookWay implements Way {
  readonly name = 'messages.webhookUrl';

  constructor(
    private readonly poster: Poster,
    private readonly key: string,
  ) {}

  deliver(message: Delivery, done: (outcome: Outcome) => void): void {
    this.poster.send(webhookPost(message, this.key), done);
  }

  abort(): void {
    this.poster.abort();
  }
}

/** The signature is the HMAC-SHA256 (RFC 2104) of the body’s bytes in hexadecimal; the delivery id is the same in every try. */
export function webhookPost(message: Delivery, key: string): Post {
  const body = JSON.stringify({ ...message, text: clipped(message.text, MOST_BYTES) });
  return {
    headers: {
      'Content-Type': 'application/json',
      'Remixd-Delivery': message.id,
      'Remixd-Signature-256': `sha256=${createHmac('sha256', key).update(body, 'utf8').digest('hex')}`,
    },
    body,
  };
}
