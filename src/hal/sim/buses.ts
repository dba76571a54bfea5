/** Simulated SPI and I2C: they move bytes between driver and chip models, and break when told to. */
import type { Done, HalError, HalErrorKind, I2cPort, SpiPort } from '../ports.ts';
import type { I2cChip, SpiChip } from './chips/chip.ts';

const fail = (kind: HalErrorKind, device: string, op: string, errno: number | null, detail: string): HalError => ({
  kind,
  device,
  op,
  errno,
  transient: true,
  detail,
});

export class SimSpi implements SpiPort {
  /** low and high: MISO stuck at ground or at the supply. hang: the transfer never ends. */
  fault: 'none' | 'miso-low' | 'miso-high' | 'hang' | 'bit-errors' = 'none';

  constructor(
    private readonly chip: SpiChip,
    private readonly chance: () => number,
  ) {}

  transfer(tx: Uint8Array, rx: Uint8Array, done: Done): void {
    if (this.fault === 'hang') return;
    this.chip.exchange(tx, rx);
    if (this.fault === 'miso-low') rx.fill(0);
    else if (this.fault === 'miso-high') rx.fill(0xff);
    else if (this.fault === 'bit-errors') {
      const bit = Math.floor(this.chance() * rx.length * 8);
      const at = bit >> 3;
      rx[at] = (rx[at] ?? 0) ^ (1 << (bit & 7));
    }
    done(null);
  }
}

const NAK_ERRNO = 121;

export class SimI2c implements I2cPort {
  /** hang: SDA is held low and no transfer ever ends. */
  hung = false;
  /** Data of the infrared thermometer’s reads change on the way, as a clock-stretching fault makes them. */
  corrupt = false;
  /** Addresses that do not acknowledge. */
  readonly missing = new Set<number>();
  private readonly chips = new Map<number, I2cChip>();

  constructor(chips: readonly I2cChip[]) {
    for (const chip of chips) this.chips.set(chip.address, chip);
  }

  readBlock(address: number, command: number, into: Uint8Array, done: Done): void {
    if (this.hung) return;
    const chip = this.answering(address);
    if (chip?.readBlock(command, into)) {
      // A word with its check code: the others on this bus have none, so there nothing could tell.
      if (this.corrupt && into.length === 3) into[0] = (into[0] ?? 0) ^ 0x10;
      done(null);
    } else done(fail('nak', `i2c 0x${address.toString(16)}`, 'readBlock', NAK_ERRNO, 'not acknowledged'));
  }

  write(address: number, bytes: Uint8Array, done: Done): void {
    if (this.hung) return;
    const chip = this.answering(address);
    if (chip?.write(bytes)) done(null);
    else done(fail('nak', `i2c 0x${address.toString(16)}`, 'write', NAK_ERRNO, 'not acknowledged'));
  }

  private answering(address: number): I2cChip | undefined {
    return this.missing.has(address) ? undefined : this.chips.get(address);
  }
}
