/** How each verdict looks, one row each: a shape and a hatch beside the colour, so that it is told apart without any. */
import type { Verdict } from '../../src/params/verdict.ts';

interface VerdictLook {
  /** Of a card. */
  readonly tone: 'good' | 'warn' | 'bad' | 'calm';
  readonly sign: string;
  /** Of a stretch of time: a variable of the style sheet, and the distance of its hatches, px; 0 = none. */
  readonly colour: string;
  readonly hatch: number;
}

export const VERDICT_LOOKS: Readonly<Record<Verdict, VerdictLook>> = {
  MIXED: { tone: 'good', sign: '●', colour: '--good', hatch: 0 },
  DRIFTING: { tone: 'warn', sign: '◐', colour: '--warn', hatch: 8 },
  SEGREGATING: { tone: 'bad', sign: '▲', colour: '--bad', hatch: 5 },
  SEGREGATED: { tone: 'bad', sign: '■', colour: '--bad', hatch: 3 },
  RECOVERING: { tone: 'warn', sign: '◑', colour: '--accent', hatch: 8 },
  DARK: { tone: 'calm', sign: '○', colour: '--muted', hatch: 0 },
  CANNOT_SEE: { tone: 'warn', sign: '?', colour: '--line', hatch: 6 },
};

/** A verdict as a person reads it: `cannot see`. */
export const verdictWord = (verdict: Verdict): string => verdict.replace('_', ' ').toLowerCase();
