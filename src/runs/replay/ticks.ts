/**
 * From recorded rows back to the control ticks that the light path saw.
 *
 * A scanner converts one channel a tick in turn and holds the others, so that each reading stands in the rows of the
 * next four ticks: rows that are closer than that hold every reading. Which channel’s turn it is shows in the values that change.
 * A converter that reads all channels at once shows every reading only with a row for every tick.
 */
import { eachChannel, LIGHT_CHANNEL_NAMES, LIGHT_CHANNELS, type LightChannelName } from '../../params/channels.ts';
import type { Verdict } from '../../params/verdict.ts';
import { type Instant, instant, LONG_AGO, type Span } from '../../units.ts';

/** What is taken from a row. */
export interface RowFacts {
  readonly monoUs: Instant;
  /** V by channel; null where the converter gave no reading. */
  readonly volts: Readonly<Record<LightChannelName, number>> | null;
  readonly light: number;
  readonly filmC: number;
  /** Pulse period in force, µs; NaN in a mode without t/T. */
  readonly periodUs: number;
  /** Whether control wanted pulses, and neither rest nor constant heat. */
  readonly pulses: boolean;
  /** Set on rows of the run that is compared. */
  readonly compared: { readonly timeS: number; readonly verdict: Verdict; readonly segregated: number } | null;
  /** The recipe of a run starts with this row. */
  readonly starts: boolean;
}

/** One tick. */
export interface ReplayTick {
  readonly now: Instant;
  readonly row: RowFacts;
  /** Whether the row is of this very tick. */
  readonly isRow: boolean;
  readonly scan: {
    readonly volts: Record<LightChannelName, number>;
    readonly takenAt: Record<LightChannelName, Instant>;
  } | null;
  /** The channels that were converted for this tick. */
  readonly fresh: readonly LightChannelName[];
}

const N = LIGHT_CHANNEL_NAMES.length;
/** Channels in the order of their inputs, as a scanner takes them. */
const IN_TURN = [...LIGHT_CHANNEL_NAMES].sort((a, b) => LIGHT_CHANNELS[a].input - LIGHT_CHANNELS[b].input);
/** Rows whose changes tell whose turn it is. */
const BLOCK = 200;

interface Placed {
  readonly tick: number;
  readonly row: RowFacts;
}

export class TickMaker {
  private placed: Placed[] = [];
  private lastTick = 0;
  private turn = 0;
  private readonly takenAt = eachChannel(() => LONG_AGO);
  private held: Record<LightChannelName, number> | null = null;

  /** @param isScanner one channel a tick; else all of them at once */
  constructor(
    private readonly tickUs: Span,
    private readonly isScanner: boolean,
  ) {}

  /** The ticks that a row completes. */
  push(row: RowFacts): ReplayTick[] {
    const before = this.placed.at(-1);
    const tick = before ? before.tick + Math.max(1, Math.round((row.monoUs - before.row.monoUs) / this.tickUs)) : 0;
    this.placed.push({ tick, row });
    return this.placed.length > BLOCK ? this.make(this.placed.length - 1) : [];
  }

  /** The ticks that are left. */
  end(): ReplayTick[] {
    return this.make(this.placed.length);
  }

  private make(rows: number): ReplayTick[] {
    if (this.isScanner) this.turn = turnOf(this.placed, this.turn);
    const ticks: ReplayTick[] = [];
    for (const { tick, row } of this.placed.slice(0, rows)) {
      // Across a gap in the record nothing is made up.
      const from = tick - this.lastTick > N ? tick : this.lastTick + 1;
      for (let at = from; at <= tick; at += 1) ticks.push(this.tickAt(at, tick, row));
      this.lastTick = tick;
    }
    this.placed = this.placed.slice(rows);
    return ticks;
  }

  private tickAt(at: number, tick: number, row: RowFacts): ReplayTick {
    const now = instant(row.monoUs - (tick - at) * this.tickUs);
    const { volts } = row;
    if (!volts) return { now, row, isRow: at === tick, scan: null, fresh: [] };
    const fresh = this.isScanner ? [IN_TURN[(at + this.turn) % N]!] : at === tick ? LIGHT_CHANNEL_NAMES : [];
    this.held ??= { ...volts };
    for (const name of fresh) {
      this.held[name] = volts[name];
      // A scanner hands over what the tick before has started.
      this.takenAt[name] = instant(now - (this.isScanner ? this.tickUs : 0));
    }
    return { now, row, isRow: at === tick, scan: { volts: { ...this.held }, takenAt: { ...this.takenAt } }, fresh };
  }
}

/** The turn that contradicts the fewest changes: a channel changes only where its turn has come since the row before. */
function turnOf(placed: readonly Placed[], known: number): number {
  const against = new Float64Array(N);
  for (let i = 1; i < placed.length; i += 1) {
    const [a, b] = [placed[i - 1]!, placed[i]!];
    const span = b.tick - a.tick;
    if (!a.row.volts || !b.row.volts || span >= N) continue;
    IN_TURN.forEach((name, channel) => {
      if (a.row.volts?.[name] === b.row.volts?.[name]) return;
      for (let turn = 0; turn < N; turn += 1) {
        // How many ticks before b this channel was last converted.
        const back = (((b.tick + turn - channel) % N) + N) % N;
        if (back >= span) against[turn]! += 1;
      }
    });
  }
  let best = known;
  for (let turn = 0; turn < N; turn += 1) if (against[turn]! < against[best]!) best = turn;
  return best;
}

/**
 * The longest time between rows that holds every reading, ms. Of a scanner one channel must stand still from row to row, or
 * nobody knows whose turn it was.
 */
export const longestRowMs = (tickMs: number, isScanner: boolean): number => (isScanner ? (N - 1) * tickMs : tickMs);
