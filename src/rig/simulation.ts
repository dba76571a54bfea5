/**
 * The controller on its simulated bench in virtual time. The truth (the twin) is read here and nowhere in the
 * controller; the harness also plays what happens to the controller’s process.
 */
import type { SimBench } from '../hal/sim/bench.ts';
import { type InjectionName, injectionOf } from '../hal/sim/injection.ts';
import type { Controls } from '../params/controls.ts';
import type { RunEvent } from '../params/events.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import { SAFETY_STATES } from '../params/states.ts';
import type { Feed } from '../runtime/feed.ts';
import type { Loop } from '../runtime/loop.ts';
import { after, type Instant, later, micros, type Span, seconds, since } from '../units.ts';
import type { Rig } from './rig.ts';
import { TraceHash } from './trace.ts';
import { MOST_TRIPS, type Trip, TripWatch } from './trips.ts';

export interface InjectionOrder {
  readonly name: InjectionName;
  /** Seconds after the recipe started; below 0 = before arming. */
  readonly atS: number;
}

/** A trip while it is latched: from the fault that caused it to the last heat so far. */
interface Latched {
  readonly code: string;
  readonly name: string;
  readonly atS: number | null;
  readonly from: Instant;
  heatUs: Span;
}

export interface SimulationParts {
  readonly bench: SimBench;
  readonly tickUs: Span;
  readonly feed: Feed;
  /** Starts a controller on the bench; called again when the controller is restarted. */
  readonly startLoop: () => Loop;
}

/** A stopped controller is started again after this, as the service manager would. */
const RESTART_US = seconds(2);
/** Healthy time, proof test and some slack. */
const ARMING_US = seconds(20);

export class Simulation implements Rig {
  readonly bench: SimBench;
  readonly feed: Feed;
  /** Reaches the running controller, also after its process was restarted. */
  readonly controls: Controls;
  /** The running controller; another object after its process was restarted. */
  private loop: Loop;
  /** The newest settings; a restarted controller gets them again. */
  private tuned: Parameters<Controls['retune']> | null = null;
  /** Why the last arming was refused for good; null = it was not. */
  refused: string | null = null;
  /** Truth, updated every tick while the recipe runs. */
  peakSegregated = 0;
  private readonly trace = new TraceHash();
  private deadUntil: Instant | null = null;
  private readonly injected: { name: InjectionName; at: Instant }[] = [];
  private pending: InjectionOrder[];
  private readonly latched: Latched[] = [];
  private sumC = 0;
  private countC = 0;
  private maxC = Number.NEGATIVE_INFINITY;
  private readonly recentC: Float64Array;

  constructor(
    private readonly parts: SimulationParts,
    injections: readonly InjectionOrder[] = [],
  ) {
    this.bench = parts.bench;
    this.feed = parts.feed;
    this.loop = parts.startLoop();
    this.controls = {
      // A controller that is not there takes no order, and nothing is driven that a stop could end.
      ask: (ask) => (this.controllerAlive ? this.loop.ask(ask) : ask.kind === 'stop'),
      use: (recipe) => this.controllerAlive && this.loop.use(recipe),
      retune: (...tuned) => {
        this.tuned = tuned;
        this.loop.retune(...tuned);
      },
      outOfReach: (settings, recipe) => this.loop.outOfReach(settings, recipe),
    };
    this.feed.subscribe({ event: (event) => this.heard(event) });
    this.feed.subscribe(new TripWatch(({ fault }, event) => this.tripped(fault, event)));
    this.pending = [...injections];
    this.recentC = new Float64Array(Math.round(60e6 / parts.tickUs));
    this.injectDue();
  }

  now(): Instant {
    return this.bench.now;
  }

  truth(): { segregated: number; filmC: number } {
    const { twin } = this.bench;
    return { segregated: twin.film.segregated, filmC: twin.filmC };
  }

  heaterA(): number {
    return this.bench.heaterA;
  }

  async close(): Promise<void> {}

  /** One tick: time passes on the bench, then the controller (if it lives) acts. */
  tick(): void {
    const { bench } = this;
    bench.advanceTo(after(bench.now, this.parts.tickUs));
    if (this.deadUntil === null) this.loop.tick();
    else if (bench.now >= this.deadUntil) {
      this.deadUntil = null;
      this.loop = this.parts.startLoop();
      if (this.tuned) this.loop.retune(...this.tuned);
      this.loop.tick();
    }
    if (this.pending.length > 0) this.injectDue();
    this.observe();
  }

  /** Boots, orders the arming and ticks until the recipe starts. False when it does not start in time. */
  arm(): boolean {
    const { feed } = this;
    const until = after(this.bench.now, ARMING_US);
    this.refused = null;
    while (feed.latest.kernel.name !== 'armed' && this.refused === null && this.bench.now < until) {
      this.tick();
      const { name, armOrderedAt, calmSince } = feed.latest.kernel;
      // As a person at the bench would: order again when a fault that had dropped the order is gone.
      if (name === 'safe' && armOrderedAt === null && calmSince !== null) this.loop.ask({ kind: 'arm' });
    }
    return feed.latest.kernel.name === 'armed';
  }

  /** Runs for `spanS` simulated seconds. */
  run(spanS: number): void {
    const until = after(this.bench.now, seconds(spanS));
    while (this.bench.now < until) this.tick();
  }

  /** False between the death of the controller’s process and its restart. */
  get controllerAlive(): boolean {
    return this.deadUntil === null;
  }

  private get startedAt(): Instant | null {
    return this.feed.latest.startedAt;
  }

  private injectDue(): void {
    const { startedAt } = this;
    this.pending = this.pending.filter((order) => {
      if (order.atS >= 0 && startedAt === null) return true;
      const at = order.atS < 0 || startedAt === null ? this.bench.now : after(startedAt, seconds(order.atS));
      if (at > after(this.bench.now, this.parts.tickUs)) return true;
      this.bench.schedule(later(at, this.bench.now), () => this.happen(order.name));
      return false;
    });
  }

  private happen(name: InjectionName): void {
    this.injected.push({ name, at: this.bench.now });
    const { inject } = injectionOf(name);
    if (inject) inject(this.bench);
    else this.deadUntil = after(this.bench.now, RESTART_US);
  }

  private observe(): void {
    const { bench, trace } = this;
    const { twin } = bench;
    const { filmC } = twin;
    const x = twin.film.segregated;
    const { kernel, thermocouple, infrared, power, photodiodes, gate, startedAt } = this.feed.latest;
    trace.add(SAFETY_STATES.indexOf(kernel.name));
    trace.add(filmC);
    trace.add(x);
    trace.add(bench.heaterA);
    trace.add(thermocouple.value?.celsius ?? Number.NaN);
    trace.add(infrared.value?.objectC ?? Number.NaN);
    trace.add(power.value?.amps ?? Number.NaN);
    trace.add(photodiodes.value?.red ?? Number.NaN);
    trace.add(gate.heatedUs);
    if (x > this.peakSegregated) this.peakSegregated = x;
    if (startedAt !== null) {
      this.sumC += filmC;
      this.recentC[this.countC % this.recentC.length] = filmC;
      this.countC += 1;
      if (filmC > this.maxC) this.maxC = filmC;
    }
    const trip = this.latched.at(-1);
    if (kernel.latch && trip) trip.heatUs = since(bench.lastHeatUs, trip.from);
  }

  /** Notes that the arming was refused for good: asking again would change nothing. */
  private heard(event: RunEvent): void {
    if (event.kind === 'refused' && event.name === 'arm' && event.code !== undefined) this.refused = event.text;
  }

  /** Notes a trip with the injected fault that is its likely cause. */
  private tripped(name: FaultName, { at, timeS }: RunEvent): void {
    const cause =
      this.injected.findLast((i) => injectionOf(i.name).expect.some((fault) => fault === name)) ?? this.injected.at(-1);
    if (this.latched.length >= MOST_TRIPS) return;
    this.latched.push({ code: FAULTS[name].code, name, atS: timeS, from: this.began(cause) ?? at, heatUs: micros(0) });
  }

  /** When an injected fault began to do harm. */
  private began(cause: { name: InjectionName; at: Instant } | undefined): Instant | null {
    return cause ? (injectionOf(cause.name).begins?.(this.bench) ?? cause.at) : null;
  }

  trips(): Trip[] {
    return this.latched.map(({ code, name, atS, heatUs }) => ({
      code,
      name,
      atS,
      heaterOffAfterMs: Math.max(0, Math.round(heatUs / 100) / 10),
    }));
  }

  /** Film temperature since the recipe started; `swing` is peak to peak over the last minute. */
  temperature(): { mean: number; swing: number; max: number } {
    const n = Math.min(this.countC, this.recentC.length);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < n; i += 1) {
      low = Math.min(low, this.recentC[i]!);
      high = Math.max(high, this.recentC[i]!);
    }
    // Nothing ran: the film is as it is.
    if (n === 0) return { mean: this.bench.twin.filmC, swing: 0, max: this.bench.twin.filmC };
    return { mean: this.sumC / this.countC, swing: high - low, max: this.maxC };
  }

  digest(): string {
    return this.trace.digest();
  }
}
