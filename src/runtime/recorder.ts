/** Turns what happens in the loop into rows and events for the journal. Decides nothing. */
import type { Order } from '../control/controller.ts';
import { dutyOf, type Pattern } from '../control/wanted.ts';
import type { GateEvent } from '../hal/ports.ts';
import { FAULTS, type FaultName } from '../params/faults.ts';
import type { RecipeStep } from '../params/recipe.ts';
import type { SafetyState } from '../params/states.ts';
import type { GateKeeper } from '../safety/gate-keeper.ts';
import type { Interlocks } from '../safety/interlocks.ts';
import type { Ask, KernelState } from '../safety/kernel.ts';
import type { SensorWatch } from '../safety/watch.ts';
import { inSeconds, type Micros, type Ratio, SECOND } from '../units.ts';
import type { EventRecord, Journal, Row } from './record.ts';

/** What a row is made of. */
export interface Recorded {
  readonly kernel: KernelState;
  readonly faults: readonly FaultName[];
  readonly interlocks: Interlocks;
  readonly keeper: GateKeeper;
  readonly wanted: Pattern | null;
  readonly order: Order;
  readonly light: Ratio;
}

export class Recorder {
  /** When the recipe started, or null before that. */
  startedAt: Micros | null = null;
  private rowAt: Micros | null = null;
  private idleDisarmAt: Micros | null = null;
  private heatedBefore: Micros = 0;
  private rowBefore: Micros;

  constructor(
    private readonly journal: Journal,
    private readonly rowUs: Micros,
    now: Micros,
  ) {
    this.rowBefore = now;
  }

  /** Time since the recipe started, s; null before. */
  timeS(now: Micros): number | null {
    return this.startedAt === null ? null : inSeconds(now - this.startedAt);
  }

  event(now: Micros, kind: EventRecord['kind'], code: string, text: string): void {
    this.journal.event({ monoS: inSeconds(now), timeS: this.timeS(now), kind, code, text });
  }

  /** Every edge with its asked and achieved time, and whatever else the gate said beside being alive. */
  gate(events: readonly GateEvent[], now: Micros): void {
    for (const event of events) {
      if (event.kind === 'edge') {
        const { rising, askedUs, achievedUs } = event;
        this.journal.event({
          monoS: inSeconds(achievedUs),
          timeS: this.timeS(achievedUs),
          kind: 'edge',
          code: rising ? 'on' : 'off',
          text: '',
          askedUs,
          achievedUs,
        });
      } else if (event.kind === 'refused') this.event(now, 'gate', 'refused', event.why);
      else if (event.kind === 'hello') this.event(now, 'gate', 'hello', `scheduling ${event.scheduling}`);
      else if (event.kind !== 'alive') this.event(now, 'gate', event.kind, '');
    }
  }

  faults(before: readonly FaultName[], after: readonly FaultName[], now: Micros): void {
    for (const name of after) {
      if (before.includes(name)) continue;
      const { code, sentence, cause, remedy } = FAULTS[name];
      this.event(now, 'fault', `${code} ${name}`, `${sentence} Usual cause: ${cause} Remedy: ${remedy}`);
    }
    for (const name of before) {
      if (!after.includes(name)) this.event(now, 'clear', `${FAULTS[name].code} ${name}`, '');
    }
  }

  state(from: SafetyState, { name, latch }: KernelState, now: Micros): void {
    const why = latch ? ` (trip ${latch.trip}: ${FAULTS[latch.fault].code} ${latch.fault})` : '';
    this.event(now, 'state', name, `${from} -> ${name}${why}`);
  }

  step(step: RecipeStep | null, now: Micros): void {
    if (step) this.event(now, 'recipe', step.mode, step.note ?? '');
  }

  /**
   * A request, and whether it changed anything; a disarm counts as obeyed also when nothing was armed, but a flood of those
   * is written down once a second.
   */
  ask(ask: Ask, before: KernelState, after: KernelState, now: Micros): void {
    if (ask.kind === 'disarm' && after.name === before.name && after.armOrderedAt === before.armOrderedAt) {
      if (this.idleDisarmAt !== null && now - this.idleDisarmAt < SECOND) return;
      this.idleDisarmAt = now;
    }
    const obeyed = after.name !== before.name || after.armOrderedAt !== before.armOrderedAt || ask.kind === 'disarm';
    this.event(now, obeyed ? 'command' : 'refused', ask.kind, ask.kind === 'acknowledge' ? `trip ${ask.trip}` : '');
  }

  /** Writes a row when one is due. */
  tick(loop: Recorded, now: Micros): void {
    if (this.rowAt !== null && now < this.rowAt) return;
    this.rowAt = Math.max((this.rowAt ?? now) + this.rowUs, now + this.rowUs / 2);
    this.journal.row(this.rowOf(loop, now));
    this.rowBefore = now;
    this.heatedBefore = loop.keeper.state.heatedUs;
  }

  /** Everything that is shown and recorded of this instant. */
  rowOf({ kernel, faults, interlocks, keeper, wanted, order, light }: Recorded, now: Micros): Row {
    const { thermocouple, infrared, power, photodiodes } = interlocks;
    const tc = thermocouple.value;
    const ir = infrared.value;
    const electric = power.value;
    const pl = photodiodes.value;
    const span = now - this.rowBefore;
    const temperatureMode = order.mode === 'pid' || order.mode === 'bangbang';
    return {
      mono_s: inSeconds(now),
      time_s: this.timeS(now),
      state: kernel.name,
      mode: kernel.name === 'armed' ? order.mode : 'off',
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
      pl_quality: faults.find((name) => name.startsWith('pl-')) ?? qualityOf(photodiodes),
      light,
      desired: dutyOf(wanted),
      permitted: dutyOf(keeper.permitted),
      achieved: span > 0 ? (keeper.state.heatedUs - this.heatedBefore) / span : 0,
      setpoint_c: temperatureMode ? order.setpointC : null,
    };
  }
}

function qualityOf<T>(watch: SensorWatch<T>): string {
  if (watch.value !== null) return 'ok';
  const { why } = watch;
  return why ? `${why.kind}${why.detail ? ` ${why.detail}` : ''}` : 'stale';
}
