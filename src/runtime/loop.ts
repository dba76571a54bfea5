/**
 * The tick: sense -> detect -> decide -> control -> gate-keeper -> snapshot -> feed the pump. Everything that thinks is
 * elsewhere; here is only the order in which it happens. The same code runs in virtual and in real time. What it came to
 * leaves as one snapshot a tick and as events; requests come in through the mailbox.
 */
import { CONTROL_OFF, type ControlState, stepControl } from '../control/controller.ts';
import { isOtherPulse, type Order, orderFrom, orderOf } from '../control/order.ts';
import { guard, ONSET_IDLE, type OnsetState, release, stepOnset } from '../control/pl/onset.ts';
import { type RecipeState, startRecipe, stepRecipe } from '../control/recipe.ts';
import type { Pattern } from '../control/wanted.ts';
import type { Hal, InfraredSample, PhotodiodeSample, PowerSample, ThermocoupleSample } from '../hal/ports.ts';
import type { Ask, Controls } from '../params/controls.ts';
import type { EventBody } from '../params/events.ts';
import type { FaultName } from '../params/faults.ts';
import { type Recipe, type RecipeStep, secondsFromEach } from '../params/recipe.ts';
import { SETTING_KEYS, type Settings, settingRow } from '../params/settings.ts';
import type { Measured, ProgressView, Snapshot } from '../params/snapshot.ts';
import type { SafetyState } from '../params/states.ts';
import type { GateKeeper } from '../safety/gate-keeper.ts';
import { Interlocks, type Readings } from '../safety/interlocks.ts';
import { bootState, isDriven, isQuiet, type KernelState, PERMITS, recordOf, stepKernel } from '../safety/kernel.ts';
import type { SensorWatch } from '../safety/watch.ts';
import { after, type Instant, inSeconds, LONG_AGO, millis, type Ratio, ratio, type Span, since } from '../units.ts';
import type { Clock } from './clock.ts';
import type { Feed } from './feed.ts';
import { gateEvent } from './gate-event.ts';
import type { LatchStore } from './latch.ts';
import { Sampler } from './sampler.ts';

export interface LoopParts {
  readonly clock: Clock;
  /** The gate is not among the ports: only its keeper may speak to it. */
  readonly hal: Omit<Hal, 'gate'>;
  readonly keeper: GateKeeper;
  readonly settings: Settings;
  readonly recipe: Recipe;
  readonly latch: LatchStore;
  readonly feed: Feed;
  /** True while the run’s record cannot be written (I22). */
  readonly recordFailing: () => boolean;
}

/** Asks wait here for the next tick; more than this at once are refused. */
const MAILBOX = 16;
const NO_FAULTS: readonly FaultName[] = [];
const SAVE_AGAIN_US = millis(1000);
const NO_PROGRESS: ProgressView = { step: null, number: 0, of: 0, leftS: null };

export class Loop implements Controls {
  private kernel: KernelState;
  private faults: readonly FaultName[] = NO_FAULTS;
  private readonly interlocks: Interlocks;
  private readonly keeper: GateKeeper;
  /** What control wants, as a pattern. */
  private wanted: Pattern | null = null;
  private order: Order;
  private light: Ratio = 0;
  private step: RecipeStep | null = null;
  private startedAt: Instant | null = null;
  /** True once the recipe has come to its end. */
  private finished = false;
  /** What the photoluminescence says of settings on trial. */
  private onset: OnsetState = ONSET_IDLE;

  private settings: Settings;
  /** What was asked for last; while something is driven its idle settings wait. */
  private asked: Settings;
  private tuning = { revision: 0, trial: false };
  private recipeInUse: Recipe;
  /** Seconds that the steps from each one on can take. */
  private secondsFrom: readonly number[];
  private settingsOrder: Order;
  private control: ControlState = CONTROL_OFF;
  private recipe: RecipeState | null = null;
  private mailbox: Ask[] = [];
  private pumpFed = false;
  private pumpSince: Instant;
  private toggledAt = LONG_AGO;
  private enabledUntil = LONG_AGO;
  private readonly holdUs: Span;
  /** The newest durable record could not be written yet; tried again every second. */
  private unsavedSince: Instant | null = null;
  private saveAgainAt = LONG_AGO;
  private before: Instant;
  private heatedBefore: Span;
  private unsound = false;
  private tripTold: number | null = null;
  private readonly thermocouple: Sampler<ThermocoupleSample>;
  private readonly infrared: Sampler<InfraredSample>;
  private readonly power: Sampler<PowerSample>;
  private readonly photodiodes: Sampler<PhotodiodeSample>;

  constructor(private readonly parts: LoopParts) {
    const { clock, hal, settings } = parts;
    const now = clock.now();
    this.settings = settings;
    this.asked = settings;
    this.recipeInUse = parts.recipe;
    this.secondsFrom = secondsFromEach(parts.recipe);
    this.settingsOrder = orderFrom(settings);
    this.order = { ...this.settingsOrder, mode: 'off' };
    this.kernel = bootState(now);
    this.interlocks = new Interlocks(settings, now);
    this.keeper = parts.keeper;
    this.holdUs = millis(settings['enable.holdMs']);
    const tickUs = millis(settings['loop.tickMs']);
    this.thermocouple = new Sampler(hal.thermocouple, hal.thermocouple.intervalUs);
    this.infrared = new Sampler(hal.infrared, hal.infrared.intervalUs);
    this.power = new Sampler(hal.power, tickUs);
    this.photodiodes = new Sampler(hal.photodiodes, tickUs);
    this.pumpSince = now;
    this.before = now;
    this.heatedBefore = parts.keeper.state.heatedUs;
    hal.light.set(0);
    parts.feed.begin(this.look(now));
  }

  /** Leaves a request for the next tick. False when the mailbox is full; a stop always fits. */
  ask(ask: Ask): boolean {
    // Nothing that could lead to heat outlives a stop; an acknowledgement that was answered for does.
    if (ask.kind === 'stop') this.mailbox = [ask, ...this.mailbox.filter(isNeutral)];
    else if (this.mailbox.length < MAILBOX) this.mailbox.push(ask);
    else return false;
    return true;
  }

  /** Another recipe for the next run. False while something is driven: a run keeps the recipe that it was armed with. */
  use(recipe: Recipe): boolean {
    if (isDriven(this.kernel.name)) return false;
    this.recipeInUse = recipe;
    this.secondsFrom = secondsFromEach(recipe);
    this.finished = false;
    return true;
  }

  /** Begins or ends to watch the PL for the onset of segregation, from its present level. */
  guardPl(on: boolean): void {
    this.onset = on ? guard(this.onset) : release(this.onset);
  }

  /**
   * Takes changed settings: live ones act at the next period boundary, idle ones when nothing is driven any more. What a
   * recipe step fixes stays fixed. `revision` and `trial` go into every snapshot from now on.
   */
  retune(settings: Settings, revision: number, trial = false): void {
    this.tuning = { revision, trial };
    this.asked = settings;
    this.settings = isDriven(this.kernel.name) ? withIdleOf(settings, this.settings) : settings;
    this.settingsOrder = orderFrom(this.settings);
    if (this.step) this.order = orderOf(this.step, this.settingsOrder);
  }

  /** One full tick at the clock’s present instant. */
  tick(): void {
    const { clock, hal } = this.parts;
    const now = clock.now();
    const readings = {
      thermocouple: this.thermocouple.poll(now),
      infrared: this.infrared.poll(now),
      power: this.power.poll(now),
      photodiodes: this.photodiodes.poll(now),
    };
    for (const event of this.keeper.account(now, this.enabledUntil)) {
      const body = gateEvent(event);
      if (body) this.emit(body, body.kind === 'edge' ? body.achievedUs : now);
    }
    this.detect(readings, now);
    const before = this.kernel;
    const next = this.decide(now);
    this.act(before, next, now);
    this.tell(before, now);
    const pl = readings.photodiodes?.ok ? readings.photodiodes.value : null;
    const { light, wanted } = this;
    this.onset = stepOnset(this.onset, this.settings['pl.risingBand'], { pl, light, wanted }, now);
    this.parts.feed.publish(this.look(now));
    // Last of all, and only after a full good tick: the edge that keeps the ENABLE switch closed.
    // A tick that found the order before unanswered is not good: a gate that hangs holds its line as it was.
    if (this.pumpFed && this.keeper.answered) {
      hal.pump.toggle();
      // Two edges inside the hold time close the switch; one alone does not.
      if (since(now, this.toggledAt) <= this.holdUs) this.enabledUntil = after(now, this.holdUs);
      this.toggledAt = now;
    }
    this.before = now;
  }

  private detect(readings: Readings, now: Instant): void {
    const { hal, recordFailing } = this.parts;
    const span = since(now, this.before);
    // A tick later than the hold time has opened ENABLE; it needs its edges anew.
    if (this.pumpFed && since(now, this.toggledAt) > this.holdUs && now > this.pumpSince) this.pumpSince = now;
    const heated = this.keeper.state.heatedUs;
    const duty = ratio(span > 0 ? (heated - this.heatedBefore) / span : 0);
    this.heatedBefore = heated;
    const faults = this.interlocks.step(
      {
        readings,
        estopClosed: hal.estop.closed(),
        lidClosed: hal.lid.closed(),
        gate: this.keeper.state,
        driven: isDriven(this.kernel.name),
        pumpFed: this.pumpFed,
        pumpSince: this.pumpSince,
        latchUnsaved: this.unsavedSince !== null,
        drained: this.keeper.drained,
        heldBack: this.keeper.heldBack,
        constant: this.constantNow(),
        duty,
        light: this.light,
        journalFailing: recordFailing(),
        unsound: this.unsound,
      },
      now,
    );
    for (const fault of faults) if (!this.faults.includes(fault)) this.emit({ kind: 'fault', fault }, now);
    for (const fault of this.faults) if (!faults.includes(fault)) this.emit({ kind: 'clear', fault }, now);
    this.faults = faults;
  }

  private constantNow(): boolean {
    const p = this.keeper.permitted;
    return p !== null && p.onUs === p.periodUs;
  }

  private decide(now: Instant): KernelState {
    // What was asked before the durable record was read waits for the tick after.
    const ask = this.kernel.name === 'boot' ? null : (this.mailbox.shift() ?? null);
    const { electrical } = this.interlocks;
    const next = stepKernel(
      this.kernel,
      {
        faults: this.faults,
        ask,
        quietUs: electrical.quietUs,
        enableOpenUs: electrical.enableOpenUs,
        gateOpenUs: electrical.gateOpenUs,
        proven: electrical.proven,
        runOver: this.finished,
        drained: this.keeper.drained,
        record: this.kernel.name === 'boot' ? this.parts.latch.load() : null,
      },
      now,
    );
    if (ask && ignored(ask, this.kernel, next)) {
      this.emit({ kind: 'refused', name: ask.kind, text: 'The safety kernel cannot do this now.' }, now);
    }
    return next;
  }

  /** Heat is taken away before anything else is done, and given only after the record of it is safe. */
  private act(before: KernelState, next: KernelState, now: Instant): void {
    let state = next;
    const arming = isDriven(next.name) && !isDriven(before.name);
    if (arming && !this.save(next, now)) state = before;
    if (state.name !== before.name) this.enter(state.name, now);
    if (this.asked !== this.settings && !isDriven(state.name))
      this.retune(this.asked, this.tuning.revision, this.tuning.trial);
    const permit = PERMITS[state.name];
    this.wanted = state.name === 'armed' ? this.run(now) : this.rest();
    this.unsound = !this.keeper.order(permit.gate, this.wanted, now);
    if (this.pumpFed !== permit.pump) {
      this.pumpFed = permit.pump;
      this.pumpSince = now;
    }
    this.kernel = state;
    const changed = state.latch !== before.latch || isDriven(state.name) !== isDriven(before.name);
    if ((changed && !arming) || (this.unsavedSince !== null && now >= this.saveAgainAt)) this.save(state, now);
  }

  private enter(name: SafetyState, now: Instant): void {
    if (name === 'prove') this.interlocks.electrical.proven = false;
    if (name === 'test-enable') this.finished = false;
    if (name === 'armed') {
      this.recipe = startRecipe(now);
      this.startedAt = now;
      this.control = CONTROL_OFF;
    }
  }

  /** The recipe and the control mode, while armed. */
  private run(now: Instant): Pattern | null {
    const recipe = this.recipeInUse;
    const filmC = this.interlocks.thermocouple.value?.celsius ?? null;
    const progress = stepRecipe(recipe, this.recipe ?? startRecipe(now), filmC, now);
    if (progress.step !== this.step) {
      if (progress.step) this.emit({ kind: 'recipe', step: progress.step }, now);
      this.step = progress.step;
      const order = orderOf(progress.step, this.settingsOrder);
      if (isOtherPulse(order, this.order)) this.control = CONTROL_OFF;
      this.order = order;
    }
    this.recipe = progress.state;
    if (progress.over) {
      this.finished = true;
      return this.rest();
    }
    if (recipe.followSettings) this.order = this.settingsOrder;
    this.setLight(ratio(progress.step?.light ?? recipe.light ?? this.settings['light.level']));
    const { state, wanted } = stepControl(
      this.control,
      this.order,
      { filmC, recentDuty: this.keeper.recentDuty, heatedUs: this.keeper.state.heatedUs },
      now,
    );
    this.control = state;
    return wanted;
  }

  /** Not armed: nothing wanted, light off. */
  private rest(): null {
    this.step = null;
    this.setLight(0);
    return null;
  }

  private setLight(level: Ratio): void {
    // At every tick: a failed write is repeated by the next.
    this.light = level;
    this.parts.hal.light.set(level);
  }

  private save(state: KernelState, now: Instant): boolean {
    try {
      this.parts.latch.save(recordOf(state, now));
      this.unsavedSince = null;
      return true;
    } catch (error) {
      if (this.unsavedSince === null) {
        this.emit({ kind: 'disk', code: 'latch-unwritable', text: (error as Error).message }, now);
      }
      this.unsavedSince ??= now;
      this.saveAgainAt = after(now, SAVE_AGAIN_US);
      return false;
    }
  }

  private emit(body: EventBody, at: Instant): void {
    this.parts.feed.emit(body, at, this.startedAt);
  }

  /** Says how the kernel’s state changed; a trip once, also one that was found latched at the start. */
  private tell(before: KernelState, now: Instant): void {
    const { name, latch } = this.kernel;
    if (before.name !== name) this.emit({ kind: 'state', from: before.name, to: name, latch }, now);
    if (latch && latch.trip !== this.tripTold) this.emit({ kind: 'trip', latch }, now);
    this.tripTold = latch?.trip ?? null;
  }

  /** Everything that is shown and recorded of this instant. */
  private look(now: Instant): Snapshot {
    const { kernel, interlocks, keeper, order } = this;
    const { high, lastRiseUs, lastFallUs, heatedUs, edges } = keeper.state;
    return Object.freeze({
      at: now,
      simulated: this.parts.hal.simulated,
      kernel,
      driven: isDriven(kernel.name),
      ordered: kernel.armOrderedAt !== null || (this.mailbox.length > 0 && this.mailbox.some(isArm)),
      faults: this.faults,
      thermocouple: measured(interlocks.thermocouple),
      infrared: measured(interlocks.infrared),
      power: measured(interlocks.power),
      photodiodes: measured(interlocks.photodiodes),
      wanted: this.wanted,
      permitted: keeper.permitted,
      gate: { high, lastRiseUs, lastFallUs, heatedUs, edges },
      drained: keeper.drained,
      quiet: isQuiet(interlocks.electrical.quietUs),
      order,
      light: this.light,
      startedAt: this.startedAt,
      progress: this.step && kernel.name === 'armed' ? this.progress(this.step, now) : NO_PROGRESS,
      finished: this.finished,
      plAlarm: this.onset.alarm,
      settings: this.settings,
      ...this.tuning,
      run: this.parts.feed.run,
      recipe: this.recipeInUse.name,
    });
  }

  private progress(step: RecipeStep, now: Instant): ProgressView {
    const { index, stepStartUs } = this.recipe ?? startRecipe(now);
    const leftS = Math.max(0, (this.secondsFrom[index] ?? 0) - inSeconds(since(now, stepStartUs)));
    return { step, number: index + 1, of: this.recipeInUse.steps.length, leftS };
  }
}

const isArm = ({ kind }: Ask): boolean => kind === 'arm';
const isNeutral = ({ kind }: Ask): boolean => kind === 'acknowledge' || kind === 'reset';

/** Whether the kernel did nothing about a request. A stop that finds nothing to stop was obeyed all the same. */
const ignored = (ask: Ask, before: KernelState, after: KernelState): boolean =>
  ask.kind !== 'stop' && after.name === before.name && after.armOrderedAt === before.armOrderedAt;

function measured<T>({ value, at, good, why }: SensorWatch<T>): Measured<T> {
  const quality = value !== null ? 'ok' : why ? `${why.kind}${why.detail ? ` ${why.detail}` : ''}` : 'stale';
  return { value, at, good, quality };
}

const IDLE = SETTING_KEYS.filter((key) => settingRow(key).applies === 'idle');

/** Settings with the idle ones of others. */
const withIdleOf = (settings: Settings, others: Settings): Settings => ({
  ...settings,
  ...Object.fromEntries(IDLE.map((key) => [key, others[key]])),
});
