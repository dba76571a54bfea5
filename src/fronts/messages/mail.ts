/** `messages.sendmail`: mail through a program of this computer that takes the options of sendmail. */
import { bodyOf, type Delivery, headlineOf } from '../../params/messages.ts';
import { Child, type Ending, endingText } from './child.ts';
import { clipped, encodedWords, type Outcome, type Way } from './way.ts';

export interface MailSettings {
  readonly path: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly link: string;
  readonly timeoutMs: number;
}

/** A mail is a few sentences; a text beyond this is cut, bytes. */
const MOST_BYTES = 16_000;
/** EX_NOHOST, EX_OSERR, EX_IOERR and EX_TEMPFAIL of sysexits.h: the network or the disk was not there. */
const TRY_AGAIN: readonly (number | null)[] = [68, 71, 74, 75];

export class MailWay implements Way {
  readonly name = 'messages.sendmail';
  private readonly child: Child;

  constructor(private readonly mail: MailSettings) {
    const { path, from, to, timeoutMs } = mail;
    // -i: a line with a single full stop is not the end. The recipients are arguments and never read from the headers.
    this.child = new Child(path, ['-i', '-f', from, ...to], timeoutMs);
  }

  deliver(message: Delivery, done: (outcome: Outcome) => void): void {
    this.child.run(mailText(message, this.mail), (ending) => {
      const why = endingText(ending, this.mail.timeoutMs);
      done(why === null ? null : { why, again: mayWorkLater(ending) });
    });
  }

  abort(): void {
    this.child.kill();
  }
}

const mayWorkLater = (ending: Ending): boolean =>
  ending.kind === 'late' || (ending.kind === 'exit' && TRY_AGAIN.includes(ending.code));

/**
 * The mail (RFC 5322) with line feeds, as sendmail takes it. Every try has the same Message-ID, by which receivers drop a
 * repetition. Date is there only while the clock is set; the first server adds its own otherwise.
 */
export function mailText(message: Delivery, { from, to, link }: Pick<MailSettings, 'from' | 'to' | 'link'>): string {
  const { wall_s: wallS, id, urgent } = message;
  const domain = from.split('@')[1] ?? 'localhost';
  const body = Buffer.from(`${clipped(bodyOf({ ...message, link }), MOST_BYTES)}\n`.replaceAll('\n', '\r\n'));
  return [
    `From: ${from}`,
    `To: ${to.join(',\n ')}`,
    `Subject: ${encodedWords(clipped(headlineOf(message), 200)).join('\n ')}`,
    ...(wallS === null ? [] : [`Date: ${dateText(wallS)}`]),
    `Message-ID: <${id}@${domain}>`,
    // Out-of-office programs do not answer it (RFC 3834).
    'Auto-Submitted: auto-generated',
    ...(urgent ? ['Importance: high'] : []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
    '',
    ...(body.toString('base64').match(/.{1,76}/g) ?? []),
    '',
  ].join('\n');
}

const PARTS = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** Seconds since 1970 as RFC 5322 writes them: Fri, 20 Nov 2026 08:00:00 +0000. */
export function dateText(wallS: number): string {
  const part = Object.fromEntries(PARTS.formatToParts(wallS * 1000).map(({ type, value }) => [type, value]));
  const { weekday, day, month, year, hour, minute, second } = part;
  return `${weekday}, ${day} ${month} ${year} ${hour}:${minute}:${second} +0000`;
}
