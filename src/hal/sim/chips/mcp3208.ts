/**
 * MCP3208 as its SPI master sees it. Datasheet DS21298E: figure 5-1 (bit sequence), table 5-2 (channels), equation 4-2.
 * Counted from the start bit: start, SGL/DIFF, D2, D1, D0, one clock of sampling, the null bit, then B11..B0. The input
 * is taken within the frame, so there is no conversion rate of its own. The line floats outside of null bit and code.
 */
import { type Volts, volts } from '../../../units.ts';
import type { SpiChip } from './chip.ts';

export interface Mcp3208Analogue {
  /** Voltage at CH0..CH7 against ground. */
  volts(channel: number): Volts;
  /** Voltage at VREF, where it changes; else that of the options. */
  referenceV?(): Volts;
}

export interface Mcp3208ChipOptions {
  /** What the master reads while the chip does not drive the line; default 0. */
  readonly floating?: 0 | 1;
  /** Voltage at VREF = full scale; at most VDD (DS21298E, electrical characteristics). Default 3.3 V. */
  readonly referenceV?: Volts;
}

export class Mcp3208Chip implements SpiChip {
  private readonly analogue: Mcp3208Analogue;
  private readonly floating: number;
  private readonly reference: Volts;

  constructor(analogue: Mcp3208Analogue, options: Mcp3208ChipOptions = {}) {
    this.analogue = analogue;
    this.floating = options.floating === 1 ? 0xff : 0;
    this.reference = options.referenceV ?? volts(3.3);
  }

  exchange(tx: Uint8Array, rx: Uint8Array): void {
    const bits = tx.length * 8;
    rx.fill(this.floating, 0, tx.length);
    let start = 0;
    while (start < bits && sent(tx, start) === 0) start += 1;
    if (start + 5 > bits) return;
    const single = sent(tx, start + 1) === 1;
    const channel = (sent(tx, start + 2) << 2) | (sent(tx, start + 3) << 1) | sent(tx, start + 4);
    const value = this.convert(single, channel);
    drive(rx, start + 6, 0);
    for (let i = 0; i < 12; i += 1) drive(rx, start + 7 + i, (value >> (11 - i)) & 1);
    // With further clocks the code comes again, lowest bit first and B0 shared, then zeros.
    for (let i = 1; start + 18 + i < bits; i += 1) drive(rx, start + 18 + i, i < 12 ? (value >> i) & 1 : 0);
  }

  private convert(single: boolean, channel: number): number {
    // In the differential mode D0 chooses which of the pair is positive.
    const input = single
      ? this.analogue.volts(channel)
      : this.analogue.volts(channel) - this.analogue.volts(channel ^ 1);
    const full = this.analogue.referenceV?.() ?? this.reference;
    const value = Math.floor((4096 * input) / full);
    return value < 0 ? 0 : value > 4095 ? 4095 : value;
  }
}

const sent = (tx: Uint8Array, bit: number): number => (tx[bit >> 3]! >> (7 - (bit & 7))) & 1;

function drive(rx: Uint8Array, bit: number, level: number): void {
  const at = bit >> 3;
  if (at >= rx.length) return;
  const mask = 0x80 >> (bit & 7);
  rx[at] = level === 1 ? rx[at]! | mask : rx[at]! & ~mask;
}
