/**
 * What a simulated chip shows to its bus. The same models answer the simulated ports here and, byte for byte, any
 * emulator that needs them. A chip's analogue side is a set of functions given at construction.
 */
export interface SpiChip {
  /** One full-duplex exchange with chip select held; fills `rx` (same length as `tx`). */
  exchange(tx: Uint8Array, rx: Uint8Array): void;
}

export interface I2cChip {
  readonly address: number;
  /** Command, repeated START, read. False = the chip did not acknowledge. */
  readBlock(command: number, into: Uint8Array): boolean;
  /** False = the chip did not acknowledge. */
  write(bytes: Uint8Array): boolean;
}
