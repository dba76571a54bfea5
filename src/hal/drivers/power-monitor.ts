/**
 * What the drivers of the INA family share: how such a chip is set up, checked and read. The registers used here lie in
 * the same places in all of them; the contents of the words belong to each chip's own file.
 *
 *   01 shunt voltage     02 bus voltage     05 calibration
 */
import { instant, type Span } from '../../units.ts';
import type { I2cPort, PowerSample } from '../ports.ts';
import { BusDriver } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, CONFIG_LOST, FIRST_CONVERSION, type Rejected, rejected } from './errors.ts';

const SHUNT = 0x01;
const BUS = 0x02;
const CALIBRATION = 0x05;

const NOT_TAKEN: Rejected = rejected('config', 'calibration');
/** Readings between two looks at the calibration register. */
const CHECK_EVERY = 64;

/** A register and its 16-bit word. */
export type RegisterWord = readonly [register: number, word: number];

/** What the chip must answer before anything is written to it, and what other parts of the same footprint are known for. */
export interface PowerMonitorIdentity {
  readonly words: readonly RegisterWord[];
  /** The bits of each word that count: a revision of the die does not. */
  readonly masks: readonly number[];
  readonly others: readonly { readonly name: string; readonly words: readonly number[] }[];
}

const hex = (word: number): string => `0x${word.toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * Judges the identity words that a chip answered.
 * @returns null when it is the expected one; otherwise `unsupported` with what answered in words, or `implausible`
 *   (all-zero, all-one: nothing answered at all)
 */
export function judgeIdentity(
  { words, masks, others }: PowerMonitorIdentity,
  answers: readonly number[],
): Rejected | null {
  if (words.every(([, word], i) => ((answers[i]! ^ word) & masks[i]!) === 0)) return null;
  if (answers.every((word) => word === 0)) return ALL_ZERO;
  if (answers.every((word) => word === 0xffff)) return ALL_ONE;
  const other = others.find((one) => one.words.every((word, i) => word === answers[i]));
  const heard = answers.map(hex).join(' and ');
  const wanted = words.map(([, word]) => hex(word)).join(' and ');
  return rejected('unsupported', `${other ? `${other.name} ` : ''}answered with ${heard}, expected ${wanted}`);
}

export interface PowerMonitorSetup {
  /** Null = the chip has no identity registers. */
  readonly identity: PowerMonitorIdentity | null;
  /** Written first, read back, and looked at now and then: a reset clears it. */
  readonly calibration: number;
  /** Written after the calibration, in order. */
  readonly words: readonly RegisterWord[];
}

/** The transfer under way. */
type Stage = 'identify' | 'setup' | 'verify' | 'check' | 'shunt' | 'bus';

const wordOf = (bytes: Uint8Array): number => (bytes[0]! << 8) | bytes[1]!;

/**
 * The first reading checks the identity, writes the setup, reads the calibration back and answers
 * `stale`/`first-conversion`. Each later one reads the shunt and the bus word; every 64th also looks at the calibration
 * register, and if that is wrong says `implausible`/`config-lost` and the next reading sets the chip up anew. Other
 * errors: `unsupported` (what answered instead), `config`/`calibration` (written, but read back differently), those of `answer`, those of
 * the port.
 */
export abstract class PowerMonitor extends BusDriver<PowerSample> {
  /** The instant of the reading that set the chip up. */
  protected configuredAt = instant(0);
  private readonly port: I2cPort;
  private readonly address: number;
  private readonly identity: PowerMonitorIdentity | null;
  /** The identity words as answered. */
  private answers: number[] = [];
  private readonly calibration: number;
  /** The bytes to write, in order. */
  private readonly setup: readonly Uint8Array[];
  private shunt = new Uint8Array(2);
  private other = new Uint8Array(2);
  private stage: Stage = 'shunt';
  /** Which word of the identity or of the setup is under way. */
  private index = 0;
  private configured = false;
  private untilCheck = CHECK_EVERY;

  protected constructor(
    device: string,
    intervalUs: Span,
    port: I2cPort,
    address: number,
    { identity, calibration, words }: PowerMonitorSetup,
  ) {
    super(device, intervalUs);
    this.port = port;
    this.address = address;
    this.identity = identity;
    this.calibration = calibration;
    const all: readonly RegisterWord[] = [[CALIBRATION, calibration], ...words];
    this.setup = all.map(([register, word]) => Uint8Array.of(register, word >> 8, word & 0xff));
  }

  /** Ends the reading, by `succeed` or `reject`, from the two bytes of the shunt and of the bus register. */
  protected abstract answer(shunt: Uint8Array, bus: Uint8Array): void;

  protected begin(): void {
    if (!this.configured) {
      this.identify(0);
    } else if (this.untilCheck <= 0) {
      this.fetch('check', CALIBRATION, this.other);
    } else {
      this.untilCheck -= 1;
      this.fetch('shunt', SHUNT, this.shunt);
    }
  }

  protected advance(): void {
    switch (this.stage) {
      case 'identify':
        this.answers[this.index] = wordOf(this.other);
        this.identify(this.index + 1);
        return;
      case 'setup':
        this.write(this.index + 1);
        return;
      case 'verify':
        if (wordOf(this.other) !== this.calibration) {
          this.reject('configure', NOT_TAKEN);
          return;
        }
        this.configured = true;
        this.untilCheck = CHECK_EVERY;
        this.configuredAt = this.now;
        this.reject('configure', FIRST_CONVERSION);
        return;
      case 'check':
        if (wordOf(this.other) === this.calibration) {
          this.untilCheck = CHECK_EVERY;
          this.fetch('shunt', SHUNT, this.shunt);
        } else {
          this.configured = false;
          this.reject('read', CONFIG_LOST);
        }
        return;
      case 'shunt':
        this.fetch('bus', BUS, this.other);
        return;
      case 'bus':
        this.answer(this.shunt, this.other);
        return;
    }
  }

  protected renew(): void {
    this.shunt = new Uint8Array(2);
    this.other = new Uint8Array(2);
    this.configured = false;
  }

  /** Asks for an identity word; after the last one they are judged and the setup begins. */
  private identify(index: number): void {
    this.index = index;
    const word = this.identity?.words[index];
    if (word !== undefined) {
      this.fetch('identify', word[0], this.other);
      return;
    }
    const wrong = this.identity && judgeIdentity(this.identity, this.answers);
    if (wrong) this.reject('identify', wrong);
    else this.write(0);
  }

  /** Writes a word of the setup; after the last one the calibration is read back. */
  private write(index: number): void {
    this.index = index;
    if (index < this.setup.length) {
      this.stage = 'setup';
      this.port.write(this.address, this.setup[index]!, this.step);
    } else {
      this.fetch('verify', CALIBRATION, this.other);
    }
  }

  private fetch(stage: Stage, register: number, into: Uint8Array): void {
    this.stage = stage;
    this.port.readBlock(this.address, register, into, this.step);
  }
}
