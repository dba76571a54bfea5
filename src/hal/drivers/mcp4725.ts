/**
 * Microchip MCP4725 12-bit converter with EEPROM, I2C 0x60..0x67, here as the drive of the excitation light.
 * Datasheet DS22039D: "Write commands" (fast mode), "Read command", "Power-on reset", "Normal and power-down modes".
 *
 *   Fast mode, two bytes: 0 0 PD1 PD0 D11..D8 | D7..D0. The output follows the last acknowledge; the EEPROM is not touched.
 *   Read, no command, five bytes: RDY POR x x x PD1 PD0 x | D11..D4 | D3..D0 x x x x  (the DAC register)
 *                                 x PD1 PD0 x D11..D8 | D7..D0                        (the EEPROM)
 *
 * At power-up the chip loads its EEPROM, which leaves the factory as half of the range: such a chip would light the film
 * whenever its supply comes on and nobody is there to switch it off. So a chip whose EEPROM does not hold 0 is not used.
 */
import { assert, type Instant, type Ratio, type Span, seconds, since } from '../../units.ts';
import type { Done, HalError, LightDac, PlainI2cPort } from '../ports.ts';
import { ABANDON_US } from './bus-driver.ts';
import { ALL_ONE, ALL_ZERO, type Decoded, halError, type Rejected, rejected } from './errors.ts';

export const MCP4725_ADDRESS = 0x60;
/** The code of full light. */
export const MCP4725_FULL = 4095;
/** A code that does not change is written again after this: a chip that lost its supply came back dark. */
const REFRESH: Span = seconds(1);
/** Failed for so long, the chip is spoken of. */
const TROUBLE: Span = seconds(1);

const EEPROM_BUSY: Rejected = rejected('stale', 'eeprom-busy');
const NOT_DARK: Rejected = rejected('implausible', 'not-dark');

/** The code of a level: linear, and 0 for 0 alone, so that the least light is not taken for none. */
export const mcp4725Code = (level: Ratio): number =>
  level > 0 ? Math.max(1, Math.min(MCP4725_FULL, Math.round(level * MCP4725_FULL))) : 0;

/** The two bytes that set a code, 0..4095, in fast mode, with the output driven. */
export const mcp4725Write = (code: number): Uint8Array => Uint8Array.of(code >> 8, code & 0xff);

export interface Mcp4725State {
  /** What the output shows, and what it will show after power-up. */
  readonly code: number;
  readonly powerUpCode: number;
}

/**
 * Decodes the five bytes of a read.
 * @returns both codes, 0..4095, or `implausible` (all-zero, all-one) or `stale`/`eeprom-busy` (at most 50 ms after its writing)
 */
export function decodeMcp4725(bytes: Uint8Array): Decoded<Mcp4725State> {
  const [status = 0, high = 0, low = 0, eepromHigh = 0, eepromLow = 0] = bytes;
  // A chip that answers is ready or busy after a power-on reset: its first byte is never 0.
  if (bytes.every((byte) => byte === 0)) return ALL_ZERO;
  if (bytes.every((byte) => byte === 0xff)) return ALL_ONE;
  if ((status & 0x80) === 0) return EEPROM_BUSY;
  return { ok: true, value: { code: (high << 4) | (low >> 4), powerUpCode: ((eepromHigh & 0x0f) << 8) | eepromLow } };
}

export interface Mcp4725Options {
  /** Name in errors. */
  readonly device?: string;
  /** 7-bit address, 0x60..0x67; default 0x60. */
  readonly address?: number;
  readonly now: () => Instant;
}

/**
 * One write at a time, never waited for. A write that failed is repeated by the next `set`, which comes every tick; the
 * level that is wanted when a write ends is written at once. Errors of `open`: those of the port, of `decodeMcp4725`,
 * `implausible`/`not-dark` (the code that was written is not the one read back: another chip), `config` (the EEPROM).
 */
export class Mcp4725 implements LightDac {
  private readonly device: string;
  private readonly address: number;
  private readonly now: () => Instant;
  private state: 'new' | 'opening' | 'open' | 'refused' | 'closed' = 'new';
  private wanted = 0;
  /** The code that the chip is known to have; null = not known. */
  private code: number | null = null;
  private writtenAt: Instant;
  /** When the transfer under way began; null = none is. */
  private busySince: Instant | null = null;
  /** Tells the transfer under way from one that was given up. */
  private epoch = 0;
  private goodAt: Instant;
  private spokenOf = false;
  private onTrouble: (text: string) => void = () => {};

  constructor(
    private readonly port: PlainI2cPort,
    options: Mcp4725Options,
  ) {
    this.device = options.device ?? 'mcp4725';
    this.address = options.address ?? MCP4725_ADDRESS;
    assert(this.address >= 0x60 && this.address <= 0x67, 'MCP4725: the address is outside 0x60..0x67');
    this.now = options.now;
    this.writtenAt = this.now();
    this.goodAt = this.now();
  }

  watch(onTrouble: (text: string) => void): void {
    this.onTrouble = onTrouble;
  }

  open(done: Done): void {
    this.state = 'opening';
    this.transfer(
      (end) => this.port.write(this.address, mcp4725Write(0), end),
      (error) => {
        if (error) this.opened(error, done);
        else this.check(done);
      },
    );
  }

  private check(done: Done): void {
    const bytes = new Uint8Array(5);
    this.transfer(
      (end) => this.port.read(this.address, bytes, end),
      (error) => this.opened(error ?? this.judged(bytes), done),
    );
  }

  private judged(bytes: Uint8Array): HalError | null {
    const decoded = decodeMcp4725(bytes);
    if (!decoded.ok) return halError(this.device, 'open', decoded);
    const { code, powerUpCode } = decoded.value;
    if (code !== 0) return halError(this.device, 'open', NOT_DARK);
    if (powerUpCode === 0) return null;
    return halError(
      this.device,
      'open',
      rejected('config', `it powers up with code ${powerUpCode} of ${MCP4725_FULL}`),
    );
  }

  private opened(error: HalError | null, done: Done): void {
    if (this.state === 'closed') return;
    if (error === null) {
      this.state = 'open';
      this.known(0);
    } else this.state = error.kind === 'config' ? 'refused' : 'new';
    done(error);
    if (error === null) this.write();
  }

  /** A level before `open` opens the converter; a converter that was refused stays dark. */
  set(level: Ratio): void {
    this.wanted = mcp4725Code(level);
    this.giveUp();
    if (this.state === 'new') this.open(() => {});
    else if (this.state === 'open') this.write();
  }

  close(done: Done): void {
    this.state = 'closed';
    this.wanted = 0;
    this.port.write(this.address, mcp4725Write(0), done);
  }

  private write(): void {
    const { wanted } = this;
    const now = this.now();
    if (this.busySince !== null || this.state !== 'open') return;
    if (this.code === wanted && since(now, this.writtenAt) < REFRESH) return;
    this.transfer(
      (end) => this.port.write(this.address, mcp4725Write(wanted), end),
      (error) => {
        if (error) this.failed(error);
        else {
          this.known(wanted);
          // What was asked for meanwhile.
          if (this.wanted !== wanted) this.write();
        }
      },
    );
  }

  /** One transfer; `then` hears of its end unless it was given up before. */
  private transfer(start: (end: Done) => void, then: Done): void {
    this.epoch += 1;
    const { epoch } = this;
    this.busySince = this.now();
    start((error) => {
      if (epoch !== this.epoch) return;
      this.busySince = null;
      then(error);
    });
  }

  /** A bus that hangs may never end a transfer; what it carried may still arrive, so that the code is not known. */
  private giveUp(): void {
    if (this.busySince === null || since(this.now(), this.busySince) < ABANDON_US) return;
    this.epoch += 1;
    this.busySince = null;
    if (this.state === 'opening') this.state = 'new';
    this.failed(halError(this.device, 'write', rejected('timeout', 'abandoned')));
  }

  private known(code: number): void {
    this.code = code;
    this.writtenAt = this.now();
    this.goodAt = this.writtenAt;
    this.spokenOf = false;
  }

  private failed({ kind, detail }: HalError): void {
    this.code = null;
    if (this.spokenOf || since(this.now(), this.goodAt) < TROUBLE) return;
    this.spokenOf = true;
    this.onTrouble(`The converter of the light does not answer (${kind}, ${detail}): the light stays as it is.`);
  }
}
