/**
 * The small capability interfaces between the controller and the world. Drivers are written against these and do not
 * know whether chips or a simulation answer; `hal/sim` and `hal/linux` implement them.
 *
 * Bus transfers end by a call to `done`, exactly once: at once in the simulation (virtual time stands still during a
 * tick), later on real hardware (one transfer in flight per bus). A hung bus never calls `done`; the sampler's
 * deadline, not the port, decides that the reading is absent.
 */
import type { Amps, Celsius, Instant, Ratio, Span, Volts } from '../units.ts';

export type HalErrorKind =
  | 'nak'
  | 'timeout'
  | 'bus'
  | 'pec'
  | 'busy'
  | 'nodevice'
  | 'permission'
  | 'unsupported'
  | 'sensorfault'
  | 'implausible'
  | 'stale'
  | 'config';

/** Why there is no value. `detail` narrows `sensorfault` (open, shortVcc, shortGnd, range, flag) and `implausible`. */
export interface HalError {
  readonly kind: HalErrorKind;
  readonly device: string;
  readonly op: string;
  readonly errno: number | null;
  readonly transient: boolean;
  readonly detail: string;
}

/** One dated measurement or the reason there is none. Never NaN, null or the value before. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly at: Instant }
  | { readonly ok: false; readonly why: HalError; readonly at: Instant };

export type Done = (error: HalError | null) => void;

/** One SPI device: the port owns chip select, mode and clock. Full duplex; `rx` is filled before `done(null)`. */
export interface SpiPort {
  transfer(tx: Uint8Array, rx: Uint8Array, done: Done): void;
}

/** One I2C bus. */
export interface I2cPort {
  /** START, address+W, command, repeated START, address+R, `into.length` bytes, STOP. */
  readBlock(address: number, command: number, into: Uint8Array, done: Done): void;
  /** START, address+W, all `bytes`, STOP. */
  write(address: number, bytes: Uint8Array, done: Done): void;
}

/** An I2C bus whose chips may also be read without a command. */
export interface PlainI2cPort extends I2cPort {
  /** START, address+R, `into.length` bytes, STOP. */
  read(address: number, into: Uint8Array, done: Done): void;
}

/** A digital input, e.g. the read-back of the E-stop or lid contact. True = the contact is closed (all is well). */
export interface InputPort {
  closed(): boolean;
}

/** The series ENABLE switch, held closed by edges: it opens by itself at most 200 ms after the last one. */
export interface PumpPort {
  toggle(): void;
}

/** The excitation light's drive, 0..1 of full power. */
export interface LightPort {
  set(level: Ratio): void;
}

/** A converter that drives the excitation light in steps. */
export interface LightDac extends LightPort {
  /** Makes the light dark and checks the converter; `done` hears why it is not used. Until then no level is set. */
  open(done: Done): void;
  /** Makes the light dark for good; `done` hears whether it did. */
  close(done: Done): void;
  /** Calls back with a sentence for people when the converter no longer answers; the light then stays as it is. */
  watch(onTrouble: (text: string) => void): void;
}

/** What a driver offers: one reading a call, the instant passed in is the reading's date. */
export interface Sensor<T> {
  readonly device: string;
  /** The shortest useful time between two reads (the chip's conversion time). */
  readonly intervalUs: Span;
  read(now: Instant, done: (reading: Reading<T>) => void): void;
}

export interface ThermocoupleSample {
  readonly celsius: Celsius;
  readonly coldJunctionC: Celsius;
  /** The chip's own code for the thermocouple temperature, to recognise a frozen converter. */
  readonly raw: number;
}

export interface InfraredSample {
  readonly objectC: Celsius;
  readonly ambientC: Celsius;
  readonly raw: number;
  /** The emissivity that the chip computed `objectC` with, above 0 and at most 1. */
  readonly emissivity: Ratio;
  /** Time constant of the chip’s own filter. */
  readonly filterLagUs: Span;
}

export interface PowerSample {
  readonly amps: Amps;
  readonly volts: Volts;
  /** The current is at an end of the monitor’s range: at least as large as `amps`, perhaps far larger. */
  readonly saturated: boolean;
}

/**
 * A scan of the photodiode channels; `full` is the voltage at which the converter saturates. `takenAt` is when each channel
 * was converted: a scanner converts one channel a reading, so that the others of the same sample are older.
 */
export interface PhotodiodeSample {
  readonly green: Volts;
  readonly red: Volts;
  readonly broadband: Volts;
  readonly reference: Volts;
  readonly full: Volts;
  readonly takenAt: Readonly<Record<LightChannel, Instant>>;
}

/** The light channels of a scan: one photodiode each. */
export type LightChannel = 'green' | 'red' | 'broadband' | 'reference';

/** What each sensor of a bench measures. */
export interface SensorSamples {
  readonly thermocouple: ThermocoupleSample;
  readonly infrared: InfraredSample;
  readonly power: PowerSample;
  readonly photodiodes: PhotodiodeSample;
}
export type SensorName = keyof SensorSamples;
export type Sensors = { readonly [S in SensorName]: Sensor<SensorSamples[S]> };

/** On for `onUs` from `startUs` on (the gate's clock), again every `periodUs`. onUs = periodUs is constant current. */
export interface GatePattern {
  readonly onUs: Span;
  readonly periodUs: Span;
  readonly startUs: Instant;
}

/** The executor's own hard limits, from its local file; the protocol cannot change them. */
export interface GateLimits {
  readonly longestOnUs: Span;
  readonly leastOffUs: Span;
  readonly longestLeaseUs: Span;
  readonly dutyMax: Ratio;
  readonly dutyWindowUs: Span;
  /** Longest constant-current run (the paper's control experiment); 0 = never. */
  readonly constantUs: Span;
  /** The wiring that the executor’s file names; the same lines as the controller’s, or nothing is armed. */
  readonly heaterLine: number;
  readonly enableLine: number;
}

export type GateEvent =
  /** `scheduling`: fifo45, or other where the gate may not be punctual; simulated on the simulated bench. */
  | { readonly kind: 'hello'; readonly limits: GateLimits; readonly scheduling: string; readonly at: Instant }
  /**
   * Answer to every order. `bucket`: the gate’s own account of the mean duty (I8). `pending`: orders sent since the one
   * that it answers.
   */
  | { readonly kind: 'alive'; readonly bucket: Ratio; readonly pending: number; readonly at: Instant }
  | { readonly kind: 'edge'; readonly rising: boolean; readonly askedUs: Instant; readonly achievedUs: Instant }
  | { readonly kind: 'refused'; readonly why: string; readonly at: Instant }
  | { readonly kind: 'lease-expired'; readonly at: Instant }
  | { readonly kind: 'closed'; readonly at: Instant };

/** The executor that owns the heater pin. There is no "on": every order ends by itself when its lease is not renewed. */
export interface GatePort {
  /** Plays `pattern` until `leaseUs` from now; the same pattern again renews the lease and keeps the phase. */
  play(pattern: GatePattern, leaseUs: Span): void;
  off(): void;
  /** What happened since the last call, oldest first. */
  drain(): readonly GateEvent[];
}

/** Everything the controller may touch. `simulated` is shown on every screen and stored in every record. */
export interface Hal extends Sensors {
  readonly kind: 'sim' | 'linux';
  readonly simulated: boolean;
  readonly gate: GatePort;
  readonly pump: PumpPort;
  readonly estop: InputPort;
  readonly lid: InputPort;
  readonly light: LightPort;
}
