/**
 * The bus side of the chips that keep 16-bit registers behind a pointer: the first byte written sets the pointer, two
 * more are a word, high byte first; what is read is the word at the pointer.
 */
import type { I2cChip } from './chip.ts';

export abstract class WordRegisterChip implements I2cChip {
  readonly address: number;
  /** Keeps the last conversion for ever. */
  frozen = false;
  private selected = 0;

  protected constructor(address: number) {
    this.address = address;
  }

  /** Ends the conversions that are due. Called by every transfer; call it every tick for conversions on time. */
  abstract advance(): void;
  protected abstract exists(register: number): boolean;
  /** The word of a register that exists. Does what reading it does to the chip. */
  protected abstract fetch(register: number): number;
  /** Takes a word for a register that exists; a read-only one ignores it. */
  protected abstract store(register: number, word: number): void;
  /** Back to the power-on values of the registers. */
  protected abstract reset(): void;

  powerCycle(): void {
    this.selected = 0;
    this.reset();
  }

  /** The register that a read without a command would answer with. */
  get pointer(): number {
    return this.selected;
  }

  readBlock(command: number, into: Uint8Array): boolean {
    if (!this.exists(command)) return false;
    this.selected = command;
    this.readAtPointer(into);
    return true;
  }

  /** A plain read: the register that the pointer was left at. Read on, it answers with the same word over and over. */
  readAtPointer(into: Uint8Array): void {
    this.advance();
    const word = this.fetch(this.selected);
    for (let i = 0; i < into.length; i += 1) into[i] = (i & 1) === 0 ? (word >> 8) & 0xff : word & 0xff;
  }

  /** Pointer alone, or pointer and a 16-bit word. Read-only registers acknowledge and ignore it. */
  write(bytes: Uint8Array): boolean {
    this.advance();
    if (bytes.length === 0 || !this.exists(bytes[0]!)) return false;
    this.selected = bytes[0]!;
    if (bytes.length >= 3) this.store(this.selected, (bytes[1]! << 8) | bytes[2]!);
    return true;
  }
}
