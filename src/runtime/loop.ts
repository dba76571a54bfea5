/**
 * The tick: sense -> detect -> decide -> control -> gate-keeper -> record -> feed the pump. Everything that thinks is
 * elsewhere; here is only the order in which it happens. The same code runs in virtual and in real time.
 */
import { CONTROL_OFF, type ControlState, dutyOf, type Order, orderFrom, stepControl } from '../control/controller.ts';
import { type RecipeState, startRecipe, stepRecipe } from '../control/recipe.ts';
import type { Pattern } from '../control/wanted.ts';
import type {
  GateEvent,
  GateLimits,
  Hal,
  InfraredSample,
  PhotodiodeSample,
  PowerSample,
  Reading,
  ThermocoupleSample,
} from '../hal/ports.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import type { Recipe, RecipeStep } from '../params/recipe.ts';
import type { Settings } from '../params/settings.ts';
import { GateKeeper } from '../safety/gate-keeper.ts';
import { Interlocks } from '../safety/interlocks.ts';
import {
  type Ask,
  bootState,
  isDriven,
  type KernelState,
  PERMITS,
  recordOf,
  type SafetyState,
  stepKernel,
} from '../safety/kernel.ts';
import type { SensorWatch } from '../safety/watch.ts';
import { inSeconds, type Micros, millis, type Ratio, ratio, SECOND, seconds } from '../units.ts';
import type { Clock } from './clock.ts';
import type { LatchStore } from './latch.ts';
import type { EventRecord, Journal, Row } from './record.ts';
import { Sampler } from './sampler.ts';

export interface LoopParts {
  readonly clock: Clock;
  readonly hal: Hal;
  readonly gateLimits: GateLimits;
  readonly settings: Settings;
  readonly recipe: Recipe;
  readonly latch: LatchStore;
  readonly journal: Journal;
}

/** Asks wait here for the next tick; more than this at once are refused. */
const MAILBOX = 16;
const NO_FAULTS: readonly FaultName[] = [];
const NEVER: Micros = Number.MAX_SAFE_INTEGER;
const SAVE_AGAIN_US = SECOND;

export class Loop {
  kernel: KernelState;
  faults: readonly FaultName[] = NO_FAULTS;
  readonly interlocks: Interlocks;
  readonly keeper: GateKeeper;
  /** When the recipe started, or null before that. */
  startedAt: Micros | null = null;
  /** What control wants, as a pattern and as a duty. */
  wanted: Pattern | null = null;
  order: Order;
  light: Ratio = 0;
  step: RecipeStep | null = null;
  /** True once the recipe has come to its end. */
  finished = false;

  private settings: Settings;
  private settingsOrder: Order;
  private control: ControlState = CONTROL_OFF;
  private recipe: RecipeState | null = null;
  private mailbox: Ask[] = [];
  private pumpFed = false;
  private pumpSince: Micros;
  private toggledAt: Micros = -NEVER;
  private enabledUntil: Micros = -NEVER;
  private readonly holdUs: Micros;
  /** The newest durable record could not be written yet; tried again every second. */
  private unsavedSince: Micros | null = null;
  private saveAgainAt: Micros = 0;
  private before: Micros;
  private heatedBefore: Micros = 0;
  private rowAt: Micros | null = null;
  private rowHeated: Micros = 0;
  private rowFrom: Micros;
  private unsound = false;
  private readonly thermocouple: Sampler<ThermocoupleSample>;
  private readonly infrared: Sampler<InfraredSample>;
  private readonly power: Sampler<PowerSample>;
  private readonly photodiodes: Sampler<PhotodiodeSample>;
  private readonly rowUs: Micros;

  constructor(private readonly parts: LoopParts) {
    const { clock, hal, settings } = parts;
    const now = clock.now();
    this.settings = settings;
    this.settingsOrder = orderFrom(settings);
    this.order = { ...this.settingsOrder, mode: 'off' };
    this.kernel = bootState(now);
    this.interlocks = new Interlocks(settings, now);
    this.keeper = new GateKeeper(hal.gate, parts.gateLimits, now);
    this.holdUs = millis(settings['enable.holdMs']);
    const tickUs = millis(settings['loop.tickMs']);
    this.thermocouple = new Sampler(hal.thermocouple, hal.thermocouple.intervalUs);
    this.infrared = new Sampler(hal.infrared, hal.infrared.intervalUs);
    this.power = new Sampler(hal.power, tickUs);
    this.photodiodes = new Sampler(hal.photodiodes, tickUs);
    this.pumpSince = now;
    this.before = now;
    this.rowFrom = now;
    this.rowUs = millis(settings['journal.rowMs']);
    hal.light.set(0);
  }

  /** Leaves a request for the next tick. False when the mailbox is full; a disarm always fits. */
  ask(ask: Ask): boolean {
    if (ask.kind === 'disarm') this.mailbox = [ask];
    else if (this.mailbox.length < MAILBOX) this.mailbox.push(ask);
    else return false;
    return true;
  }

  /** Takes changed live settings; they act at the next period boundary. What a recipe step fixes stays fixed. */
  retune(settings: Settings): void {
    this.settings = settings;
    this.settingsOrder = orderFrom(settings);
    if (this.step) this.order = orderOf(this.step, this.settingsOrder);
  }

  /** The settings in force. */
  get tuned(): Settings {
    return this.settings;
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
    const gateEvents = this.keeper.account(now, this.enabledUntil);
    if (gateEvents.length > 0) this.recordGate(gateEvents, now);
    this.detect(readings, now);
    const before = this.kernel;
    const next = this.decide(now);
    this.act(before, next, now);
    if (before.name !== this.kernel.name) this.recordState(before.name, now);
    if (this.rowAt === null || now >= this.rowAt) this.recordRow(now);
    // Last of all, and only after a full good tick: the edge that keeps the ENABLE switch closed.
    if (this.pumpFed) {
      hal.pump.toggle();
      // Two edges inside the hold time close the switch; one alone does not.
      if (now - this.toggledAt <= this.holdUs) this.enabledUntil = now + this.holdUs;
      this.toggledAt = now;
    }
    this.before = now;
  }

  private detect(
    readings: {
      thermocouple: Reading<ThermocoupleSample> | null;
      infrared: Reading<InfraredSample> | null;
      power: Reading<PowerSample> | null;
      photodiodes: Reading<PhotodiodeSample> | null;
    },
    now: Micros,
  ): void {
    const { hal, journal } = this.parts;
    const span = now - this.before;
    // A tick later than the hold time has opened ENABLE; it needs its edges anew.
    if (this.pumpFed && now - this.toggledAt > this.holdUs && now > this.pumpSince) this.pumpSince = now;
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
        journalFailing: journal.failing,
        unsound: this.unsound,
      },
      now,
    );
    if (faults.length > 0 || this.faults.length > 0) this.recordFaults(faults, now);
    this.faults = faults;
  }

  private constantNow(): boolean {
    const p = this.keeper.permitted;
    return p !== null && p.onUs === p.periodUs;
  }

  private decide(now: Micros): KernelState {
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
    if (ask) this.recordAsk(ask, next, now);
    return next;
  }

  /** Heat is taken away before anything else is done, and given only after the record of it is safe. */
  private act(before: KernelState, next: KernelState, now: Micros): void {
    let state = next;
    const arming = isDriven(next.name) && !isDriven(before.name);
    if (arming && !this.save(next, now)) state = before;
    if (state.name !== before.name) this.enter(state.name, now);
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

  private enter(name: SafetyState, now: Micros): void {
    if (name === 'prove') this.interlocks.electrical.proven = false;
    if (name === 'test-enable') this.finished = false;
    if (name === 'armed') {
      this.recipe = startRecipe(now);
      this.startedAt = now;
      this.control = CONTROL_OFF;
    }
  }

  /** The recipe and the control mode, while armed. */
  private run(now: Micros): Pattern | null {
    const { recipe } = this.parts;
    const filmC = this.interlocks.thermocouple.value?.celsius ?? null;
    const progress = stepRecipe(recipe, this.recipe ?? startRecipe(now), filmC, now);
    if (progress.step !== this.step) {
      this.recordStep(progress.step, now);
      this.step = progress.step;
      const order = orderOf(progress.step, this.settingsOrder);
      // Another pulse is another phase: a step does not wait for the period of the step before.
      if (order.mode === 'pulse' && (order.onUs !== this.order.onUs || order.periodUs !== this.order.periodUs)) {
        this.control = CONTROL_OFF;
      }
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
    if (level === this.light) return;
    this.light = level;
    this.parts.hal.light.set(level);
  }

  private save(state: KernelState, now: Micros): boolean {
    try {
      this.parts.latch.save(recordOf(state, now));
      this.unsavedSince = null;
      return true;
    } catch (error) {
      if (this.unsavedSince === null) this.event(now, 'disk', 'latch-unwritable', (error as Error).message);
      this.unsavedSince ??= now;
      this.saveAgainAt = now + SAVE_AGAIN_US;
      return false;
    }
  }

  // --- the record

  /** Time since the recipe started, s; null before. */
  timeS(now: Micros): number | null {
    return this.startedAt === null ? null : inSeconds(now - this.startedAt);
  }

  private event(now: Micros, kind: EventRecord['kind'], code: string, text: string): void {
    this.parts.journal.event({ monoS: inSeconds(now), timeS: this.timeS(now), kind, code, text });
  }

  private recordGate(events: readonly GateEvent[], now: Micros): void {
    for (const event of events) {
      if (event.kind === 'edge') {
        const { rising, askedUs, achievedUs } = event;
        this.parts.journal.event({
          monoS: inSeconds(achievedUs),
          timeS: this.timeS(achievedUs),
          kind: 'edge',
          code: rising ? 'on' : 'off',
          text: '',
          askedUs,
          achievedUs,
        });
      } else if (event.kind === 'refused') this.event(now, 'gate', 'refused', event.why);
      else if (event.kind !== 'alive') this.event(now, 'gate', event.kind, '');
    }
  }

  private recordFaults(faults: readonly FaultName[], now: Micros): void {
    for (const name of faults) {
      if (this.faults.includes(name)) continue;
      const { code, sentence, cause, remedy } = FAULTS[name];
      this.event(now, 'fault', `${code} ${name}`, `${sentence} Usual cause: ${cause} Remedy: ${remedy}`);
    }
    for (const name of this.faults) {
      if (!faults.includes(name)) this.event(now, 'clear', `${FAULTS[name].code} ${name}`, '');
    }
  }

  private recordState(from: SafetyState, now: Micros): void {
    const { name, latch } = this.kernel;
    const why = latch ? `trip ${latch.trip}: ${FAULTS[latch.fault].code} ${latch.fault}` : '';
    this.event(now, 'state', name, `${from} -> ${name}${why ? ` (${why})` : ''}`);
  }

  private recordStep(step: RecipeStep | null, now: Micros): void {
    if (step) this.event(now, 'recipe', step.mode, step.note ?? '');
  }

  private recordAsk(ask: Ask, next: KernelState, now: Micros): void {
    const moved =
      next.name !== this.kernel.name || next.armOrderedAt !== this.kernel.armOrderedAt || ask.kind === 'disarm';
    const text = ask.kind === 'acknowledge' ? `trip ${ask.trip}` : '';
    this.event(now, moved ? 'command' : 'refused', ask.kind, text);
  }

  private recordRow(now: Micros): void {
    this.rowAt = Math.max((this.rowAt ?? now) + this.rowUs, now + this.rowUs / 2);
    this.parts.journal.row(this.row(now));
    this.rowFrom = now;
    this.rowHeated = this.keeper.state.heatedUs;
  }

  /** Everything that is shown and recorded of this instant. */
  row(now: Micros): Row {
    const { thermocouple, infrared, power, photodiodes } = this.interlocks;
    const tc = thermocouple.value;
    const ir = infrared.value;
    const electric = power.value;
    const pl = photodiodes.value;
    const span = now - this.rowFrom;
    const temperatureMode = this.order.mode === 'pid' || this.order.mode === 'bangbang';
    return {
      mono_s: inSeconds(now),
      time_s: this.timeS(now),
      state: this.kernel.name,
      mode: this.kernel.name === 'armed' ? this.order.mode : 'off',
      tc_c: tc?.celsius ?? null,
      tc_quality: qualityOf(thermocouple),
      cj_c: tc?.coldJunctionC ?? null,
      ir_c: ir?.objectC ?? null,
      ir_quality: qualityOf(infrared),
      heater_a: electric?.amps ?? null,
      supply_v: electric?.volts ?? null,
      power_quality: qualityOf(power),
      pl_green_v: pl?.green ?? null,
      pl_red_v: pl?.red ?? null,
      pl_broadband_v: pl?.broadband ?? null,
      pl_reference_v: pl?.reference ?? null,
      pl_quality: this.faults.find((name) => name.startsWith('pl-')) ?? qualityOf(photodiodes),
      light: this.light,
      desired: dutyOf(this.wanted),
      permitted: dutyOf(this.keeper.permitted),
      achieved: span > 0 ? (this.keeper.state.heatedUs - this.rowHeated) / span : 0,
      setpoint_c: temperatureMode ? this.order.setpointC : null,
    };
  }
}

function qualityOf<T>(watch: SensorWatch<T>): string {
  if (watch.value !== null) return 'ok';
  const { why } = watch;
  return why ? `${why.kind}${why.detail ? ` ${why.detail}` : ''}` : 'stale';
}

/** A recipe step as an order; what the step does not say comes from the settings. */
function orderOf(step: RecipeStep | null, settings: Order): Order {
  if (!step) return { ...settings, mode: 'off' };
  switch (step.mode) {
    case 'off':
    case 'constant':
      return { ...settings, mode: step.mode };
    case 'pulse':
      return { ...settings, mode: 'pulse', onUs: seconds(step.onS), periodUs: seconds(step.periodS) };
    case 'bangbang':
    case 'pid':
      return { ...settings, mode: step.mode, setpointC: step.setpointC };
  }
}
