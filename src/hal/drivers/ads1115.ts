/**
 * Texas Instruments ADS1115 16-bit converter, I2C 0x48..0x4B, here as a four-channel photodiode scanner.
 * Datasheet SBAS444: tables 8-1 (pointer), 8-3 (config register) and 7-3 (code against input).
 *
 *   00 conversion, signed 16 bit     01 config, reset value 0x8583:
 *   b15 OS (write: start one; read: 1 = idle)   b14:12 MUX (100..111 = AIN0..3 to ground)
 *   b11:9 PGA (001 = ±4.096 V)   b8 MODE (1 = single shot)   b7:5 DR (111 = 860 SPS)   b1:0 comparator (11 = off)
 *
 * The slowest rate is used that the readings leave time for: a converter that integrates for most of two periods of a lamp’s
 * flicker (100 or 120 Hz) lets a fifth of it through, one at 860 SPS all of it.
 */
import { assert, instant, micros, millis, type Span, type Volts, volts } from '../../units.ts';
import type { HalError, I2cPort, PhotodiodeSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, CONFIG_LOST, type Decoded, FIRST_CONVERSION, type Rejected, rejected } from './errors.ts';
import { inputsInUse, type LightInputs, lightSample } from './light-scan.ts';

export const ADS1115_ADDRESS = 0x48;
export const ADS1115_CONVERSION = 0x00;
export const ADS1115_CONFIG = 0x01;
/**
 * Full scale of the gain used here. Only the number format ends there: no input may be above the supply (table 7-1, note),
 * so that at 3.3 V an amplifier at its rail shows code 26,400, 80.6 % of the format, and never 0x7FFF.
 */
export const ADS1115_FULL_V: Volts = volts(4.096);
/** DR settings in conversions per second; the code is the place in the list. */
const RATES = [8, 16, 32, 64, 128, 250, 475, 860] as const;
const FASTEST = RATES.length - 1;
/** The oscillator may be slow by 10 %, and the chip takes 25 µs to wake up. */
const SLOWEST = 1.1;
const WAKE_US = 25;
/** A conversion may last for this share of the time between two readings; the light is switched in the rest of it. */
const SHARE = 0.4;

/**
 * The rate for readings every `everyUs`.
 * @returns the DR code of the slowest rate with conversions within 40 % of that time, else of the fastest
 */
export const ads1115Rate = (everyUs: Span): number => {
  const slowest = RATES.findIndex((rate) => (SLOWEST * 1e6) / rate + WAKE_US <= SHARE * everyUs);
  return slowest < 0 ? FASTEST : slowest;
};
/**
 * A channel's value older than this does not go into a sample. A scan at one channel per tick of 50 ms is 200 ms old at
 * its oldest; in real time ticks are late and a reading may be lost, so twice that.
 */
export const ADS1115_KEEP_US: Span = millis(400);

const INPUTS = 4;
const CONVERTING: Rejected = rejected('stale', 'converting');
const TOO_OLD: Rejected = rejected('stale', 'scan');
const NEGATIVE: Rejected = rejected('implausible', 'negative');

/** The config word that starts one conversion of AIN`input` (0..3) against ground: ±4.096 V, DR code `rate`, comparator off. */
export const ads1115Config = (input: number, rate = FASTEST): number =>
  0x8000 | ((4 + input) << 12) | 0x0200 | 0x0100 | (rate << 5) | 3;

/**
 * Decodes the conversion register at ±4.096 V, 125 µV a step.
 * @returns V, −0.3..4.095875; small negative values are noise around 0; below −0.3 V, which the inputs cannot carry,
 *   `implausible`/`negative`. What is saturated, the supply decides.
 */
export function decodeAds1115(high: number, low: number): Decoded<Volts> {
  const code = ((high << 24) | (low << 16)) >> 16;
  if (code < -2400) return NEGATIVE;
  return { ok: true, value: volts((code * ADS1115_FULL_V) / 0x8000) };
}

/**
 * Judges the config register read back after a conversion of AIN`input` was started.
 * @returns the word, or `implausible` (all-zero, all-one, config-lost: the chip was reset) or `stale`/`converting`
 */
export function decodeAds1115Config(high: number, low: number, input: number, rate = FASTEST): Decoded<number> {
  const word = (high << 8) | low;
  if (word === 0) return ALL_ZERO;
  if (word === 0xffff) return ALL_ONE;
  if ((word & 0x7fff) !== (ads1115Config(input, rate) & 0x7fff)) return CONFIG_LOST;
  if ((word & 0x8000) === 0) return CONVERTING;
  return { ok: true, value: word };
}

export interface Ads1115Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, default 0x48. */
  readonly address?: number;
  /** AIN0..AIN3 of each light channel. */
  readonly inputs: LightInputs;
  /** Voltage at VDD, 2.0..5.5 V; default 3.3. */
  readonly supplyV?: Volts;
  /** Time between two readings, µs; default as short as the fastest rate allows. */
  readonly everyUs?: Span;
}

/**
 * One reading fetches the input that the reading before started, then starts the next: a scan takes a reading for each
 * input in use and no reading waits for the converter. The sample carries the newest value of each channel, with four
 * channels at most 400 ms old. Errors: `stale` (first-conversion, scan: not every channel has a recent value; converting: read sooner than `everyUs` says),
 * `implausible` (see `decodeAds1115Config`, negative), those of the port.
 */
export class Ads1115 extends BusDriver<PhotodiodeSample> {
  private readonly port: I2cPort;
  private readonly address: number;
  private readonly inputs: LightInputs;
  private readonly full: Volts;
  private readonly rate: number;
  /** The inputs in use, and the words that start a conversion of each. */
  private readonly scan: readonly number[];
  private readonly starts: readonly Uint8Array[];
  private readonly volts = new Float64Array(INPUTS);
  /** When the newest good conversion of each input began, µs. */
  private readonly startedAt = new Float64Array(INPUTS).fill(Number.NEGATIVE_INFINITY);
  private config = new Uint8Array(2);
  private conversion = new Uint8Array(2);
  private stage: 'config' | 'conversion' | 'start' = 'start';
  /** Place in `scan` of the input under conversion, −1 = none. */
  private pending = -1;
  /** Place in `scan` of the input that is started next. */
  private next = 0;
  private pendingSince = instant(0);
  /** Why this reading has no value although its transfers went well. */
  private why: Rejected | null = null;

  constructor(port: I2cPort, options: Ads1115Options) {
    super(options.device ?? 'ads1115', millis(10));
    this.port = port;
    this.address = options.address ?? ADS1115_ADDRESS;
    this.inputs = options.inputs;
    const supplyV = options.supplyV ?? volts(3.3);
    assert(supplyV >= 2 && supplyV <= 5.5, 'ADS1115: the supply is outside 2.0..5.5 V');
    this.full = volts(Math.min(ADS1115_FULL_V, supplyV));
    this.rate = ads1115Rate(options.everyUs ?? micros(0));
    this.scan = inputsInUse(options.inputs);
    assert(
      this.scan.every((input) => input < INPUTS),
      'ADS1115: a light channel is on none of the four inputs',
    );
    this.starts = this.scan.map((input) => {
      const word = ads1115Config(input, this.rate);
      return Uint8Array.of(ADS1115_CONFIG, word >> 8, word & 0xff);
    });
  }

  protected begin(): void {
    this.why = null;
    if (this.pending < 0) {
      this.start();
    } else {
      this.stage = 'config';
      this.port.readBlock(this.address, ADS1115_CONFIG, this.config, this.step);
    }
  }

  protected advance(): void {
    switch (this.stage) {
      case 'config': {
        const config = decodeAds1115Config(this.config[0]!, this.config[1]!, this.scan[this.pending]!, this.rate);
        if (config.ok) {
          this.stage = 'conversion';
          this.port.readBlock(this.address, ADS1115_CONVERSION, this.conversion, this.step);
        } else if (config === CONVERTING) {
          this.reject('read', CONVERTING);
        } else {
          this.forget();
          this.why = config;
          this.start();
        }
        return;
      }
      case 'conversion': {
        const decoded = decodeAds1115(this.conversion[0]!, this.conversion[1]!);
        if (decoded.ok) {
          this.volts[this.scan[this.pending]!] = decoded.value;
          this.startedAt[this.scan[this.pending]!] = this.pendingSince;
        } else {
          this.why = decoded;
        }
        this.next = (this.pending + 1) % this.scan.length;
        this.start();
        return;
      }
      case 'start':
        this.pending = this.next;
        this.pendingSince = this.now;
        this.answer();
        return;
    }
  }

  protected renew(): void {
    this.config = new Uint8Array(2);
    this.conversion = new Uint8Array(2);
    this.forget();
  }

  protected override failed(_error: HalError): void {
    // The conversion that was started cannot be trusted; the next reading starts the same channel again.
    if (this.pending >= 0 && this.stage !== 'start') this.next = this.pending;
    this.pending = -1;
  }

  private start(): void {
    this.stage = 'start';
    this.port.write(this.address, this.starts[this.next]!, this.step);
  }

  private forget(): void {
    this.startedAt.fill(Number.NEGATIVE_INFINITY);
    this.pending = -1;
    this.next = 0;
  }

  private answer(): void {
    if (this.why !== null) {
      this.reject('read', this.why);
      return;
    }
    let oldest = Number.POSITIVE_INFINITY;
    for (const input of this.scan) if (this.startedAt[input]! < oldest) oldest = this.startedAt[input]!;
    if (this.now - oldest > ADS1115_KEEP_US) {
      this.reject('read', oldest === Number.NEGATIVE_INFINITY ? FIRST_CONVERSION : TOO_OLD);
      return;
    }
    this.succeed(lightSample(this.volts, this.startedAt, this.inputs, this.full));
  }
}
