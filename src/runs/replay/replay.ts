/**
 * Feeds a recorded run through the light path of today, and tells where its verdicts differ from the recorded ones.
 *
 * The photodiodes, the film’s temperature and the light come from the rows, the edges of the gate from events.csv. Dark frames
 * are in no column: that the light was off for a tick shows in the reading it was converted with.
 */
import { LightPath } from '../../control/light/path.ts';
import { eachChannel, LIGHT_CHANNEL_NAMES, LIGHT_CHANNELS } from '../../params/channels.ts';
import { chipOf } from '../../params/sensors.ts';
import type { Settings } from '../../params/settings.ts';
import { VERDICT_NAMES, type Verdict } from '../../params/verdict.ts';
import { type Instant, instant, LONG_AGO, micros, millis, type Span, seconds, since } from '../../units.ts';
import { RELIT_S } from '../dark.ts';
import { gapLimitS, plays } from '../observed.ts';
import { RunError } from '../problem.ts';
import type { RecordedRun } from '../record.ts';
import { type RowView, walk } from '../walk.ts';
import { lacksOf } from '../words.ts';
import { Edges } from './edges.ts';
import { longestRowMs, type ReplayTick, type RowFacts, TickMaker } from './ticks.ts';

export interface Difference {
  /** s since the recipe started. */
  readonly fromS: number;
  toS: number;
  readonly recorded: Verdict;
  readonly now: Verdict;
}

export interface Replay {
  /** Time in which two verdicts could be compared, and in which they agree, s. */
  readonly comparedS: number;
  readonly agreedS: number;
  /** 0..1; null where nothing could be compared. */
  readonly agreement: number | null;
  readonly differences: readonly Difference[];
  /** How often the record shows a dark frame where the light path of today wants none, or the other way round. */
  readonly otherFrames: number;
  /** The largest difference between the recorded estimate of the segregated share and the one of today; null without any. */
  readonly largestShareDifference: number | null;
  /** What the record does not hold, in sentences. */
  readonly limits: readonly string[];
}

const MOST_DIFFERENCES = 1000;
/** A reading below the first share of the lit ones before it is dark, above the second lit; between them nobody knows. */
const DARK = 0.5;
const LIT = 0.7;
/** Less light than this is not told from the dark, V. */
const LEAST_LIT_V = 0.01;
const RELIT = seconds(RELIT_S);

/** Whether the converter of the photodiodes takes one channel a reading. */
const scans = (settings: Settings): boolean => chipOf(settings, 'photodiodes').brings === 'one in turn';

/** The replay needs the readings of every tick. @throws RunError REPLAY_IMPOSSIBLE with what the record lacks */
function requireReadings(record: RecordedRun, settings: Settings): readonly string[] {
  const isScanner = scans(settings);
  const [tickMs, rowMs] = [settings['loop.tickMs'], settings['journal.rowMs']];
  const mostMs = longestRowMs(tickMs, isScanner);
  const refuse = (why: string): never => {
    throw new RunError('REPLAY_IMPOSSIBLE', record.folder, why);
  };
  if (record.parts.some(({ eventColumns }) => eventColumns === null))
    refuse('events.csv is missing, which holds the edges');
  for (const name of LIGHT_CHANNEL_NAMES)
    if (!record.columns.includes(LIGHT_CHANNELS[name].column))
      refuse(`the column ${LIGHT_CHANNELS[name].column} is missing`);
  // When such a reading began is in no column, nor which of its light was a dark frame’s.
  if (chipOf(settings, 'photodiodes').brings === 'gathered')
    refuse(`${settings['hal.photodiodes']} gathers light over several ticks, and the record does not say over which`);
  if (rowMs > mostMs)
    refuse(
      `it has a row every ${rowMs} ms, and ${settings['hal.photodiodes']} needs journal.rowMs = ${mostMs} or less`,
    );
  return rowMs > tickMs
    ? [
        `A row every ${rowMs} ms and a tick every ${tickMs} ms: light and temperature between rows are those of the next row.`,
      ]
    : [];
}

/**
 * Replays run `run` of a record (null = a record with no numbered run).
 * @param settings those of the run, with what is tried instead
 * @throws RunError REPLAY_IMPOSSIBLE where the rows do not hold every reading; rejects with a file error
 */
export async function replay(record: RecordedRun, run: number | null, settings: Settings): Promise<Replay> {
  const limits = requireReadings(record, settings);
  const player = new Player(record, settings, await Edges.of(record));
  const maker = new TickMaker(millis(settings['loop.tickMs']), scans(settings));
  const reader = new RowReader(settings, run);
  const { damaged } = await walk(record, null, {
    row: (row) => {
      for (const tick of maker.push(reader.factsOf(row))) player.push(tick);
    },
  });
  for (const tick of maker.end()) player.push(tick);
  player.end();
  const { comparedS, agreedS, differences, otherFrames, largestShareDifference } = player;
  const agreement = comparedS > 0 ? agreedS / comparedS : null;
  return {
    comparedS,
    agreedS,
    agreement,
    differences,
    otherFrames,
    largestShareDifference,
    limits: [...limits, ...player.limits, ...lacksOf(record.missing, damaged)],
  };
}

/** Takes from rows what the light path is given. */
class RowReader {
  private lastTimeS = Number.NaN;

  constructor(
    private readonly settings: Settings,
    private readonly run: number | null,
  ) {}

  factsOf(row: RowView): RowFacts {
    const timeS = row.number('time_s');
    // The clock of a recipe begins anew with each of them.
    const starts = !Number.isNaN(timeS) && !(timeS >= this.lastTimeS);
    this.lastTimeS = timeS;
    const volts = eachChannel((name) => row.number(LIGHT_CHANNELS[name].column));
    const verdict = VERDICT_NAMES.find((name) => name === row.text('verdict'));
    const desired = row.number('desired');
    const isOwn = plays(row) && (this.run === null || row.number('run') === this.run);
    return {
      monoUs: instant(Math.round(row.number('mono_s') * 1e6)),
      volts: Object.values(volts).some(Number.isNaN) ? null : volts,
      light: row.number('light') || 0,
      filmC: row.number(this.settings['heater.commissioned'] ? 'film_c' : 'tc_c'),
      periodUs: row.number('pulse_period_s') * 1e6,
      pulses: desired > 0 && desired < 1,
      compared: isOwn && verdict ? { timeS, verdict, segregated: row.number('segregated') } : null,
      starts,
    };
  }
}

/** Steps the light path, some ticks behind the record: whether a frame was made shows in a later reading. */
class Player {
  comparedS = 0;
  agreedS = 0;
  otherFrames = 0;
  largestShareDifference: number | null = null;
  readonly differences: Difference[] = [];
  private readonly path: LightPath;
  private readonly waiting: ReplayTick[] = [];
  private readonly litV = eachChannel(() => Number.NaN);
  private wantedUs: Span | null = null;
  private hasWindows = false;
  private light = 0;
  private relitAt = LONG_AGO;
  private before: { readonly timeS: number; readonly recorded: Verdict; readonly now: Verdict } | null = null;
  private readonly gapS: number;
  /** The reading that a frame shows in comes so many ticks after it was decided. */
  private readonly ahead: number;

  constructor(
    { facts }: RecordedRun,
    private readonly settings: Settings,
    private readonly edges: Edges,
  ) {
    this.path = new LightPath(settings, instant(0));
    this.gapS = gapLimitS(facts);
    this.ahead = scans(settings) ? 2 : 1;
  }

  get limits(): readonly string[] {
    return [
      ...(this.otherFrames > 0
        ? [`Dark frames: ${this.otherFrames} times the record and the light path of today differ on one.`]
        : []),
      ...(this.hasWindows
        ? ['The windows of a mode without t/T are in no column: they are taken from its pulses.']
        : []),
    ];
  }

  push(tick: ReplayTick): void {
    this.waiting.push(tick);
    if (this.waiting.length > this.ahead) this.step();
  }

  end(): void {
    while (this.waiting.length > 0) this.step();
  }

  private step(): void {
    const [tick] = this.waiting;
    if (!tick) return;
    const shown = this.waiting[this.ahead];
    this.waiting.shift();
    const { now, row, scan } = tick;
    if (row.starts && tick.isRow) this.path.start();
    const gate = this.edges.at(now);
    const pulses = this.wantedUs === null ? null : this.edges.planned(now, this.wantedUs);
    const full = Math.min(4.096, this.settings['photodiodes.supplyV']);
    const isKnown = Number.isFinite(row.filmC);
    const wish = this.path.step(
      {
        scan: scan && { ...scan.volts, takenAt: scan.takenAt, full },
        light: row.light,
        filmC: isKnown ? row.filmC : null,
        byModel: this.settings['heater.commissioned'] && isKnown,
        ...gate,
        pulses,
      },
      now,
    );
    this.relit(row.light, now);
    const isFrame = row.light > 0 && this.frameOf(wish, shown);
    this.path.lit(row.light > 0 && !isFrame, now);
    // The pattern that was wanted at this tick is what the next one is told.
    this.hasWindows ||= row.pulses && Number.isNaN(row.periodUs);
    this.wantedUs = row.pulses ? this.periodOf(row.periodUs) : null;
    if (tick.isRow) this.compare(row);
  }

  /** The period of a pattern; the windows of other modes are in no column, so that their pulses tell it. */
  private periodOf(recordedUs: number): Span {
    return Number.isNaN(recordedUs) ? this.edges.periodUs : micros(recordedUs);
  }

  /** In another light the readings before say nothing. */
  private relit(light: number, now: Instant): void {
    if (light !== this.light) this.relitAt = now;
    this.light = light;
    if (since(now, this.relitAt) < RELIT) for (const name of LIGHT_CHANNEL_NAMES) this.litV[name] = Number.NaN;
  }

  /** Whether a frame was made: what the record shows counts, and where it shows nothing the wish of the light path. */
  private frameOf(wish: boolean, shown: ReplayTick | undefined): boolean {
    const name = shown?.fresh[shown.fresh.length - 1];
    const volts = name && shown?.scan?.volts[name];
    if (!name || volts === undefined) return wish;
    const level = this.litV[name];
    const isTold = level >= LEAST_LIT_V;
    const isDark = isTold && volts < DARK * level;
    const isLit = !isTold || volts > LIT * level;
    const isFrame = isTold ? isDark || (wish && !isLit) : wish;
    if (isFrame !== wish) this.otherFrames += 1;
    if (!isFrame) this.litV[name] = volts;
    return isFrame;
  }

  private compare({ compared }: RowFacts): void {
    const { before } = this;
    if (before && compared) {
      const s = compared.timeS - before.timeS;
      if (s > 0 && s <= this.gapS) this.add(before, compared.timeS);
    }
    const { segregated } = this.path.view;
    if (compared && segregated !== null && !Number.isNaN(compared.segregated))
      this.largestShareDifference = Math.max(
        this.largestShareDifference ?? 0,
        Math.abs(segregated - compared.segregated),
      );
    this.before = compared && { timeS: compared.timeS, recorded: compared.verdict, now: this.path.view.verdict };
  }

  private add({ timeS, recorded, now }: NonNullable<Player['before']>, toS: number): void {
    this.comparedS += toS - timeS;
    if (recorded === now) {
      this.agreedS += toS - timeS;
      return;
    }
    const last = this.differences.at(-1);
    if (last && last.toS === timeS && last.recorded === recorded && last.now === now) last.toS = toS;
    else if (this.differences.length < MOST_DIFFERENCES) this.differences.push({ fromS: timeS, toS, recorded, now });
  }
}
