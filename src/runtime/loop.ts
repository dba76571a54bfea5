/**
 * The tick: sense -> detect -> decide -> control -> gate-keeper -> snapshot -> feed the pump. Everything that thinks is
 * elsewhere; here is only the order in which it happens. The same code runs in virtual and in real time. What it came to
 * leaves as one snapshot a tick and as events; requests come in through the mailbox.
 */
import { CONTROL_OFF, type ControlState, stepControl } from '../control/controller.ts';
import { isOtherPulse, movedTo, type Order, orderFrom, orderOf } from '../control/order.ts';
import { OUT_OF_REACH } from '../control/reach.ts';
import { type RecipeState, startRecipe, stepRecipe } from '../control/recipe.ts';
import type { Pattern } from '../control/wanted.ts';
import type { Hal, InfraredSample, PhotodiodeSample, PowerSample, ThermocoupleSample } from '../hal/ports.ts';
import type { Ask, Controls } from '../params/controls.ts';
import type { EventBody } from '../params/events.ts';
import type { FaultName } from '../params/faults.ts';
import { type Recipe, type RecipeStep, secondsFromEach } from '../params/recipe.ts';
import { type Settings, withIdleOf } from '../params/settings.ts';
import type { ProgressView, Snapshot } from '../params/snapshot.ts';
import { isRunning, type SafetyState } from '../params/states.ts';
import { EnablePump, enableNeeded } from '../safety/enable.ts';
import { type GateKeeper, lowSince } from '../safety/gate-keeper.ts';
import { Interlocks, type Readings } from '../safety/interlocks.ts';
import { bootState, isQuiet, type KernelState, PERMITS, stepKernel } from '../safety/kernel.ts';
import { type Instant, inSeconds, millis, type Ratio, ratio, type Span, since } from '../units.ts';
import { Alarms } from './alarms.ts';
import type { Clock } from './clock.ts';
import type { Feed } from './feed.ts';
import { FilmWatch } from './film-watch.ts';
import { gateEvent } from './gate-event.ts';
import { Durable, type LatchStore } from './latch.ts';
import { LightWatch } from './light-watch.ts';
import { Mailbox } from './mailbox.ts';
import { refusalOf, refusedAsk } from './refusal.ts';
import { Sampler } from './sampler.ts';
import { gateView, heatOf, measured } from './views.ts';

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

const NO_FAULTS: readonly FaultName[] = [];
const NO_PROGRESS: ProgressView = { step: null, number: 0, of: 0, leftS: null };

export class Loop implements Controls {
  private kernel: KernelState;
  private faults: readonly FaultName[] = NO_FAULTS;
  private readonly interlocks: Interlocks;
  private readonly keeper: GateKeeper;
  /** What control wants, as a pattern. */
  private wanted: Pattern | null = null;
  private order: Order;
  private readonly light: LightWatch;
  /** Excitation that the run asks for, until it is set. */
  private level: Ratio = 0;
  /** This tick’s photodiodes. */
  private scan: PhotodiodeSample | null = null;
  private step: RecipeStep | null = null;
  private startedAt: Instant | null = null;
  /** True once the recipe has come to its end. */
  private finished = false;
  private readonly alarms = new Alarms(this.emit.bind(this), this.ask.bind(this));

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
  private readonly mailbox = new Mailbox();
  private readonly pump: EnablePump;
  private readonly film: FilmWatch;
  private readonly durable: Durable;
  private diskTold: string | null = null;
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
    this.durable = new Durable(parts.latch);
    this.film = new FilmWatch(this.interlocks, settings['heater.commissioned'], parts.keeper.budget);
    this.pump = new EnablePump(hal.pump, millis(settings['enable.holdMs']), now);
    const tickUs = millis(settings['loop.tickMs']);
    this.thermocouple = new Sampler(hal.thermocouple, hal.thermocouple.intervalUs);
    this.infrared = new Sampler(hal.infrared, hal.infrared.intervalUs);
    this.power = new Sampler(hal.power, tickUs);
    this.photodiodes = new Sampler(hal.photodiodes, tickUs);
    this.before = now;
    this.heatedBefore = parts.keeper.state.heatedUs;
    this.light = new LightWatch(hal.light, settings, this.emit.bind(this), now);
    parts.feed.begin(this.look(now));
  }

  /** Leaves a request for the next tick. False when the mailbox is full; a stop always fits. */
  ask(ask: Ask): boolean {
    return this.mailbox.put(ask);
  }

  /** Another recipe for the next run. False while something is driven: a run keeps the recipe that it was armed with. */
  use(recipe: Recipe): boolean {
    if (isRunning(this.kernel.name)) return false;
    this.recipeInUse = recipe;
    this.secondsFrom = secondsFromEach(recipe);
    this.finished = false;
    return true;
  }

  outOfReach(settings: Settings, recipe: Recipe | null): string | null {
    return this.film.outOfReach(settings, recipe);
  }

  /**
   * Takes changed settings: live ones act at the next period boundary, idle ones when nothing is driven any more. What a
   * recipe step fixes stays fixed. `revision` and `trial` go into every snapshot from now on.
   */
  retune(settings: Settings, revision: number, trial = false): void {
    this.tuning = { revision, trial };
    this.asked = settings;
    this.settings = isRunning(this.kernel.name) ? withIdleOf(settings, this.settings) : settings;
    this.settingsOrder = orderFrom(this.settings);
    if (this.step) this.order = orderOf(this.step, this.settingsOrder);
  }

  /** One full tick at the clock’s present instant. */
  tick(): void {
    const now = this.parts.clock.now();
    const readings = {
      thermocouple: this.thermocouple.poll(now),
      infrared: this.infrared.poll(now),
      power: this.power.poll(now),
      photodiodes: this.photodiodes.poll(now),
    };
    for (const event of this.keeper.account(now, this.pump.closedUntil)) {
      const body = gateEvent(event);
      if (body) this.emit(body, body.kind === 'edge' ? body.achievedUs : now);
    }
    this.detect(readings, now);
    this.scan = readings.photodiodes?.ok ? readings.photodiodes.value : null;
    const before = this.kernel;
    const next = this.decide(now);
    this.act(before, next, now);
    this.tell(before, now);
    const { order, settings } = this;
    const { filmC } = this.film.seen;
    const { heatedUs } = this.keeper.state;
    this.alarms.tick(this.kernel.name, settings, { filmC, order, heatedUs, light: this.light }, now);
    this.parts.feed.publish(this.look(now));
    // Last of all, and only after a full good tick: the edge that keeps the ENABLE switch closed.
    // A tick that found the order before unanswered is not good: a gate that hangs holds its line as it was.
    if (this.keeper.answered) this.pump.edge(now);
    this.before = now;
  }

  private detect(readings: Readings, now: Instant): void {
    const { hal, recordFailing } = this.parts;
    const span = since(now, this.before);
    this.pump.noteLateness(now);
    const heated = this.keeper.state.heatedUs;
    const { constant, periodS } = heatOf(this.keeper.permitted);
    const duty = ratio(span > 0 ? (heated - this.heatedBefore) / span : 0);
    this.heatedBefore = heated;
    const faults = this.interlocks.step(
      {
        readings,
        estopClosed: hal.estop.closed(),
        lidClosed: hal.lid.closed(),
        gate: this.keeper.state,
        driven: isRunning(this.kernel.name),
        gateTested: this.kernel.name === 'test-gate',
        pumpFed: this.pump.fed,
        pumpSince: this.pump.since,
        latchUnsaved: this.durable.unsaved(now),
        drained: this.keeper.drained,
        heldBack: this.keeper.heldBack,
        constant,
        periodS,
        duty,
        light: this.light.level,
        journalFailing: recordFailing(),
        unsound: this.unsound,
      },
      now,
    );
    for (const fault of faults) if (!this.faults.includes(fault)) this.emit({ kind: 'fault', fault }, now);
    for (const fault of this.faults) if (!faults.includes(fault)) this.emit({ kind: 'clear', fault }, now);
    this.faults = faults;
  }

  private decide(now: Instant): KernelState {
    // What was asked before the durable record was read waits for the tick after.
    const asked = this.kernel.name === 'boot' ? null : this.mailbox.take();
    const ask = asked?.kind === 'arm' && this.isBeyond(now) ? null : asked;
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
        record: this.kernel.name === 'boot' ? this.durable.load() : null,
      },
      now,
    );
    const refused = refusedAsk(ask, this.kernel, next);
    if (refused) this.refuse(refused, now);
    // When it was ordered, the sensors may not have been read yet.
    const begins = isRunning(next.name) && !isRunning(this.kernel.name);
    return begins && this.isBeyond(now) ? { ...this.kernel, armOrderedAt: null } : next;
  }

  /** Whether the run that is ordered asks for more than the heat can do; says so. */
  private isBeyond(now: Instant): boolean {
    const text = this.outOfReach(this.asked, this.recipeInUse);
    if (text !== null) this.emit({ kind: 'refused', name: 'arm', text, code: OUT_OF_REACH }, now);
    return text !== null;
  }

  private refuse(ask: Ask, now: Instant): void {
    const { kernel, faults, keeper } = this;
    const quiet = isQuiet(this.interlocks.electrical.quietUs);
    const text = refusalOf(ask, { kernel, faults, drained: keeper.drained, quiet, stored: this.durable.kept });
    this.emit({ kind: 'refused', name: ask.kind, text }, now);
  }

  /** Heat is taken away before anything else is done, and given only after the record of it is safe. */
  private act(before: KernelState, next: KernelState, now: Instant): void {
    const arming = isRunning(next.name) && !isRunning(before.name);
    const state = arming && !this.durable.keep(next, now) ? waiting(before, next, now) : next;
    if (state.name !== before.name && before.name !== 'paused') this.enter(state.name, now);
    if (this.asked !== this.settings && !isRunning(state.name))
      this.retune(this.asked, this.tuning.revision, this.tuning.trial);
    const permit = PERMITS[state.name];
    const { wanted } = this;
    this.wanted = plays(state.name) ? this.run(now) : this.rest(now);
    this.unsound = !this.keeper.order(permit.gate, this.wanted, now);
    // The heat comes first: a slow listener to a verdict must not delay it.
    this.setLight(wanted, now);
    const { permitted, state: account } = this.keeper;
    const needed = permit.gate !== 'run' || enableNeeded(permitted, lowSince(account), now);
    this.pump.order(permit.pump && needed, now);
    this.kernel = state;
    if (!arming) this.durable.keep(state, now);
    const { error } = this.durable;
    if (error !== null && this.diskTold === null) {
      this.emit({ kind: 'disk', code: 'latch-unwritable', text: error }, now);
    }
    this.diskTold = error;
  }

  private enter(name: SafetyState, now: Instant): void {
    if (name === 'prove') this.interlocks.electrical.proven = false;
    if (name === 'test-enable') this.finished = false;
    if (name === 'armed') {
      this.recipe = startRecipe(now);
      this.startedAt = now;
      this.film.start();
      this.light.start(now);
      this.control = CONTROL_OFF;
    }
  }

  /** The recipe and the control mode, in a state that plays it. */
  private run(now: Instant): Pattern | null {
    const recipe = this.recipeInUse;
    const { film, filmC } = this.film.seen;
    const progress = stepRecipe(recipe, this.recipe ?? startRecipe(now), filmC, now);
    for (const missed of progress.missed) this.emit(missed, now);
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
      return this.rest(now);
    }
    this.order = recipe.followSettings ? this.settingsOrder : movedTo(this.order, progress.setpointC);
    this.level = progress.light ?? ratio(recipe.light ?? this.settings['light.level']);
    const { heatedUs } = this.keeper.state;
    const step = stepControl(this.control, this.order, { filmC, film, budget: this.keeper.budget, heatedUs }, now);
    this.control = step.state;
    this.film.note(step.saturated === true || this.keeper.heldBack, now);
    return step.wanted;
  }

  /** Not armed: nothing wanted, light off. */
  private rest(now: Instant): null {
    this.film.note(false, now);
    this.step = null;
    this.level = 0;
    return null;
  }

  /** @param wanted the pattern that the newest readings were taken under */
  private setLight(wanted: Pattern | null, now: Instant): void {
    const { scan, level } = this;
    const { film, filmC } = this.film.seen;
    const seen = { scan, filmC, byModel: film !== null, gate: this.keeper.state, wanted };
    this.light.set(level, seen, now);
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

  /** Everything that is shown and recorded of this instant, field by field: spreads cost more than all the rest of it. */
  private look(now: Instant): Snapshot {
    const { kernel, interlocks, keeper, order } = this;
    const { alarms, endedBy } = this.alarms.view;
    const progress = this.step && plays(kernel.name) ? this.progress(this.step, now) : NO_PROGRESS;
    const { film, reach, saturation, cycles } = this.film.views(order, progress.leftS);
    return Object.freeze({
      at: now,
      simulated: this.parts.hal.simulated,
      kernel,
      driven: isRunning(kernel.name),
      ordered: kernel.armOrderedAt !== null || this.mailbox.holdsArm,
      faults: this.faults,
      thermocouple: measured(interlocks.thermocouple),
      infrared: measured(interlocks.infrared),
      power: measured(interlocks.power),
      photodiodes: measured(interlocks.photodiodes),
      film,
      reach,
      saturation,
      cycles,
      wanted: this.wanted,
      permitted: keeper.permitted,
      gate: gateView(keeper.state),
      drained: keeper.drained,
      quiet: isQuiet(interlocks.electrical.quietUs),
      order,
      light: this.light.level,
      startedAt: this.startedAt,
      progress,
      finished: this.finished,
      sight: this.light.view,
      alarms,
      endedBy,
      settings: this.settings,
      revision: this.tuning.revision,
      trial: this.tuning.trial,
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

/** Whether the recipe goes on in a state: a pause takes its heat and not its time. */
const plays = (state: SafetyState): boolean => state === 'armed' || state === 'paused';

/** The bench is ready, but the record that it is armed is not on disk yet: the order goes on waiting. */
const waiting = (before: KernelState, next: KernelState, now: Instant): KernelState => ({
  ...next,
  name: before.name,
  since: before.since,
  armOrderedAt: before.armOrderedAt ?? now,
});
