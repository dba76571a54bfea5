/**
 * ams AS7341 spectral sensor, I2C 0x39, here as four light channels at once: F4 (515 nm) green, F7 (630 nm) red, CLEAR
 * broadband, F1 (415 nm) reference. Datasheet DS000504: section 8 (states, integration), section 10.2 (registers). SMUX
 * chain: application note AN000666, pixel identifiers.
 *
 *   80 ENABLE  b0 PON  b1 SP_EN  b4 SMUXEN (clears itself)   92 ID b7:2 = 001001   93 STATUS b3 AINT (write 1: clear)
 *   81 ATIME, CA/CB ASTEP: (ATIME + 1)·(ASTEP + 1) steps of 2.78 µs, and as many counts are full scale, 65,535 at most
 *   94 ASTATUS b7 saturated, b3:0 gain; reading it latches 95..A0, six counts, low byte first
 *   A3 STATUS2 b6 AVALID, b4 digital, b3 analogue saturation   A7 STATUS6 b1 SAI_ACTIVE
 *   A9 CFG0 bank   AA CFG1 gain   AC CFG3 b4 SAI   AF CFG6 b4:3 SMUX command (2 = write RAM 00..13 to the chain)
 *   BD PERS   D6 AZ_CONFIG   F9 INTENAB b3 SP_IEN   FA CONTROL b0 CLEAR_SAI_ACT, b2 SP_MAN_AZ
 *
 * Left alone the chip integrates again and again, and a reading would find the newest result, begun at no known instant.
 * Here every result interrupts it (PERS 0, SP_IEN) and an interrupt puts it to sleep (SAI), so there is one integration for
 * each start. SAI_ACTIVE says that it has ended; AVALID may be left over from the one before. Autozero, 15 ms, would delay
 * each start, so it is done once, at setup, and AZ_CONFIG is 0, which the datasheet does not recommend: what the offset
 * drifts by after that is left to the dark level and the dark frames.
 *
 * Counts become volts: full scale is `fullV`, whatever the integration time, as (ATIME + 1)·(ASTEP + 1) scales both.
 *
 * Not checked on a chip; registers, bits and pixels agree with published drivers, the datasheet was not at hand as a whole.
 * In doubt: that a sleep after interrupt needs no pin INT; how exact the oscillator is; how long SMUX and autozero take at
 * most; which of two integrations STATUS2 belongs to. A chip that never falls asleep gives no reading rather than one of another
 * integration; one that never wakes again would show its last light for ever, and the checks on frozen light must find it.
 */
import { assert, type Instant, instant, micros, millis, type Span, since, type Volts, volts } from '../../units.ts';
import type { HalError, I2cPort, LightChannel, PhotodiodeSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, CONFIG_LOST, type Decoded, FIRST_CONVERSION, type Rejected, rejected } from './errors.ts';
import { type LightInputs, lightSample } from './light-scan.ts';

export const AS7341_ADDRESS = 0x39;
/** Gain factors by the code of CFG1. */
export const AS7341_GAINS = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512] as const;
export type As7341Gain = (typeof AS7341_GAINS)[number];

/** One reading: the registers from ASTATUS to CFG3. */
export const AS7341_BURST = { from: 0x94, bytes: 25 } as const;
const at = (register: number): number => register - AS7341_BURST.from;
const ASTATUS = at(0x94);
const COUNTS = at(0x95);
const STATUS2 = at(0xa3);
const STATUS6 = at(0xa7);
const CFG1 = at(0xaa);
const CFG3 = at(0xac);
const ASAT = 0x80;
const AVALID = 0x40;
const ASAT_DIGITAL = 0x10;
const ASAT_ANALOG = 0x08;
const SAI_ACTIVE = 0x02;
const SAI = 0x10;
const ENABLE = 0x80;
const SMUXEN = 0x10;
const ID = 0x92;

const ADCS = 6;
/** Pixels of each filter in the SMUX chain, two diodes each, as AN000666 numbers them. */
const PIXELS: Readonly<Record<LightChannel, readonly [number, number]>> = {
  green: [11, 26],
  red: [14, 20],
  broadband: [17, 35],
  reference: [2, 32],
};
const CHAIN_BYTES = 20;

const STEP_US = 2.78;
/** ASTEP 0xFFFF is reserved; ATIME stays 0. */
const MOST_STEPS = 65_535;
/** The oscillator may be slow by this much. */
const SLOWEST = 1.1;
/**
 * An integration may last for this share of the time between two readings. Less than two fifths: 40 bytes at 50 kHz come before
 * it, beside those of the other chips, and the light changes after three fifths.
 */
const SHARE = 0.3;
/** Autozero, 15 ms, and the slow oscillator, with room to spare. */
const ZERO_US = millis(20);

const CONVERTING = rejected('stale', 'converting');
const NOT_ENDED = rejected('implausible', 'not-ended');
const SMUX_BUSY = rejected('stale', 'smux');

/**
 * The integration for readings every `everyUs`: as many whole periods of a lamp’s flicker as fit, because what is left of
 * them then averages out; less than one where none fits.
 * @returns steps of 2.78 µs, 1..65535, which are also the counts of full scale
 */
export function as7341Steps(everyUs: Span, mains: 50 | 60): number {
  const mostUs = (SHARE * everyUs) / SLOWEST;
  const flickerUs = 1e6 / (2 * mains);
  const whole = Math.floor(mostUs / flickerUs);
  const steps = Math.floor((whole > 0 ? whole * flickerUs : mostUs) / STEP_US);
  return Math.max(1, Math.min(MOST_STEPS, steps));
}

/** RAM 00..13: each channel’s two pixels to the ADC of its input, 0 = to ground. A byte has the even pixel in its low half. */
export function as7341Chain(inputs: LightInputs): Uint8Array {
  const chain = new Uint8Array(CHAIN_BYTES);
  for (const channel of Object.keys(PIXELS) as LightChannel[])
    for (const pixel of PIXELS[channel]) chain[pixel >> 1]! |= (inputs[channel] + 1) << (4 * (pixel & 1));
  return chain;
}

/**
 * Judges the registers 94..AC.
 * @param gain code of CFG1
 * @returns whether the analogue part was saturated, so that no count is to be believed; else `implausible` (all-zero,
 *   all-one, config-lost: the chip was reset) or `stale`/`converting`
 */
export function decodeAs7341(burst: Uint8Array, gain: number): Decoded<boolean> {
  if (burst.every((byte) => byte === 0)) return ALL_ZERO;
  if (burst.every((byte) => byte === 0xff)) return ALL_ONE;
  if ((burst[CFG1]! & 0x1f) !== gain || (burst[CFG3]! & SAI) === 0) return CONFIG_LOST;
  const status = burst[STATUS2]!;
  if ((burst[STATUS6]! & SAI_ACTIVE) === 0 || (status & AVALID) === 0) return CONVERTING;
  const latched = burst[ASTATUS]!;
  if ((latched & 0x0f) !== gain) return CONFIG_LOST;
  const digitalOnly = (status & (ASAT_DIGITAL | ASAT_ANALOG)) === ASAT_DIGITAL;
  return { ok: true, value: (latched & ASAT) !== 0 && !digitalOnly };
}

/** Judges the ID register. */
function decodeId(id: number): Decoded<number> {
  if (id === 0) return ALL_ZERO;
  if (id === 0xff) return ALL_ONE;
  if (id >> 2 !== 0b001001) {
    return rejected('unsupported', `answered with id 0x${id.toString(16).padStart(2, '0')}, expected 0x24`);
  }
  return { ok: true, value: id };
}

export interface As7341Options {
  /** Name in errors. */
  readonly device?: string;
  /** ADC 0..5 of each light channel, each its own. */
  readonly inputs: LightInputs;
  /** Time between two readings, µs. */
  readonly everyUs: Span;
  /** Frequency of the lamps in the room, default 50. */
  readonly mains?: 50 | 60;
  /** Default 64. */
  readonly gain?: As7341Gain;
  /** What full scale is called, default 3.3 V. */
  readonly fullV?: Volts;
}

/** Where the driver is: chip unknown; SMUX under way; autozero under way; idle; integration under way. */
type Phase = 'new' | 'smux' | 'zero' | 'idle' | 'running';

/**
 * One reading fetches the integration that the reading before started, then starts the next; all channels are of the same
 * light. The first three set the chip up. A channel at its end, and every channel when the analogue part is saturated, is
 * `full`. Errors: `stale` (first-conversion, smux: the chip is being set up; converting: read sooner than `everyUs` says),
 * `implausible` (see `decodeAs7341`; not-ended: no end of an integration in more than twice its time; both set the chip up
 * anew), `unsupported` (the identity of another chip), those of the port.
 */
export class As7341 extends BusDriver<PhotodiodeSample> {
  private readonly port: I2cPort;
  private readonly address: number;
  private readonly inputs: LightInputs;
  private readonly full: Volts;
  private readonly gain: number;
  private readonly steps: number;
  private readonly lastUs: Span;
  private readonly setup: readonly Uint8Array[];
  private readonly volts = new Float64Array(ADCS);
  private readonly takenAt = new Float64Array(ADCS);
  private burst = new Uint8Array(AS7341_BURST.bytes);
  private byte = new Uint8Array(1);
  private phase: Phase = 'new';
  /** When the phase began. */
  private phaseAt: Instant = instant(0);
  /** The writes under way, and the next of them; at their end the phase is `after`. */
  private writes: readonly Uint8Array[] = [];
  private place = -1;
  private after: Phase = 'new';
  /** What this reading answers when its writes have ended: its sample, or why there is none. */
  private why: Rejected | null = null;

  constructor(port: I2cPort, options: As7341Options & { readonly address?: number }) {
    super(options.device ?? 'as7341', millis(10));
    const used = Object.values(options.inputs);
    assert(
      new Set(used).size === used.length &&
        used.every((input) => Number.isInteger(input) && input >= 0 && input < ADCS),
      'AS7341: each light channel needs one of the six ADCs for itself',
    );
    this.port = port;
    this.address = options.address ?? AS7341_ADDRESS;
    this.inputs = options.inputs;
    this.full = options.fullV ?? volts(3.3);
    assert(this.full > 0, 'AS7341: the full scale is not above 0');
    this.gain = AS7341_GAINS.indexOf(options.gain ?? 64);
    assert(this.gain >= 0, 'AS7341: the gain is not one that the chip has');
    this.steps = as7341Steps(options.everyUs, options.mains ?? 50);
    this.lastUs = micros(2 * SLOWEST * STEP_US * this.steps);
    this.setup = setupWords(this.inputs, this.steps, this.gain);
  }

  protected begin(): void {
    this.why = null;
    this.place = -1;
    switch (this.phase) {
      case 'new':
        this.port.readBlock(this.address, ID, this.byte, this.step);
        return;
      case 'smux':
        this.port.readBlock(this.address, ENABLE, this.byte, this.step);
        return;
      case 'zero':
        if (since(this.now, this.phaseAt) < ZERO_US) this.reject('read', FIRST_CONVERSION);
        else this.send(START, 'running', FIRST_CONVERSION);
        return;
      case 'idle':
        this.send(START, 'running', FIRST_CONVERSION);
        return;
      case 'running':
        this.port.readBlock(this.address, AS7341_BURST.from, this.burst, this.step);
        return;
    }
  }

  protected advance(): void {
    if (this.place >= 0) this.sent();
    else if (this.phase === 'new') this.identified();
    else if (this.phase === 'smux') this.switched();
    else this.fetched();
  }

  protected renew(): void {
    this.burst = new Uint8Array(AS7341_BURST.bytes);
    this.byte = new Uint8Array(1);
    this.phase = 'new';
  }

  protected override failed(_error: HalError): void {
    // Of an integration whose fetch or start failed nobody knows whether it is the one that was meant.
    this.phase = this.phase === 'running' || this.phase === 'idle' ? 'idle' : 'new';
  }

  private identified(): void {
    const id = decodeId(this.byte[0]!);
    if (id.ok) this.send(this.setup, 'smux', FIRST_CONVERSION);
    else this.reject('setup', id);
  }

  private switched(): void {
    if ((this.byte[0]! & SMUXEN) === 0) {
      // PON is gone: the chip was reset meanwhile.
      if (this.byte[0] !== PON) this.lose(CONFIG_LOST);
      else this.send(ZERO, 'zero', FIRST_CONVERSION);
    } else if (since(this.now, this.phaseAt) > ZERO_US) this.lose(NOT_ENDED);
    else this.reject('setup', SMUX_BUSY);
  }

  private fetched(): void {
    const decoded = decodeAs7341(this.burst, this.gain);
    if (decoded.ok) {
      for (let adc = 0; adc < ADCS; adc += 1) {
        const count = this.burst[COUNTS + 2 * adc]! | (this.burst[COUNTS + 2 * adc + 1]! << 8);
        this.volts[adc] = decoded.value ? this.full : (Math.min(count, this.steps) / this.steps) * this.full;
      }
      this.takenAt.fill(this.phaseAt);
      this.send(START, 'running', null);
    } else if (decoded !== CONVERTING) this.lose(decoded);
    else if (since(this.now, this.phaseAt) > this.lastUs) this.lose(NOT_ENDED);
    else this.reject('read', CONVERTING);
  }

  /** Sends `writes`, then answers: with the sample if `why` is null. */
  private send(writes: readonly Uint8Array[], after: Phase, why: Rejected | null): void {
    this.writes = writes;
    this.after = after;
    this.why = why;
    this.place = 0;
    this.port.write(this.address, writes[0]!, this.step);
  }

  private sent(): void {
    this.place += 1;
    const next = this.writes[this.place];
    if (next !== undefined) {
      this.port.write(this.address, next, this.step);
      return;
    }
    this.phase = this.after;
    this.phaseAt = this.now;
    if (this.why !== null) this.reject('read', this.why);
    else this.succeed(lightSample(this.volts, this.takenAt, this.inputs, this.full));
  }

  /** The chip is to be set up by the next reading. */
  private lose(why: Rejected): void {
    this.phase = 'new';
    this.reject('read', why);
  }
}

const PON = 0x01;
const SP_EN = 0x02;
/** Stops, clears AINT, wakes the chip, starts: the order in which a sleep after interrupt ends. */
const START: readonly Uint8Array[] = [
  Uint8Array.of(ENABLE, PON),
  Uint8Array.of(0x93, 0x08),
  Uint8Array.of(0xfa, 0x01),
  Uint8Array.of(ENABLE, PON | SP_EN),
];
const ZERO: readonly Uint8Array[] = [Uint8Array.of(0xfa, 0x04)];

/** Everything up to the start of the SMUX command. CFG3 keeps its reserved low bits, 0x0C. */
const setupWords = (inputs: LightInputs, steps: number, gain: number): readonly Uint8Array[] => [
  Uint8Array.of(ENABLE, PON),
  Uint8Array.of(0xa9, 0),
  Uint8Array.of(0xaf, 0x10),
  Uint8Array.of(0x00, ...as7341Chain(inputs)),
  Uint8Array.of(0x81, 0),
  Uint8Array.of(0xca, (steps - 1) & 0xff, (steps - 1) >> 8),
  Uint8Array.of(0xaa, gain),
  Uint8Array.of(0xac, SAI | 0x0c),
  Uint8Array.of(0xbd, 0),
  Uint8Array.of(0xd6, 0),
  Uint8Array.of(0xf9, 0x08),
  Uint8Array.of(0x93, 0x08),
  Uint8Array.of(0xfa, 0x01),
  Uint8Array.of(ENABLE, PON | SMUXEN),
];
