/** Asks a device for records that a consumer misses, as a collector does, until it has them. */
import type { Person } from '../../src/client/person.ts';
import type { Tally } from './consumer.ts';
import { pause } from './device.ts';

interface Page {
  readonly stream: string | null;
  readonly records: readonly { readonly seq: number }[];
  readonly long?: { readonly seq: number; readonly part: number; readonly parts: number };
}

const TOO_MANY = 429;
const LIMIT = 400;

/** Returns how many questions it took. Ends when nothing is missing, or when an answer brings nothing new. */
export async function repair(tally: Tally, person: Person, stream: string, newest: number): Promise<number> {
  let questions = 0;
  let part = 1;
  for (;;) {
    const first = tally.missing(stream, newest)[0];
    if (first === undefined) return questions;
    questions += 1;
    const { code, data } = await person.ask('history', { after_seq: first - 1, limit: LIMIT, part });
    if (code === TOO_MANY) {
      await pause(200);
      continue;
    }
    const page = data as Page | undefined;
    const before = tally.count;
    for (const { seq } of page?.records ?? []) tally.recovered(stream, seq);
    if (page?.long) {
      if (page.long.part === page.long.parts) tally.recovered(stream, page.long.seq);
      part = (page.long.part % page.long.parts) + 1;
    }
    if (tally.count === before && part === 1) return questions;
  }
}
