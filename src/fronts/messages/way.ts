/** One way by which messages leave this computer, as the rest of this folder sees it. */
import type { Delivery } from '../../params/messages.ts';

/** Why a message did not go out, in words that follow the name of the way; null = it did. */
export type Outcome = null | {
  readonly why: string;
  /** Whether another try may succeed: not where the receiver has refused it, or may have it already. */
  readonly again: boolean;
  /** The receiver asked to wait for so long, s. */
  readonly waitS?: number;
};

/** The setting that turns a way on, by which people know it. */
export type WayName = 'messages.program' | 'messages.ntfyUrl' | 'messages.webhookUrl' | 'messages.sendmail';

export interface Way {
  readonly name: WayName;
  /** Starts a delivery and comes back at once. Calls `done` once, later; never throws. An important one may come while another is under way. */
  deliver(message: Delivery, done: (outcome: Outcome) => void): void;
  /** Ends all that is under way; its `done` may still be called. */
  abort(): void;
}

/** As much of a text as fits into so many bytes of UTF-8, with an ellipsis where it was cut. */
export function clipped(text: string, bytes: number): string {
  const all = Buffer.from(text, 'utf8');
  if (all.length <= bytes) return text;
  let end = bytes - 3;
  // Not in the middle of a character.
  while (((all[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${all.toString('utf8', 0, end)}…`;
}

/** Words of a header: plain ASCII as they are, all others as encoded words (RFC 2047). */
export function encodedWords(text: string): readonly string[] {
  const line = [...text].map((c) => (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(c) ? ' ' : c)).join('');
  if (/^[ -~]*$/.test(line) && !line.includes('=?')) return [line];
  const words = [''];
  for (const character of line) {
    const last = words[words.length - 1] ?? '';
    // 39 bytes are 52 characters of base64, the frame has 12 and “Subject: ” 9; a line has 76 at the most.
    if (Buffer.byteLength(last + character) <= 39) words[words.length - 1] = last + character;
    else words.push(character);
  }
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString('base64')}?=`);
}
