/**
 * MAX31856 as its SPI master sees it. Datasheet 19-7534: table 6 (registers and power-on values), register descriptions
 * (CR0, CR1, SR), "Electrical characteristics" (conversion times) and table 4 (open-circuit detection). Powers up in
 * the normally-off mode: without a configuration its temperature registers stay 0 for ever.
 *
 * Only type K is modelled; with another couple type in CR1 the chip reports "couple out of range" and 0 °C, so that a
 * driver that configures it wrongly does not go unnoticed. The averaging counts for the time, not for the noise.
 */
import { after, celsius, micros, NEVER, type Span } from '../../../units.ts';
import { typeKCelsius, typeKMillivolts } from '../../standards/type-k.ts';
import type { SpiChip, ThermocoupleAnalogue, ThermocoupleFault, ThermocoupleModel } from './chip.ts';
import { ConversionClock, code } from './conversion-clock.ts';

/** Power-on values of the registers 00..0F. */
const DEFAULTS = Uint8Array.of(0x00, 0x03, 0xff, 0x7f, 0xc0, 0x7f, 0xff, 0x80, 0x00, 0, 0, 0, 0, 0, 0, 0);

const AUTOMATIC = 0x80;
const ONE_SHOT = 0x40;
const COLD_OFF = 0x08;
const INTERRUPT = 0x04;
const CLEAR = 0x02;
const FIFTY_HZ = 0x01;

const TC_RANGE = 0x40;
const CJ_RANGE = 0x80;
const LAST_WRITABLE = 0x0b;

/** One-shot or first conversion, then each further one, for 60 and 50 Hz; typical, in µs. */
const FIRST_US = [143_000, 169_000] as const;
const NEXT_US = [82_000, 98_000] as const;
/** What each averaged sample adds. */
const SAMPLE_FIRST_US = [33_330, 40_000] as const;
const SAMPLE_NEXT_US = [16_670, 20_000] as const;
/** Time of the open-circuit test by CR0 bits 5:4. */
const OPEN_TEST_US = [0, 13_300, 33_400, 113_400] as const;
/** One conversion in so many makes the test (table 4); that the first one after a start does is not promised. */
const TEST_EVERY = 16;
/**
 * What a floating input does is not specified: bias current and leakage of the filter capacitor decide. This one keeps its
 * charge and loses it within seconds, the worst kind of reading: smooth, plausible and too low.
 */
const LEAK_US = 3e6;

export class Max31856Chip implements SpiChip, ThermocoupleModel {
  /** `shortGnd` and `shortVcc` both raise the one over/undervoltage bit, at once; `open` shows at the next test for it. */
  fault: ThermocoupleFault = 'none';
  /** Keeps the last conversion for ever while the registers can still be read and written. */
  frozen = false;
  private readonly analogue: ThermocoupleAnalogue;
  private readonly registers = DEFAULTS.slice();
  private readonly clock = new ConversionClock(NEVER);
  private oneShot = false;
  /** SR bits of the last conversion. */
  private converted = 0;
  /** Conversions until the one that tests for an open couple, and what the last test found. */
  private untilTest = TEST_EVERY - 1;
  private foundOpen = false;
  /** What the input would be taken for, °C, and when it was: charge that a broken couple leaves behind. */
  private charge = 0;
  private chargedAt = 0;

  constructor(analogue: ThermocoupleAnalogue) {
    this.analogue = analogue;
  }

  /** Back to the power-on values: normally off, no temperature. */
  powerCycle(): void {
    this.registers.set(DEFAULTS);
    this.clock.restart(NEVER);
    this.oneShot = false;
    this.converted = 0;
    this.untilTest = TEST_EVERY - 1;
    this.foundOpen = false;
  }

  /** True = the FAULT pin is pulled low: a fault that MASK lets through. Needs no software to look at it. */
  get faultPin(): boolean {
    this.advance();
    return (this.registers[15]! & ~this.registers[2]! & 0x3f) !== 0;
  }

  /** Ends the conversions that are due. Called by every exchange; call it every tick for conversions on time. */
  advance(): void {
    const ended = this.clock.tick(this.analogue.now(), this.nextUs());
    if (ended > 0) {
      if (this.oneShot) {
        this.oneShot = false;
        this.registers[0] = this.registers[0]! & ~ONE_SHOT;
        if ((this.registers[0]! & AUTOMATIC) === 0) this.clock.restart(NEVER);
      }
      if (!this.frozen) this.convert(ended);
    }
    const voltage = this.fault === 'shortGnd' || this.fault === 'shortVcc' ? 0x02 : 0;
    const status = this.converted | voltage;
    const kept = (this.registers[0]! & INTERRUPT) === 0 ? 0 : this.registers[15]!;
    this.registers[15] = status | kept;
  }

  exchange(tx: Uint8Array, rx: Uint8Array): void {
    this.advance();
    if (tx.length === 0) return;
    rx[0] = 0;
    const writing = (tx[0]! & 0x80) !== 0;
    let address = tx[0]! & 0x7f;
    for (let i = 1; i < tx.length; i += 1) {
      rx[i] = writing || address > 0x0f ? 0 : this.registers[address]!;
      if (writing) this.write(address, tx[i]!);
      address = address === 0x0f ? 0 : (address + 1) & 0x7f;
    }
  }

  private write(address: number, value: number): void {
    if (address > LAST_WRITABLE) return;
    // The cold-junction registers belong to the chip unless its sensor is switched off.
    if (address >= 0x0a && (this.registers[0]! & COLD_OFF) === 0) return;
    if (address !== 0) {
      this.registers[address] = value;
      return;
    }
    const before = this.registers[0]!;
    this.registers[0] = value & ~CLEAR;
    if ((value & CLEAR) !== 0 && (value & INTERRUPT) !== 0) this.registers[15] = 0;
    const now = this.analogue.now();
    if ((value & AUTOMATIC) !== 0) {
      this.registers[0] = this.registers[0]! & ~ONE_SHOT;
      if ((before & AUTOMATIC) === 0) this.clock.restart(after(now, this.firstUs()));
    } else if ((value & ONE_SHOT) !== 0) {
      this.oneShot = true;
      this.clock.restart(after(now, this.firstUs()));
    } else {
      this.oneShot = false;
      this.clock.restart(NEVER);
    }
  }

  private samples(): number {
    const selected = (this.registers[1]! >> 4) & 7;
    return selected > 4 ? 16 : 1 << selected;
  }

  private firstUs(): Span {
    const line = this.registers[0]! & FIFTY_HZ ? 1 : 0;
    const test = OPEN_TEST_US[(this.registers[0]! >> 4) & 3]!;
    return micros(FIRST_US[line] + (this.samples() - 1) * SAMPLE_FIRST_US[line] + test);
  }

  private nextUs(): Span {
    const line = this.registers[0]! & FIFTY_HZ ? 1 : 0;
    const test = this.untilTest === 0 ? OPEN_TEST_US[(this.registers[0]! >> 4) & 3]! : 0;
    return micros(NEXT_US[line] + (this.samples() - 1) * SAMPLE_NEXT_US[line] + test);
  }

  /** @param ended how many conversions ended since the last look; the newest is shown */
  private convert(ended: number): void {
    const r = this.registers;
    const trueCold = this.analogue.coldC();
    const chipDegrees = code(trueCold * 64, -0x2000, 0x1fff);
    if ((r[0]! & COLD_OFF) === 0) {
      const offset = ((r[9]! << 24) >> 24) * 4;
      const shown = code(chipDegrees + offset, -0x2000, 0x1fff) << 2;
      r[10] = (shown >> 8) & 0xff;
      r[11] = shown & 0xff;
    }
    const cold = celsius(((r[10]! << 24) >> 24) + r[11]! / 256);
    let status = cold < -55 || cold > 125 ? CJ_RANGE : 0;
    if (cold > (r[3]! << 24) >> 24) status |= 0x20;
    if (cold < (r[4]! << 24) >> 24) status |= 0x10;
    // An input beyond the supply rails stops the conversions; an open one has no temperature. The old one stays.
    if (this.fault === 'shortGnd' || this.fault === 'shortVcc') {
      this.converted = status;
      return;
    }
    if (this.isFoundOpen(ended)) {
      this.converted = status | 0x01;
      return;
    }
    let hot: number = this.inputC(trueCold);
    if ((r[1]! & 0x0f) !== 3) {
      hot = 0;
      status |= TC_RANGE;
    } else {
      if (Math.abs(cold - trueCold) > 1 / 64) {
        const mV = typeKMillivolts(celsius(hot)) - typeKMillivolts(trueCold) + typeKMillivolts(cold);
        hot = typeKCelsius(mV);
      }
      if (hot < -200 || hot > 1372) status |= TC_RANGE;
    }
    const couple = code(hot * 128, -0x40000, 0x3ffff);
    const word = couple << 5;
    r[12] = (word >> 16) & 0xff;
    r[13] = (word >> 8) & 0xff;
    r[14] = word & 0xff;
    if (couple / 128 > this.limit(5)) status |= 0x08;
    if (couple / 128 < this.limit(7)) status |= 0x04;
    this.converted = status;
  }

  /** Counts the conversions; the result of the last test holds until the next. */
  private isFoundOpen(ended: number): boolean {
    if ((this.registers[0]! & 0x30) === 0) this.foundOpen = false;
    else if (this.untilTest < ended) this.foundOpen = this.fault === 'open';
    this.untilTest = (this.untilTest + TEST_EVERY - (ended % TEST_EVERY)) % TEST_EVERY;
    return this.foundOpen;
  }

  /** The hot junction; of a couple that broke, what its charge is taken for: it leaks, and no voltage is the cold junction. */
  private inputC(cold: number): number {
    const now = this.analogue.now();
    const forUs = now - this.chargedAt;
    this.chargedAt = now;
    this.charge =
      this.fault === 'open' ? cold + (this.charge - cold) * Math.exp(-forUs / LEAK_US) : this.analogue.hotC();
    return this.charge;
  }

  /** A couple threshold: signed 16 bits, 0.0625 °C. */
  private limit(address: number): number {
    return ((this.registers[address]! << 24) | (this.registers[address + 1]! << 16)) / 0x10_0000;
  }
}
