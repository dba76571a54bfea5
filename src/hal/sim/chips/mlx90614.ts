/**
 * MLX90614 as its SMBus master sees it. Datasheet 3901090614 rev 013: tables 5 and 7 (EEPROM and RAM), section 8.4
 * (commands, packet error code), section 8.3.6 (emissivity). Writing needs a valid packet error code; an EEPROM cell
 * takes its value only after it was erased by writing 0, stays busy for some ms, and counts from the next power-up on.
 */
import { after, LONG_AGO, millis, type Ratio, type Span, ZERO_CELSIUS_K } from '../../../units.ts';
import { crc8Next } from '../../standards/crc8.ts';
import type { I2cChip, InfraredAnalogue, InfraredModel } from './chip.ts';
import { ConversionClock, code } from './conversion-clock.ts';

export interface Mlx90614ChipOptions {
  /** 7-bit address, default 0x5A. */
  readonly address?: number;
  /** Time between two results; default 100 ms, the order of the default filter setting. */
  readonly conversionUs?: Span;
  /**
   * The surface's true emissivity, where the analogue side does not say it. Known, the chip takes surface radiation and
   * reflected surroundings for what its setting says; unknown, it reads `objectC()`.
   */
  readonly surfaceEmissivity?: Ratio;
}

/** Table 7 and section 8.4: valid data come 250 ms after power-up. */
const POWER_UP_US = millis(250);
/** Erasing or writing a cell takes 5 ms; 10 ms is what the datasheet asks the master to wait. */
const CELL_US = millis(5);
/** Share of a new value by the IIR setting, cell 25 bits 2..0 (table 5): 100 is "off", as delivered. */
const IIR = [0.5, 0.25, 1 / 6, 1 / 8, 1, 0.8, 2 / 3, 0.571] as const;
const LEAST = 0x27ad;
const MOST = 0x7fff;
const AMBIENT_LEAST = 0x2de4;
const AMBIENT_MOST = 0x4dc4;

/** Factory EEPROM, cells 00..1F; the four identity words (1C..1F) are this simulation's own. */
function factory(): Uint16Array {
  const cells = new Uint16Array(32);
  cells[0x00] = 0x9993;
  cells[0x01] = 0x62e3;
  cells[0x02] = 0x0201;
  cells[0x03] = 0xf71c;
  cells[0x04] = 0xffff;
  cells[0x05] = 0x9fb4;
  cells[0x0e] = 0xbe5a;
  cells.set([0x5e4d, 0x9014, 0x0614, 0x0001], 0x1c);
  return cells;
}

/** The cells that a customer may write: 00..05 and 0E, and 0F. */
const writable = (cell: number): boolean => cell <= 0x05 || cell === 0x0e || cell === 0x0f;

export class Mlx90614Chip implements I2cChip, InfraredModel {
  readonly address: number;
  /** Spoils the packet error code of every word read. */
  corruptPec = false;
  /** Sets bit 15 of the temperature words. */
  errorFlag = false;
  /** Keeps the last conversion for ever. */
  frozen = false;
  private readonly analogue: InfraredAnalogue;
  private readonly conversionUs: Span;
  private readonly surface: Ratio | undefined;
  private readonly clock = new ConversionClock(LONG_AGO);
  private readonly cells = factory();
  /** The emissivity in use: read from the EEPROM at power-up. */
  private emissivity = 1;
  private weight: number = IIR[4];
  /** What the filter holds, K; null = nothing yet. */
  private filteredK: number | null = null;
  private busyUntil = LONG_AGO;
  private ambient = 0;
  private object = 0;
  private initialised = true;

  constructor(analogue: InfraredAnalogue, options: Mlx90614ChipOptions = {}) {
    this.analogue = analogue;
    this.address = options.address ?? 0x5a;
    this.conversionUs = options.conversionUs ?? millis(100);
    this.surface = options.surfaceEmissivity;
  }

  /** The RAM is cleared, the EEPROM stays and its emissivity comes into force. */
  powerCycle(): void {
    this.ambient = 0;
    this.object = 0;
    this.initialised = false;
    this.busyUntil = LONG_AGO;
    this.emissivity = this.cells[4]! / 65535;
    this.weight = IIR[this.cells[5]! & 7]!;
    this.filteredK = null;
    this.clock.restart(after(this.analogue.now(), POWER_UP_US));
  }

  /** Ends the conversions that are due. Called by every transfer; call it every tick for conversions on time. */
  advance(): void {
    if (!this.clock.tick(this.analogue.now(), this.conversionUs) || this.frozen) return;
    this.initialised = true;
    const ambientK = this.analogue.ambientC() + ZERO_CELSIUS_K;
    this.ambient = code(ambientK * 50, AMBIENT_LEAST, AMBIENT_MOST);
    const seenK = this.seenK(ambientK);
    const before = this.filteredK ?? seenK;
    this.filteredK = before + this.weight * (seenK - before);
    this.object = code(this.filteredK * 50, LEAST, MOST);
  }

  readBlock(command: number, into: Uint8Array): boolean {
    this.advance();
    const word = this.word(command);
    if (word < 0) return false;
    const low = word & 0xff;
    const high = word >> 8;
    let pec = crc8Next(crc8Next(0, this.address << 1), command);
    pec = crc8Next(crc8Next(crc8Next(pec, (this.address << 1) | 1), low), high);
    if (this.corruptPec) pec ^= 0x5a;
    // After the packet error code the chip lets the line go: ones.
    into.fill(0xff);
    if (into.length > 0) into[0] = low;
    if (into.length > 1) into[1] = high;
    if (into.length > 2) into[2] = pec;
    return true;
  }

  /** "Write word": command, LSB, MSB, PEC; a missing or wrong PEC is not acknowledged and nothing changes. */
  write(bytes: Uint8Array): boolean {
    this.advance();
    const command = bytes[0] ?? 0;
    const cell = command & 0x1f;
    if (bytes.length !== 4 || (command & 0xe0) !== 0x20 || !writable(cell)) return false;
    let pec = crc8Next(0, this.address << 1);
    for (let i = 0; i < 3; i += 1) pec = crc8Next(pec, bytes[i]!);
    if (pec !== bytes[3]!) return false;
    const now = this.analogue.now();
    if (now < this.busyUntil) return false;
    const value = bytes[1]! | (bytes[2]! << 8);
    // A cell that was not erased keeps its ones; the datasheet only says that erasing is required.
    this.cells[cell] = value === 0 ? 0 : this.cells[cell]! | value;
    this.busyUntil = after(now, CELL_US);
    return true;
  }

  /** The word behind a command, −1 for a command that does not exist. */
  private word(command: number): number {
    if (command === 0x06) return this.temperature(this.ambient);
    if (command === 0x07) return this.temperature(this.object);
    // The second detector is not fitted in this type.
    if (command === 0x08) return this.temperature(0);
    // Raw detector values, without a meaning outside the chip.
    if (command === 0x04 || command === 0x05) return 0;
    if (command >= 0x20 && command <= 0x3f) return this.cells[command & 0x1f]!;
    if (command === 0xf0) return this.flags();
    return -1;
  }

  private temperature(word: number): number {
    return this.errorFlag ? word | 0x8000 : word;
  }

  /** b7 EEPROM busy, b4 initialisation done (1). */
  private flags(): number {
    const busy = this.analogue.now() < this.busyUntil ? 0x80 : 0;
    return busy | (this.initialised ? 0x10 : 0);
  }

  /** The object temperature in K that the chip computes from the radiation. */
  private seenK(ambientK: number): number {
    const objectK = this.analogue.objectC() + ZERO_CELSIUS_K;
    const surface = this.analogue.emissivity?.() ?? this.surface;
    if (surface === undefined || surface === this.emissivity) return objectK;
    const surroundings = ambientK ** 4;
    const excess = surface * (objectK ** 4 - surroundings);
    return Math.max(0, surroundings + excess / this.emissivity) ** 0.25;
  }
}
