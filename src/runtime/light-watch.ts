/** The excitation and what the light of the film says: sets the one, with its dark frames, and tells the other. */
import { CauseFinder } from '../control/light/cause.ts';
import type { LightInput, Scan } from '../control/light/input.ts';
import { LightPath } from '../control/light/path.ts';
import type { Pattern } from '../control/wanted.ts';
import { causeRow, causeText, type SightView } from '../params/cause.ts';
import type { EventBody } from '../params/events.ts';
import type { Settings } from '../params/settings.ts';
import { verdictWhy } from '../params/verdict.ts';
import { after, type Celsius, type Instant, type Ratio, since, times } from '../units.ts';

export interface LightTick {
  readonly scan: Scan | null;
  readonly filmC: Celsius | null;
  readonly byModel: boolean;
  readonly gate: { readonly high: boolean; readonly lastRiseUs: Instant; readonly lastFallUs: Instant };
  readonly wanted: Pattern | null;
}

export class LightWatch {
  private readonly path: LightPath;
  private causes: CauseFinder;
  private looked: LightPath['concluded'] = null;
  private shown: LightPath['view'];
  private now: SightView;

  constructor(
    private readonly port: { set(level: Ratio): void },
    private readonly settings: Settings,
    private readonly emit: (body: EventBody, at: Instant) => void,
    now: Instant,
  ) {
    this.path = new LightPath(settings, now);
    this.causes = new CauseFinder(settings['pl.segregatedRatio'], now);
    this.shown = this.path.view;
    this.now = { ...this.shown, cause: this.causes.view };
    port.set(0);
  }

  /** Excitation asked for, 0..1. */
  get level(): Ratio {
    return this.path.light;
  }

  get view(): SightView {
    return this.now;
  }

  /** A run begins. */
  start(now: Instant): void {
    this.path.start();
    this.causes = new CauseFinder(this.settings['pl.segregatedRatio'], now);
  }

  /** Sets the excitation at every tick, so that a failed write is repeated by the next, and looks at the film. */
  set(level: Ratio, { scan, filmC, byModel, gate, wanted }: LightTick, now: Instant): void {
    const { high, lastRiseUs, lastFallUs } = gate;
    const pulses = pulsesOf(wanted, now);
    const frame = this.path.step(
      { scan, light: level, filmC, byModel, gateHigh: high, lastRiseUs, lastFallUs, pulses },
      now,
    );
    this.port.set(frame ? 0 : level);
    this.path.lit(level > 0 && !frame, now);
    const { concluded, view } = this.path;
    if (concluded && concluded !== this.looked) {
      // Levels of another light say nothing of this one.
      if (this.looked && concluded.light !== this.looked.light)
        this.causes = new CauseFinder(this.settings['pl.segregatedRatio'], now);
      this.causes.take(concluded, now);
    }
    this.looked = concluded;
    const was = this.now;
    const cause = this.causes.view;
    if (cause === was.cause && view === this.shown) return;
    this.shown = view;
    this.now = { ...view, cause };
    this.tell(was, now);
  }

  private tell(was: SightView, now: Instant): void {
    const { verdict, sight, segregated, cause } = this.now;
    if (verdict !== was.verdict || sight !== was.sight) {
      const text = verdictWhy(this.now);
      this.emit({ kind: 'verdict', from: was.verdict, to: verdict, sight, segregated, text }, now);
    }
    if (cause.name === was.cause.name) return;
    const text = `${causeText(cause)}. ${causeRow(cause.name).sentence}`;
    this.emit({ kind: 'cause', from: was.cause.name, to: cause.name, text }, now);
  }
}

/** The next pulse of a pattern after `now`; null where it has none. */
function pulsesOf(pattern: Pattern | null, now: Instant): LightInput['pulses'] {
  if (!pattern || pattern.onUs >= pattern.periodUs) return null;
  const { startUs, periodUs } = pattern;
  if (now < startUs) return { nextUs: startUs, periodUs };
  return { nextUs: after(startUs, times(periodUs, Math.floor(since(now, startUs) / periodUs) + 1)), periodUs };
}
