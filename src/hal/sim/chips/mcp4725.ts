/**
 * MCP4725 as its I2C master sees it, and the voltage at its output. Datasheet DS22039D: "Write commands" (fast mode; C2 C1 C0
 * = 010 DAC register, 011 DAC register and EEPROM), "Read command", "Power-on reset", "Normal and power-down modes",
 * "General call commands" (reset, wake-up); electrical characteristics (EEPROM write time 25 ms, at most 50 ms).
 *
 * In a power-down mode the output is off and tied to ground by 1, 100 or 500 kΩ. While the EEPROM is being written, write
 * commands are acknowledged and ignored.
 */
import { after, type Instant, LONG_AGO, millis, ratio, type Span } from '../../../units.ts';
import type { LightDacAnalogue, LightDacModel } from './chip.ts';

export interface Mcp4725ChipOptions {
  /** Default 0x60. */
  readonly address?: number;
  /** Code in the EEPROM; from the factory it is half of the range, 0x800. */
  readonly powerUpCode?: number;
  /** How long the EEPROM takes to be written; default 25 ms. */
  readonly eepromUs?: Span;
}

interface Word {
  readonly code: number;
  readonly powerDown: number;
}

export class Mcp4725Chip implements LightDacModel {
  readonly address: number;
  private readonly eepromUs: Span;
  private register: Word;
  private eeprom: Word;
  private busyUntil: Instant = LONG_AGO;

  constructor(
    private readonly world: LightDacAnalogue,
    { address = 0x60, powerUpCode = 0x800, eepromUs = millis(25) }: Mcp4725ChipOptions = {},
  ) {
    this.address = address;
    this.eepromUs = eepromUs;
    this.eeprom = { code: powerUpCode & 0xfff, powerDown: 0 };
    this.register = this.eeprom;
    this.show();
  }

  /** Power-on reset: the EEPROM is loaded. */
  powerCycle(): void {
    this.busyUntil = LONG_AGO;
    this.register = this.eeprom;
    this.show();
  }

  /** The general call that all chips of the bus hear: 0x06 resets, 0x09 wakes up. */
  generalCall(order: number): void {
    if (order === 0x06) this.powerCycle();
    else if (order === 0x09) this.set({ ...this.register, powerDown: 0 });
  }

  private get busy(): boolean {
    return this.world.now() < this.busyUntil;
  }

  /** Without a command: five bytes, over and over. */
  read(into: Uint8Array): boolean {
    const { register, eeprom } = this;
    const answer = [
      (this.busy ? 0 : 0x80) | 0x40 | (register.powerDown << 1),
      register.code >> 4,
      (register.code & 0x0f) << 4,
      (eeprom.powerDown << 5) | (eeprom.code >> 8),
      eeprom.code & 0xff,
    ];
    for (let i = 0; i < into.length; i += 1) into[i] = answer[i % answer.length]!;
    return true;
  }

  /** The command is the first byte of a write that never comes to its end; then a read as above. */
  readBlock(_command: number, into: Uint8Array): boolean {
    return this.read(into);
  }

  write(bytes: Uint8Array): boolean {
    const [first = 0, second = 0, third = 0] = bytes;
    const command = first >> 5;
    if (command <= 1) {
      // Fast mode, two bytes after each other as long as there are any: the last pair stays.
      for (let i = 0; i + 1 < bytes.length; i += 2) {
        const [high = 0, low = 0] = bytes.subarray(i, i + 2);
        this.take({ code: ((high & 0x0f) << 8) | low, powerDown: (high >> 4) & 3 }, false);
      }
      return true;
    }
    if (bytes.length >= 3 && (command === 2 || command === 3)) {
      this.take({ code: (second << 4) | (third >> 4), powerDown: (first >> 1) & 3 }, command === 3);
    }
    return true;
  }

  private take(word: Word, keep: boolean): void {
    if (this.busy) return;
    this.set(word);
    if (!keep) return;
    this.eeprom = word;
    this.busyUntil = after(this.world.now(), this.eepromUs);
  }

  private set(word: Word): void {
    this.register = word;
    this.show();
  }

  private show(): void {
    const { code, powerDown } = this.register;
    this.world.drive(ratio(powerDown === 0 ? code / 4095 : 0));
  }
}
