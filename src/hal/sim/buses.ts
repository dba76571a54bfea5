/** Simulated SPI and I2C: they move bytes between driver and chip models, and break when told to. */
import { assert } from '../../units.ts';
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

/**
 * How the connection of one chip is broken. low, high: its data line is stuck at ground or at the supply. hang: no
 * transfer ever ends. bit-errors: one bit of each transfer flips, another each time. corrupt: the first byte read
 * changes on its way, as under a clock-stretching fault. unplugged: nothing is there.
 */
export type BusFault = 'none' | 'low' | 'high' | 'hang' | 'bit-errors' | 'corrupt' | 'unplugged';

/** Does to the bytes that were read what the fault does to them. `chance` gives 0..1. */
function spoil(fault: BusFault, read: Uint8Array, chance: () => number): void {
  switch (fault) {
    case 'low':
      read.fill(0);
      return;
    case 'high':
      read.fill(0xff);
      return;
    case 'bit-errors': {
      const bit = Math.floor(chance() * read.length * 8);
      const at = bit >> 3;
      read[at] = (read[at] ?? 0) ^ (1 << (bit & 7));
      return;
    }
    case 'corrupt':
      read[0] = (read[0] ?? 0) ^ 0x10;
      return;
    default:
      return;
  }
}

export class SimSpi implements SpiPort {
  fault: BusFault = 'none';

  constructor(
    private readonly chip: SpiChip,
    private readonly chance: () => number,
  ) {}

  transfer(tx: Uint8Array, rx: Uint8Array, done: Done): void {
    if (this.fault === 'hang') return;
    // SPI has no acknowledgement: with no chip the master reads its own pull-down.
    if (this.fault === 'unplugged') rx.fill(0);
    else this.chip.exchange(tx, rx);
    if (this.fault !== 'none') spoil(this.fault, rx, this.chance);
    done(null);
  }
}

const NAK_ERRNO = 121;
const late = (address: number, op: string): HalError =>
  fail('timeout', `i2c 0x${address.toString(16)}`, op, null, 'deadline');

interface I2cPlace {
  readonly chip: I2cChip;
  fault: BusFault;
}

export class SimI2c implements I2cPort {
  /** SDA is held low and no transfer with any chip ever ends. */
  hung = false;
  /** A transfer is taking very long: until it ends, every other one fails by its deadline. */
  stalled = false;
  /** One transfer in so many begins to take that long; 0 = none does. `onStall` must end it. */
  stallEvery = 0;
  onStall: () => void = () => {};
  private transfers = 0;
  private readonly places = new Map<number, I2cPlace>();

  constructor(private readonly chance: () => number) {}

  /** Connects a chip at its address. */
  add(chip: I2cChip): void {
    assert(!this.places.has(chip.address), `two chips have the I2C address 0x${chip.address.toString(16)}`);
    this.places.set(chip.address, { chip, fault: 'none' });
  }

  /** Breaks the connection of the chip at `address`. */
  disturb(address: number, fault: BusFault): void {
    const place = this.places.get(address);
    assert(place, `no chip has the I2C address 0x${address.toString(16)}`);
    place.fault = fault;
  }

  private stalls(): boolean {
    this.transfers += 1;
    if (!this.stalled && this.stallEvery > 0 && this.transfers % this.stallEvery === 0) this.onStall();
    return this.stalled;
  }

  readBlock(address: number, command: number, into: Uint8Array, done: Done): void {
    const place = this.places.get(address);
    if (this.hung || place?.fault === 'hang') return;
    if (this.stalls()) done(late(address, 'readBlock'));
    else if (place !== undefined && place.fault !== 'unplugged' && place.chip.readBlock(command, into)) {
      if (place.fault !== 'none') spoil(place.fault, into, this.chance);
      done(null);
    } else done(fail('nak', `i2c 0x${address.toString(16)}`, 'readBlock', NAK_ERRNO, 'not acknowledged'));
  }

  write(address: number, bytes: Uint8Array, done: Done): void {
    const place = this.places.get(address);
    if (this.hung || place?.fault === 'hang') return;
    if (this.stalls()) done(late(address, 'write'));
    else if (place !== undefined && place.fault !== 'unplugged' && place.chip.write(bytes)) done(null);
    else done(fail('nak', `i2c 0x${address.toString(16)}`, 'write', NAK_ERRNO, 'not acknowledged'));
  }
}
