/** What the heat is at, in words that every screen uses. */
import { inSeconds } from '../units.ts';
import { modeRow } from './modes.ts';
import type { Snapshot } from './snapshot.ts';

/** The mode in force with its figures: `pulse 0.5 s every 5 s (10 %)`; off outside a run. */
export function modeWords({ order, kernel, finished }: Snapshot): string {
  if (kernel.name !== 'armed' && kernel.name !== 'paused') return finished ? 'off (recipe finished)' : 'off';
  const { onUs, periodUs, setpointC, swingK } = order;
  const words = modeRow(order.mode).words({ onS: inSeconds(onUs), periodS: inSeconds(periodUs), setpointC, swingK });
  return kernel.name === 'paused' ? `paused: ${words}` : words;
}
