/**
 * The simulated bench: the twin as the analogue side, register-accurate chips on simulated buses, the gate, the pump,
 * the contacts and the supply, in series as docs/SAFETY.md says. Time passes only through `advanceTo`.
 */
import { Prng } from '../../twin/prng.ts';
import { type PhotodiodeChannel, Twin, type TwinOptions } from '../../twin/twin.ts';
import {
  after,
  assert,
  earlier,
  type Instant,
  inSeconds,
  instant,
  LONG_AGO,
  micros,
  millis,
  NEVER,
  type Ratio,
  SECOND,
  type Span,
  since,
} from '../../units.ts';
import type { GateLimits, InputPort, LightPort, SensorName } from '../ports.ts';
import { AT_ONCE, type BusFault, SimI2c, SimSpi, TimedWires, type Wire } from './buses.ts';
import type { Analogues, I2cChip, LightDacAnalogue, LightDacModel, Models, SpiChip } from './chips/chip.ts';
import { type Change, Course, type RoomCycle } from './course.ts';
import { SimGate } from './gate.ts';
import { Past } from './past.ts';
import { SimPump } from './pump.ts';

/** What drives the heater pin: the simulated gate, or a line that somebody outside sets. */
export interface HeaterPin {
  /** Level of the heater pin. */
  readonly high: boolean;
  /** When it will next change by itself; never later than it does. */
  nextUs(): Instant;
  /** Does what is due; time never passes `nextUs()` without this call. */
  advance(): void;
}

/** The chip fitted for a sensor: its bus, and its model once it is told what it sees of the bench. */
export type Fitting<S extends SensorName> =
  | { readonly bus: 'spi'; readonly model: (world: Analogues[S]) => SpiChip & Models[S] }
  | { readonly bus: 'i2c'; readonly model: (world: Analogues[S]) => I2cChip & Models[S] };

export interface SimBenchOptions extends TwinOptions {
  readonly chips: { readonly [S in SensorName]: Fitting<S> };
  /** Which input of the photodiode converter each channel is wired to. */
  readonly inputs: Readonly<Record<PhotodiodeChannel, number>>;
  /** Of the spot that the infrared thermometer sees, 0..1. */
  readonly emissivity: Ratio;
  readonly heaterA: number;
  readonly supplyScale: number;
  readonly pumpHoldUs: Span;
  readonly efuse: boolean;
  readonly gateLimits: GateLimits;
  /** Drives the heater instead of `gate`, which then is not connected. */
  readonly pin?: HeaterPin;
  /** The bench’s first instant, default 0. */
  readonly startUs?: Instant;
  /** Whether transfers take their time at the clocks below; else they end at once. */
  readonly busTimes: boolean;
  readonly spiHz: number;
  readonly i2cHz: number;
  /** The current monitor has an I2C bus of its own. */
  readonly ownCurrentBus: boolean;
  /** The converter that drives the light; left out: a line or a person does. */
  readonly lightDac?: ((world: LightDacAnalogue) => LightDacModel) | undefined;
  /** What changes while time passes; left out: nothing. */
  readonly changes?: readonly Change[];
  readonly roomCycle?: RoomCycle | undefined;
}

const LONGEST_STEP_US = millis(20);
const EFUSE_A = 0.6;
const EFUSE_TIME = millis(2);

class Contact implements InputPort {
  isClosed = true;
  closed(): boolean {
    return this.isClosed;
  }
}

export class SimBench {
  now: Instant;
  readonly twin: Twin;
  readonly gate: SimGate;
  readonly pump: SimPump;
  readonly estop = new Contact();
  readonly lid = new Contact();
  /** The light itself, as a line or a person switches it. */
  readonly light: LightPort;
  /** The converter that drives it instead; null = none does. */
  readonly lightDac: LightDacModel | null;
  /** What can be broken inside the chips; their connections break by `disturb` and `unplug`. */
  readonly thermocouple: Models['thermocouple'];
  readonly infrared: Models['infrared'];
  readonly i2c: SimI2c;
  /** The bus of the current monitor; `i2c` itself unless it has its own. */
  readonly currentI2c: SimI2c;

  /** Emissivity of the spot that the infrared thermometer sees. */
  emissivity: Ratio;
  /** Supply voltage that drives the declared current through the cold heater, V. */
  readonly nominalV: number;
  private readonly course: Course;

  // --- what can break in the power path
  supplyV: number;
  /** floating: without a pull-down the open switch conducts now and then. */
  mosfet: 'good' | 'stuck-on' | 'stuck-off' | 'floating' = 'good';
  enableWelded = false;
  currentSense: 'good' | 'dead' | 'stuck-high' | 'frozen' = 'good';
  /** How long the disk takes to store the safety record. */
  diskUs = micros(0);
  /** How fast everything but the computer runs, by the computer’s clock. */
  worldSpeed = 1;
  private frozenA = 0;
  private floats = false;
  private floatsUntil = LONG_AGO;
  private efuseOpen = false;
  private efuseBlowsAt = NEVER;

  // --- the truth, kept for the record
  energyJ = 0;
  /** Last instant at which current flowed or both switches were commanded on. */
  lastHeatUs = LONG_AGO;
  /** When current first flowed with the heater pin low. */
  strayAt: Instant | null = null;
  private readonly pin: HeaterPin;
  private flowing = 0;
  private readonly currents = new Past();
  private readonly spiPorts = new Map<SensorName, SimSpi>();
  private readonly addresses = new Map<SensorName, number>();
  private readonly chance: () => number;
  private readonly wires: TimedWires;
  private readonly spiWire: Wire;
  private pending: { at: Instant; act: () => void }[] = [];

  constructor(private readonly options: SimBenchOptions) {
    this.now = options.startUs ?? instant(0);
    this.twin = new Twin(options);
    const { twin } = this;
    this.nominalV = twin.substrate.nominalSupplyV(options.heaterA);
    this.supplyV = this.nominalV * options.supplyScale;
    this.emissivity = options.emissivity;
    this.course = new Course(this, options.changes ?? [], options.roomCycle ?? null);
    this.wires = new TimedWires(() => this.now);
    const now = options.busTimes ? () => this.wires.now : () => this.now;
    this.gate = new SimGate(options.gateLimits, new Prng(options.seed, 10), () => this.now);
    this.pin = options.pin ?? this.gate;
    this.pump = new SimPump(() => this.now, options.pumpHoldUs);
    this.light = {
      set: (level: Ratio) => {
        twin.light = level;
      },
    };

    const chance = new Prng(options.seed, 11);
    this.chance = () => chance.uniform();
    this.spiWire = this.wire(options.spiHz);
    this.i2c = new SimI2c(this.chance, this.wire(options.i2cHz));
    this.i2c.onStall = () => this.hiccup();
    this.currentI2c = options.ownCurrentBus ? new SimI2c(this.chance, this.wire(options.i2cHz)) : this.i2c;
    this.lightDac = options.lightDac?.({ now, drive: this.light.set }) ?? null;
    if (this.lightDac) this.i2c.add(this.lightDac);
    this.thermocouple = this.attach('thermocouple', {
      now,
      hotC: () => twin.hotJunctionC(),
      coldC: () => twin.coldJunctionC(),
    });
    this.infrared = this.attach('infrared', {
      now,
      objectC: () => twin.infraredObjectC(),
      ambientC: () => twin.infraredAmbientC(),
      emissivity: () => this.emissivity,
    });
    this.attach('power', {
      now,
      amps: (from, to) => this.measuredA(from, to),
      volts: () => this.supplyV + twin.voltageNoiseV(),
    });
    const wired: PhotodiodeChannel[] = [];
    for (const [channel, input] of Object.entries(options.inputs)) wired[input] = channel as PhotodiodeChannel;
    this.attach('photodiodes', {
      now,
      volts: (input, overUs) => {
        const channel = wired[input];
        return channel === undefined ? 0 : twin.photodiodeV(channel, overUs === undefined ? 0 : inSeconds(overUs));
      },
    });
  }

  private wire(clockHz: number): Wire {
    return { wires: this.options.busTimes ? this.wires : AT_ONCE, bus: { freeAt: LONG_AGO }, clockHz };
  }

  /** Puts the chip that is fitted for a sensor on its bus. */
  private attach<S extends SensorName>(sensor: S, world: Analogues[S]): Models[S] {
    const fitting: Fitting<S> = this.options.chips[sensor];
    if (fitting.bus === 'spi') {
      const chip = fitting.model(world);
      this.spiPorts.set(sensor, new SimSpi(chip, this.chance, this.spiWire));
      return chip;
    }
    const chip = fitting.model(world);
    this.i2cOf(sensor).add(chip);
    this.addresses.set(sensor, chip.address);
    return chip;
  }

  /** The SPI device of a sensor whose chip is on SPI. */
  spi(sensor: SensorName): SimSpi {
    const port = this.spiPorts.get(sensor);
    assert(port, `the ${sensor} chip is not on SPI`);
    return port;
  }

  /** The I2C bus of a sensor. */
  i2cOf(sensor: SensorName): SimI2c {
    return sensor === 'power' ? this.currentI2c : this.i2c;
  }

  /** Breaks the connection between a sensor’s chip and its bus, whichever that is. */
  disturb(sensor: SensorName, fault: BusFault): void {
    const address = this.addresses.get(sensor);
    if (address === undefined) this.spi(sensor).fault = fault;
    else this.i2cOf(sensor).disturb(address, fault);
  }

  /** Takes a sensor’s chip away. */
  unplug(sensor: SensorName): void {
    this.disturb(sensor, 'unplugged');
  }

  /** Heater current that flows now, A. */
  get heaterA(): number {
    return this.flowing;
  }

  /** Does `act` when time reaches `at`: for faults that appear in the middle of a pulse. */
  schedule(at: Instant, act: () => void): void {
    this.pending.push({ at, act });
    this.pending.sort((a, b) => a.at - b.at);
  }

  /** A transfer on the I2C bus hangs for a second. */
  hiccup(): void {
    this.i2c.stalled = true;
    this.schedule(after(this.now, SECOND), () => {
      this.i2c.stalled = false;
    });
  }

  /** Lets time pass until `target`, in exact steps that end at every edge. */
  advanceTo(target: Instant): void {
    // The controller may have acted since the last call: switches change at once.
    this.settle();
    while (this.now < target) {
      const due = earlier(
        earlier(this.pin.nextUs(), this.pump.nextUs()),
        earlier(this.pending[0]?.at ?? NEVER, this.efuseBlowsAt),
      );
      const left = since(target, this.now);
      const even = left > LONGEST_STEP_US ? Math.ceil(left / Math.ceil(left / LONGEST_STEP_US)) : left;
      const stepUs = micros(Math.max(0, Math.min(even, since(due, this.now))));
      if (stepUs > 0) this.flow(stepUs);
      this.wires.settle(this.now);
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
      if (this.efuseBlowsAt === NEVER) this.efuseBlowsAt = after(this.now, EFUSE_TIME);
    } else this.efuseBlowsAt = NEVER;
    if (amps !== this.flowing) this.currents.change(this.now, amps);
    this.flowing = amps;
  }

  private flow(stepUs: Span): void {
    if (!this.course.isStill) this.course.pass(this.now);
    const dtS = inSeconds(stepUs);
    if (this.flowing > 0) this.energyJ += this.flowing ** 2 * this.twin.substrate.resistanceOhm() * dtS;
    this.twin.step(dtS * this.worldSpeed, this.flowing);
    this.now = after(this.now, stepUs);
    if (this.flowing > 0 || (this.pin.high && this.pump.closed)) this.lastHeatUs = this.now;
    if (this.flowing > 0 && !this.pin.high) this.strayAt ??= this.now;
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
    const driven = this.pin.high && this.mosfet !== 'stuck-off';
    const gate = driven || this.mosfet === 'stuck-on' || (this.mosfet === 'floating' && this.floating());
    const enable = this.pump.closed || this.enableWelded;
    return gate && enable && !this.efuseOpen && this.estop.isClosed && this.lid.isClosed;
  }

  /** A floating gate electrode wanders: about 0.1 s each way. */
  private floating(): boolean {
    if (this.now >= this.floatsUntil) {
      this.floats = this.chance() < 0.5;
      this.floatsUntil = after(this.now, millis(20 + Math.round(160 * this.chance())));
    }
    return this.floats;
  }

  private measuredA(from: Instant, to: Instant): number {
    if (this.currentSense === 'frozen') return this.frozenA;
    this.frozenA = this.currents.mean(from, to) + this.twin.currentNoiseA();
    if (this.currentSense === 'dead') return 0;
    if (this.currentSense === 'stuck-high') return 0.25;
    return this.frozenA;
  }
}
