/**
 * AS7341 as its I2C master sees it. Datasheet DS000504: section 8 (states, integration), section 10.2 (registers and their
 * values at power-up); application note AN000666 (SMUX pixels). Spectral measurement by SP_EN with SMUX, autozero, wait time,
 * interrupt and sleep after interrupt; flicker detection, FIFO, gain control, sync modes and the LED pin are not modelled.
 *
 * The light of an integration is taken when it begins. Each filter has two diodes with half of its signal each. The counts
 * follow the light, the gain and the time, so full scale is `fullV` at gain 64 whatever the time. Where nobody says what the
 * chip does, it does what helps least: AVALID stays until power-down, counts read without ASTATUS are those latched before,
 * SMUX commands during a measurement are lost, and analogue saturation shows as a count in the middle of the range. How much
 * light that takes, and the offset before an autozero, are assumptions, and so is the time of a SMUX command. The oscillator is
 * slow by 5 %, so that no mains frequency is met by luck.
 */
import {
  after,
  type Instant,
  instant,
  LONG_AGO,
  micros,
  NEVER,
  type Span,
  times,
  type Volts,
  volts,
} from '../../../units.ts';
import type { I2cChip, LightAnalogue } from './chip.ts';
import { code } from './conversion-clock.ts';

export interface As7341ChipOptions {
  /** 7-bit address, default 0x39. */
  readonly address?: number;
  /** The inputs by which the surroundings know the light of F4 (green), F7 (red), CLEAR (broadband) and F1 (reference). */
  readonly inputs: Readonly<Record<(typeof CHANNELS)[number], number>>;
  /** Light of full scale at gain 64, default 3.3 V. */
  readonly fullV?: Volts;
}

const ID = 0x24;
const AUTOZERO_EVERY_START = 255;
/** Registers from 80 on that are not 0 after power-up. */
const DEFAULTS: readonly (readonly [register: number, value: number])[] = [
  [0xaa, 0x09],
  [0xac, 0x0c],
  [0xaf, 0x10],
  [0xca, 0xe7],
  [0xcb, 0x03],
  [0xd6, AUTOZERO_EVERY_START],
];
/** Registers from 80 on that keep what is written. */
const PLAIN = new Set([
  0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0xa9, 0xaa, 0xac, 0xaf, 0xb1, 0xb2, 0xb3, 0xb5, 0xbd, 0xca, 0xcb, 0xcf, 0xd6,
  0xf9,
]);
/** Which bits of them exist, where not all. */
const BITS = new Map([
  [0xaa, 0x1f],
  [0xaf, 0x18],
  [0xbd, 0x0f],
]);

const OSCILLATOR = 1.05;
const STEP_US = 2.78;
const WAIT_STEP_US = 2_780;
const AUTOZERO_US = times(micros(15_000), OSCILLATOR);
const SMUX_US = micros(500);
/** Share of full scale that is added until the first autozero. */
const OFFSET = 0.01;
/** Times full scale at which the analogue part gives up. */
const ANALOGUE_END = 2;

const ADCS = 6;
const CHAIN = 20;
/** AN000666: the pixels of the filters that see light here. The others are in the dark. */
const PIXELS = { green: [11, 26], red: [14, 20], broadband: [17, 35], reference: [2, 32] } as const;
const CHANNELS = ['green', 'red', 'broadband', 'reference'] as const;

export class As7341Chip implements I2cChip {
  readonly address: number;
  private readonly analogue: LightAnalogue;
  private readonly inputs: As7341ChipOptions['inputs'];
  private readonly fullV: number;
  private readonly registers = new Uint8Array(0x100);
  private readonly ram = new Uint8Array(0x80);
  /** Registers 60..74, behind the bank bit. */
  private readonly low = new Uint8Array(0x80);
  private readonly chain = new Uint8Array(CHAIN);
  private smuxEnds: Instant = NEVER;
  private zeroEnds: Instant = LONG_AGO;
  private zeroed = false;
  /** The integration under way or waited for; and what it will show once it has begun. */
  private begins: Instant = NEVER;
  private ends: Instant = NEVER;
  private captured: As7341Result | null = null;
  private readonly counts = new Uint16Array(ADCS);
  private again = 0;
  private status2 = 0;
  /** ASTATUS and the counts as latched. */
  private readonly latched = new Uint8Array(1 + 2 * ADCS);
  private cycles = 0;
  private aint = false;
  private asleep = false;

  constructor(analogue: LightAnalogue, options: As7341ChipOptions) {
    this.address = options.address ?? 0x39;
    this.analogue = analogue;
    this.inputs = options.inputs;
    this.fullV = options.fullV ?? volts(3.3);
    this.powerCycle();
  }

  /** Every register and the SMUX chain at their values of power-up; what the chain then connects is left out. */
  powerCycle(): void {
    this.registers.fill(0);
    for (const [register, value] of DEFAULTS) this.registers[register] = value;
    this.ram.fill(0);
    this.low.fill(0);
    this.chain.fill(0);
    this.zeroed = false;
    this.zeroEnds = LONG_AGO;
    this.powerDown();
  }

  /** The register, then one after the other. */
  readBlock(command: number, into: Uint8Array): boolean {
    this.advance();
    for (let i = 0; i < into.length; i += 1) into[i] = this.fetch((command + i) & 0xff);
    return true;
  }

  /** A register, then bytes for it and those that follow. */
  write(bytes: Uint8Array): boolean {
    if (bytes.length === 0) return false;
    this.advance();
    for (let i = 1; i < bytes.length; i += 1) this.store((bytes[0]! + i - 1) & 0xff, bytes[i]!);
    return true;
  }

  private get steps(): number {
    return (this.registers[0x81]! + 1) * ((this.registers[0xca]! | (this.registers[0xcb]! << 8)) + 1);
  }

  private integrationUs(): Span {
    return micros(OSCILLATOR * STEP_US * this.steps);
  }

  private get enable(): number {
    return this.registers[0x80]!;
  }

  /** Does what is due by now. Integrations that nobody asked about in time show the light of now. */
  private advance(): void {
    const now = this.analogue.now();
    if (now >= this.smuxEnds) this.switch();
    while (now >= this.begins && !this.asleep) {
      this.captured ??= this.integrate();
      if (now < this.ends) return;
      const cycleUs = this.cycleUs();
      this.finish(this.captured);
      this.captured = null;
      if (this.asleep) return;
      const missed = Math.max(0, Math.floor((now - this.begins) / cycleUs) - 1);
      if (missed > 0) this.finish(this.integrate());
      this.plan(after(this.begins, times(cycleUs, missed + 1)));
    }
  }

  /** From one integration to the next: at once, or after the wait time, counted from start to start. */
  private cycleUs(): Span {
    const waitUs = (this.enable & 0x08) !== 0 ? OSCILLATOR * WAIT_STEP_US * (this.registers[0x83]! + 1) : 0;
    const every = this.registers[0xd6]!;
    const zeroUs = every !== 0 && every !== AUTOZERO_EVERY_START && this.cycles % every === 0 ? AUTOZERO_US : 0;
    return micros(zeroUs + Math.max(waitUs, this.integrationUs()));
  }

  private plan(begins: Instant): void {
    this.begins = begins;
    this.ends = after(begins, this.integrationUs());
  }

  private stop(): void {
    this.begins = NEVER;
    this.ends = NEVER;
    this.captured = null;
  }

  private powerDown(): void {
    this.stop();
    this.registers[0x80] = 0;
    this.smuxEnds = NEVER;
    this.counts.fill(0);
    this.latched.fill(0);
    this.status2 = 0;
    this.again = 0;
    this.aint = false;
    this.asleep = false;
  }

  /** What the ADCs make of the light from now on. */
  private integrate(): As7341Result {
    const gain = this.registers[0xaa]!;
    const factor = 2 ** (gain - 1) / 64;
    const overUs = this.integrationUs();
    const light = CHANNELS.map((name) => this.analogue.volts(this.inputs[name], overUs) / this.fullV);
    const end = Math.min(this.steps, 0xffff);
    const offset = this.zeroed ? 0 : OFFSET;
    const counts: number[] = [];
    let status = 0;
    for (let adc = 0; adc < ADCS; adc += 1) {
      let share = 0;
      CHANNELS.forEach((name, i) => {
        for (const pixel of PIXELS[name]) if (this.connected(pixel) === adc + 1) share += light[i]! / 2;
      });
      const level = share * factor;
      if (level >= ANALOGUE_END) status |= 0x08;
      else if ((level + offset) * this.steps >= end) status |= 0x10;
      counts.push(level >= ANALOGUE_END ? end >> 1 : code((level + offset) * this.steps, 0, end));
    }
    return { counts, status, gain };
  }

  /** The ADC, from 1 on, that a pixel is connected to; 0 = ground. */
  private connected(pixel: number): number {
    return (this.chain[pixel >> 1]! >> (4 * (pixel & 1))) & 7;
  }

  private finish({ counts, status, gain }: As7341Result): void {
    this.counts.set(counts);
    this.again = gain;
    this.status2 = 0x40 | status;
    this.cycles += 1;
    // Thresholds of 0 and a persistence other than 0 are left out: nothing interrupts then.
    if ((this.registers[0xf9]! & 0x08) !== 0 && this.registers[0xbd] === 0) this.aint = true;
    if (this.aint && (this.registers[0xac]! & 0x10) !== 0) {
      this.asleep = true;
      this.stop();
    }
  }

  private fetch(register: number): number {
    if (register < 0x80) return this.bank()[register]!;
    if (register >= 0x94 && register <= 0xa0) {
      if (register === 0x94) this.latch();
      return this.latched[register - 0x94]!;
    }
    switch (register) {
      case 0x92:
        return ID;
      case 0x93:
        return this.aint ? 0x08 : 0;
      case 0xa3:
        return this.status2;
      case 0xa7:
        return this.asleep ? 0x02 : 0;
      default:
        return this.registers[register]!;
    }
  }

  private latch(): void {
    this.latched[0] = this.again | ((this.status2 & 0x18) !== 0 ? 0x80 : 0);
    this.counts.forEach((count, adc) => {
      this.latched[1 + 2 * adc] = count & 0xff;
      this.latched[2 + 2 * adc] = count >> 8;
    });
  }

  private bank(): Uint8Array {
    return (this.registers[0xa9]! & 0x10) !== 0 ? this.low : this.ram;
  }

  private store(register: number, value: number): void {
    if (register < 0x80) this.bank()[register] = value;
    else if (register === 0x80) this.switchOn(value);
    else if (register === 0x93) this.aint &&= (value & 0x08) === 0;
    else if (register === 0xfa) this.control(value);
    else if (PLAIN.has(register)) this.registers[register] = value & (BITS.get(register) ?? 0xff);
  }

  private switchOn(value: number): void {
    if ((value & 0x01) === 0) {
      this.powerDown();
      return;
    }
    const measured = (this.enable & 0x02) !== 0;
    const now = this.analogue.now();
    this.registers[0x80] = value & 0x5b;
    if ((value & 0x02) === 0) this.stop();
    else if (!measured && !this.asleep) this.start(now);
    if ((value & 0x10) !== 0) {
      if ((value & 0x02) !== 0 || this.asleep) this.registers[0x80]! &= ~0x10;
      else this.smuxEnds = after(now, SMUX_US);
    }
  }

  private start(now: Instant): void {
    const ready = instant(Math.max(now, this.zeroEnds));
    this.cycles = 0;
    if (this.registers[0xd6] === 0) {
      this.plan(ready);
    } else {
      this.zeroed = true;
      this.plan(after(ready, AUTOZERO_US));
    }
    if (this.begins <= now) this.captured = this.integrate();
  }

  private control(value: number): void {
    const now = this.analogue.now();
    if ((value & 0x01) !== 0 && !this.aint && this.asleep) {
      this.asleep = false;
      if ((this.enable & 0x03) === 0x03) this.start(now);
    }
    if ((value & 0x04) !== 0 && (this.enable & 0x03) === 0x01 && !this.asleep) {
      this.zeroed = true;
      this.zeroEnds = after(now, AUTOZERO_US);
    }
  }

  /** The SMUX command has ended. */
  private switch(): void {
    this.smuxEnds = NEVER;
    this.registers[0x80]! &= ~0x10;
    const command = (this.registers[0xaf]! >> 3) & 3;
    if (command === 2) this.chain.set(this.ram.subarray(0, CHAIN));
    else if (command === 1) this.ram.set(this.chain);
    else if (command === 0) this.chain.fill(0);
  }
}

interface As7341Result {
  readonly counts: readonly number[];
  /** The bits of STATUS2. */
  readonly status: number;
  readonly gain: number;
}
