/**
 * Simulated SPI and I2C: they move bytes between driver and chip models and break when told to. With `TimedWires` a bus
 * carries one transfer after the other at its clock, and each ends, and its caller hears of it, at a later simulated instant.
 */
import { after, assert, type Instant, LONG_AGO, later, micros, type Span } from '../../units.ts';
import type { Done, HalError, HalErrorKind, PlainI2cPort, SpiPort } from '../ports.ts';
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

/** What ends at a later instant. One without time ends everything at once. */
export interface Wires {
  /** Does `end` after all that was begun before on the same bus, `span` later. */
  carry(bus: Bus, span: Span, end: () => void): void;
}

/** Until when a bus is in use. */
export interface Bus {
  freeAt: Instant;
}

/** No transfer takes any time. */
export const AT_ONCE: Wires = { carry: (_bus, _span, end) => end() };

/** The transfers under way on all buses of a bench, in the order of their ends. */
export class TimedWires implements Wires {
  private readonly under: { readonly at: Instant; readonly end: () => void }[] = [];
  /** The instant at which the transfer that just ends does so; what follows it begins there. */
  private at: Instant = LONG_AGO;

  constructor(private readonly bench: () => Instant) {}

  /** Now, on the wires: within a transfer that ends, its end. */
  get now(): Instant {
    return this.at === LONG_AGO ? this.bench() : this.at;
  }

  carry(bus: Bus, span: Span, end: () => void): void {
    const at = after(later(this.now, bus.freeAt), span);
    bus.freeAt = at;
    let place = this.under.length;
    while (place > 0 && this.under[place - 1]!.at > at) place -= 1;
    this.under.splice(place, 0, { at, end });
  }

  /** Ends what is due up to `now`, and what that begins, if it is due as well. */
  settle(now: Instant): void {
    if (this.under.length === 0) return;
    for (let first = this.under[0]; first && first.at <= now; first = this.under[0]) {
      this.under.shift();
      this.at = first.at;
      try {
        first.end();
      } finally {
        this.at = LONG_AGO;
      }
    }
  }
}

/** Eight clocks a byte, and as long as a byte for chip select before and after. */
const spiUs = (bytes: number, clockHz: number): Span => micros((8 * (bytes + 1) * 1e6) / clockHz);

/** Nine clocks a byte, addresses included, and one for each start and stop (I2C specification UM10204). */
const i2cUs = (bytes: number, clockHz: number): Span => micros(((9 * bytes + 3) * 1e6) / clockHz);

export interface Wire {
  readonly wires: Wires;
  /** Devices of one bus share it. */
  readonly bus: Bus;
  readonly clockHz: number;
}

export class SimSpi implements SpiPort {
  fault: BusFault = 'none';

  constructor(
    private readonly chip: SpiChip,
    private readonly chance: () => number,
    private readonly wire: Wire,
  ) {}

  transfer(tx: Uint8Array, rx: Uint8Array, done: Done): void {
    if (this.fault === 'hang') return;
    const { wires, bus, clockHz } = this.wire;
    wires.carry(bus, spiUs(tx.length, clockHz), () => this.exchange(tx, rx, done));
  }

  private exchange(tx: Uint8Array, rx: Uint8Array, done: Done): void {
    // SPI has no acknowledgement: with no chip the master reads its own pull-down.
    if (this.fault === 'unplugged') rx.fill(0);
    else this.chip.exchange(tx, rx);
    if (this.fault !== 'none') spoil(this.fault, rx, this.chance);
    done(null);
  }
}

const NAK_ERRNO = 121;
const late = (address: number): HalError =>
  fail('timeout', `i2c 0x${address.toString(16)}`, 'transfer', null, 'deadline');

interface I2cPlace {
  readonly chip: I2cChip;
  fault: BusFault;
}

export class SimI2c implements PlainI2cPort {
  /** SDA is held low and no transfer with any chip ever ends. */
  hung = false;
  /** A transfer is taking very long: until it ends, every other one fails by its deadline. */
  stalled = false;
  /** One transfer in so many begins to take that long; 0 = none does. `onStall` must end it. */
  stallEvery = 0;
  onStall: () => void = () => {};
  private transfers = 0;
  private readonly places = new Map<number, I2cPlace>();

  constructor(
    private readonly chance: () => number,
    private readonly wire: Wire,
  ) {}

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
    // The address twice, the command, and what is read.
    this.carry(address, 3 + into.length, done, (place) => {
      if (place === null || !place.chip.readBlock(command, into)) return 'readBlock';
      if (place.fault !== 'none') spoil(place.fault, into, this.chance);
      return null;
    });
  }

  read(address: number, into: Uint8Array, done: Done): void {
    this.carry(address, 1 + into.length, done, (place) => {
      if (!place?.chip.read?.(into)) return 'read';
      if (place.fault !== 'none') spoil(place.fault, into, this.chance);
      return null;
    });
  }

  write(address: number, bytes: Uint8Array, done: Done): void {
    this.carry(address, 1 + bytes.length, done, (place) => (place?.chip.write(bytes) ? null : 'write'));
  }

  /** @param move moves the bytes, at the end; its answer is what was not acknowledged. Null = no chip answers. */
  private carry(address: number, bytes: number, done: Done, move: (place: I2cPlace | null) => string | null): void {
    const place = this.places.get(address);
    if (this.hung || place?.fault === 'hang') return;
    if (this.stalls()) {
      done(late(address));
      return;
    }
    const { wires, bus, clockHz } = this.wire;
    wires.carry(bus, i2cUs(bytes, clockHz), () => {
      const failed = move(place === undefined || place.fault === 'unplugged' ? null : place);
      done(
        failed === null ? null : fail('nak', `i2c 0x${address.toString(16)}`, failed, NAK_ERRNO, 'not acknowledged'),
      );
    });
  }
}
