/**
 * The simulated bench: the twin as the analogue side, register-accurate chips on simulated buses, the gate, the pump,
 * the contacts and the supply, in series as docs/SAFETY.md says. Time passes only through `advanceTo`.
 */
import { Prng } from '../../twin/prng.ts';
import { Twin, type TwinOptions } from '../../twin/twin.ts';
import { inSeconds, type Micros, micros, millis, type Ratio } from '../../units.ts';
import type { GateLimits, InputPort, LightPort } from '../ports.ts';
import { SimI2c, SimSpi } from './buses.ts';
import { Ads1115Chip } from './chips/ads1115.ts';
import { Ina219Chip } from './chips/ina219.ts';
import { Ina226Chip } from './chips/ina226.ts';
import { Max31855Chip } from './chips/max31855.ts';
import { Max31856Chip } from './chips/max31856.ts';
import { Mcp3208Chip } from './chips/mcp3208.ts';
import { Mlx90614Chip } from './chips/mlx90614.ts';
import { SimGate } from './gate.ts';
import { SimPump } from './pump.ts';

/** What drives the heater pin: the simulated gate, or a line that somebody outside sets. */
export interface HeaterPin {
  /** Level of the heater pin. */
  readonly high: boolean;
  /** When it will next change by itself; never later than it does. */
  nextUs(): Micros;
  /** Does what is due; time never passes `nextUs()` without this call. */
  advance(): void;
}

export interface SimBenchOptions extends TwinOptions {
  readonly thermocouple: 'max31856' | 'max31855';
  readonly currentSense: 'ina226' | 'ina219';
  readonly photodiodes: 'ads1115' | 'mcp3208';
  readonly heaterA: number;
  readonly supplyScale: number;
  readonly pumpHoldUs: Micros;
  readonly efuse: boolean;
  readonly gateLimits: GateLimits;
  /** I2C addresses; the chips’ own when left out. */
  readonly addresses?: { readonly infrared: number; readonly current: number; readonly photodiode: number };
  /** Drives the heater instead of `gate`, which then is not connected. */
  readonly pin?: HeaterPin;
  /** The bench’s first instant, default 0. */
  readonly startUs?: Micros;
}

const NEVER = micros(Number.MAX_SAFE_INTEGER);
const LONGEST_STEP_US = 20_000;
const EFUSE_A = 0.6;
const EFUSE_TIME = millis(2);

class Contact implements InputPort {
  isClosed = true;
  closed(): boolean {
    return this.isClosed;
  }
}

export class SimBench {
  now: Micros;
  readonly twin: Twin;
  readonly gate: SimGate;
  readonly pump: SimPump;
  readonly estop = new Contact();
  readonly lid = new Contact();
  readonly light: LightPort;
  readonly thermocoupleChip: Max31855Chip | Max31856Chip;
  readonly infraredChip: Mlx90614Chip;
  readonly thermocoupleSpi: SimSpi;
  readonly photodiodeSpi: SimSpi;
  readonly i2c: SimI2c;

  // --- what can break in the power path
  supplyV: number;
  mosfet: 'good' | 'stuck-on' | 'stuck-off' = 'good';
  enableWelded = false;
  currentSense: 'good' | 'dead' | 'stuck-high' = 'good';
  private efuseOpen = false;
  private efuseBlowsAt: Micros = NEVER;

  // --- the truth, kept for the record
  energyJ = 0;
  /** Last instant at which current flowed or both switches were commanded on. */
  lastHeatUs: Micros = -NEVER;
  private readonly pin: HeaterPin;
  private flowing = 0;
  private pending: { at: Micros; act: () => void }[] = [];

  constructor(private readonly options: SimBenchOptions) {
    this.now = options.startUs ?? 0;
    this.twin = new Twin(options);
    const { twin } = this;
    this.supplyV = twin.substrate.nominalSupplyV(options.heaterA) * options.supplyScale;
    const now = () => this.now;
    this.gate = new SimGate(options.gateLimits, new Prng(options.seed, 10), now);
    this.pin = options.pin ?? this.gate;
    this.pump = new SimPump(now, options.pumpHoldUs);
    this.light = {
      set: (level: Ratio) => {
        twin.light = level;
      },
    };

    const hotCold = { now, hotC: () => twin.hotJunctionC(), coldC: () => twin.coldJunctionC() };
    this.thermocoupleChip = options.thermocouple === 'max31856' ? new Max31856Chip(hotCold) : new Max31855Chip(hotCold);
    const at = (address: number | undefined) => (address === undefined ? {} : { address });
    this.infraredChip = new Mlx90614Chip(
      { now, objectC: () => twin.infraredObjectC(), ambientC: () => twin.infraredAmbientC() },
      at(options.addresses?.infrared),
    );
    const channels = ['green', 'red', 'broadband', 'reference'] as const;
    const volts = (channel: number) => twin.photodiodeV(channels[channel] ?? 'reference');
    const power = { amps: () => this.measuredA(), volts: () => this.supplyV + twin.voltageNoiseV() };
    const chance = new Prng(options.seed, 11);
    this.thermocoupleSpi = new SimSpi(this.thermocoupleChip, () => chance.uniform());
    this.photodiodeSpi = new SimSpi(new Mcp3208Chip({ volts, referenceV: () => 4.096 }), () => chance.uniform());
    this.i2c = new SimI2c([
      this.infraredChip,
      new Ads1115Chip({ now, volts }, at(options.addresses?.photodiode)),
      options.currentSense === 'ina226'
        ? new Ina226Chip(power, at(options.addresses?.current))
        : new Ina219Chip(power, at(options.addresses?.current)),
    ]);
  }

  /** Heater current that flows now, A. */
  get heaterA(): number {
    return this.flowing;
  }

  /** Does `act` when time reaches `at`: for faults that appear in the middle of a pulse. */
  schedule(at: Micros, act: () => void): void {
    this.pending.push({ at, act });
    this.pending.sort((a, b) => a.at - b.at);
  }

  /** Lets time pass until `target`, in exact steps that end at every edge. */
  advanceTo(target: Micros): void {
    // The controller may have acted since the last call: switches change at once.
    this.settle();
    while (this.now < target) {
      const due = Math.min(this.pin.nextUs(), this.pump.nextUs(), this.pending[0]?.at ?? NEVER, this.efuseBlowsAt);
      const left = target - this.now;
      const even = left > LONGEST_STEP_US ? Math.ceil(left / Math.ceil(left / LONGEST_STEP_US)) : left;
      const stepUs = Math.max(0, Math.min(even, due - this.now));
      if (stepUs > 0) this.flow(stepUs);
      if (due <= this.now) {
        this.happen();
        this.settle();
      }
    }
  }

  private settle(): void {
    const closed = this.pathClosed();
    const amps = closed ? this.twin.substrate.currentA(this.supplyV) : 0;
    if (amps > EFUSE_A && this.options.efuse) {
      if (this.efuseBlowsAt === NEVER) this.efuseBlowsAt = this.now + EFUSE_TIME;
    } else this.efuseBlowsAt = NEVER;
    this.flowing = amps;
  }

  private flow(stepUs: number): void {
    const dtS = inSeconds(stepUs);
    if (this.flowing > 0) this.energyJ += this.flowing ** 2 * this.twin.substrate.resistanceOhm() * dtS;
    this.twin.step(dtS, this.flowing);
    this.now += stepUs;
    if (this.flowing > 0 || (this.pin.high && this.pump.closed)) this.lastHeatUs = this.now;
  }

  private happen(): void {
    this.pin.advance();
    this.pump.advance();
    if (this.now >= this.efuseBlowsAt) {
      this.efuseOpen = true;
      this.efuseBlowsAt = NEVER;
    }
    while (this.pending[0] && this.pending[0].at <= this.now) this.pending.shift()?.act();
  }

  private pathClosed(): boolean {
    const gate = this.mosfet === 'stuck-on' || (this.pin.high && this.mosfet === 'good');
    const enable = this.pump.closed || this.enableWelded;
    return gate && enable && !this.efuseOpen && this.estop.isClosed && this.lid.isClosed;
  }

  private measuredA(): number {
    if (this.currentSense === 'dead') return 0;
    if (this.currentSense === 'stuck-high') return 0.25;
    return this.flowing + this.twin.currentNoiseA();
  }
}
