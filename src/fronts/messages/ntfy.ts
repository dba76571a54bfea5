/** `messages.ntfyUrl`: a push message through ntfy (https://docs.ntfy.sh/publish/). */
import { bodyOf, type Delivery, headlineOf, MESSAGE_KINDS, priorityOf } from '../../params/messages.ts';
import type { Post, Poster } from './post.ts';
import { clipped, encodedWords, type Outcome, type Way } from './way.ts';

/** A longer text becomes an attachment there, bytes. */
const MOST_BYTES = 4096;

export class NtfyWay implements Way {
  readonly name = 'messages.ntfyUrl';

  constructor(
    private readonly poster: Poster,
    private readonly token: string | null,
    private readonly link: string,
  ) {}

  deliver(message: Delivery, done: (outcome: Outcome) => void): void {
    this.poster.send(ntfyPost(message, this.token, this.link), done);
  }

  abort(): void {
    this.poster.abort();
  }
}

/** Title, priority and tags stand in headers; the link is what a tap opens. */
export const ntfyPost = (message: Delivery, token: string | null, link: string): Post => ({
  headers: {
    'Content-Type': 'text/plain; charset=utf-8',
    Title: encodedWords(clipped(headlineOf(message), 200)).join(' '),
    Priority: String(priorityOf(message)),
    Tags: MESSAGE_KINDS[message.kind].tag,
    ...(link !== 'none' && { Click: link }),
    ...(token !== null && { Authorization: `Bearer ${token}` }),
  },
  body: clipped(bodyOf({ ...message, link: 'none' }), MOST_BYTES),
});
