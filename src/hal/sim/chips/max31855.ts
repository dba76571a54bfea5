/**
 * MAX31855K as its SPI master sees it. Datasheet 19-5793: table 2 (frame), "Electrical characteristics" (70 ms typical,
 * 100 ms at most a conversion; 200 ms after power-up). The converter measures the couple's voltage and divides by a
 * constant 41.276 µV/°C, so it reads wrong by the couple's curvature, as the real one does. Chip select low stops the
 * conversion under way, and high again begins a new one: read faster than it converts, it shows the same frame for ever.
 */
import { after, clamp, LONG_AGO, millis, type Span } from '../../../units.ts';
import { typeKMillivolts } from '../../standards/type-k.ts';
import type { SpiChip, ThermocoupleAnalogue, ThermocoupleFault, ThermocoupleModel } from './chip.ts';
import { ConversionClock, code } from './conversion-clock.ts';

export interface Max31855ChipOptions {
  /** Default 70 ms, the datasheet's typical value; at most 100 ms. */
  readonly conversionUs?: Span;
}

const POWER_UP_US = millis(200);
const MICROVOLT_SLOPE = 41.276;

/** Powered long before the simulation starts; `powerCycle()` shows what happens after power-up. */
export class Max31855Chip implements SpiChip, ThermocoupleModel {
  /** Seen at the next conversion, like every other change of the input. */
  fault: ThermocoupleFault = 'none';
  /** Keeps the last conversion for ever, fault bits included: a converter that hangs while its interface lives. */
  frozen = false;
  private readonly analogue: ThermocoupleAnalogue;
  private readonly conversionUs: Span;
  private readonly clock = new ConversionClock(LONG_AGO);
  private frame = 0;

  constructor(analogue: ThermocoupleAnalogue, options: Max31855ChipOptions = {}) {
    this.analogue = analogue;
    this.conversionUs = options.conversionUs ?? millis(70);
  }

  /** Until the first conversion after power-up ends, all bits are 0. */
  powerCycle(): void {
    this.frame = 0;
    this.clock.restart(after(this.analogue.now(), POWER_UP_US));
  }

  /** Ends the conversions that are due. Called by every exchange; call it every tick for conversions on time. */
  advance(): void {
    if (this.clock.tick(this.analogue.now(), this.conversionUs) && !this.frozen) this.frame = this.convert();
  }

  exchange(tx: Uint8Array, rx: Uint8Array): void {
    this.advance();
    // Not before the end of the power-up.
    if (this.clock.isBefore(this.analogue.now(), this.conversionUs))
      this.clock.restart(after(this.analogue.now(), this.conversionUs));
    for (let i = 0; i < tx.length; i += 1) rx[i] = i < 4 ? (this.frame >>> (24 - 8 * i)) & 0xff : 0;
  }

  private convert(): number {
    const cold = this.analogue.coldC();
    const coldCode = code(cold * 16, -2048, 2047);
    let couple: number;
    let flags = 0;
    switch (this.fault) {
      case 'none': {
        const microvolts = 1000 * (typeKMillivolts(this.analogue.hotC()) - typeKMillivolts(cold));
        couple = microvolts / MICROVOLT_SLOPE + coldCode / 16;
        break;
      }
      // What the temperature field shows during a fault is not specified: a floating input or one at the supply
      // drives the converter to its upper end, one at ground leaves no voltage between the two.
      case 'open':
        flags = 1;
        couple = 2047.75;
        break;
      case 'shortGnd':
        flags = 2;
        couple = coldCode / 16;
        break;
      case 'shortVcc':
        flags = 4;
        couple = 2047.75;
        break;
    }
    const coupleCode = clamp(Math.round(couple * 4), -8192, 8191);
    return ((coupleCode & 0x3fff) << 18) | (flags === 0 ? 0 : 0x1_0000) | ((coldCode & 0xfff) << 4) | flags;
  }
}
