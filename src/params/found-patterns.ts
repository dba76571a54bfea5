/** The form of the file that found patterns are kept in; files/found-patterns.ts reads and writes it. */
import { z } from 'zod';
import { COMPILED } from './limits.ts';
import { MODE_FIELDS } from './modes.ts';
import type { Settings } from './settings.ts';

/** A pattern as the film’s feedback remembers it: by its swing, or by its share of the period. */
const pattern = z
  .object({
    swingK: z.number().min(MODE_FIELDS.swingK.min).max(MODE_FIELDS.swingK.max).nullable(),
    share: z.number().min(0.01).max(COMPILED.pulseShare).nullable(),
    periodS: z.number().min(MODE_FIELDS.periodS.min).max(MODE_FIELDS.periodS.max),
  })
  .refine(({ swingK, share }) => (swingK === null) !== (share === null));

const entry = z.object({
  sample: z.string().max(200),
  calibration: z.string().max(64),
  light: z.number().gt(0).max(1),
  pattern,
  /** Who found it: `find-pattern`, or the policy `adapt`. */
  by: z.enum(['find-pattern', 'adapt']),
  /** ISO 8601 in UTC, unverified. */
  wallTime: z.string().max(40),
});

/** More entries than this are not kept; the oldest go first. */
export const MOST_FOUND = 50;
export const FOUND_PATTERNS = z.object({ format: z.literal(1), found: z.array(entry).max(MOST_FOUND) });
export type FoundEntry = Readonly<z.output<typeof entry>>;

/** What a pattern belongs to. */
export type FoundFor = Pick<FoundEntry, 'sample' | 'calibration' | 'light'>;

/** The film that patterns are kept for; null where nobody has said which sample is on the holder. */
export function sampleIdOf(s: Settings): string | null {
  if (s['run.sample'] !== 'none') return s['run.sample'];
  return s['hal.kind'] === 'sim' ? `simulated ${s['sim.sample']}` : null;
}
