/**
 * Units as types. A number that carries its unit cannot be handed to a place that wants another one:
 * `heat(celsius(31))` compiles, `heat(micros(31))` does not. At run time these are plain numbers.
 */
declare const unit: unique symbol;
export type Quantity<U extends string> = number & { readonly [unit]?: U };

/** Temperature in degrees Celsius. */
export type Celsius = Quantity<'°C'>;
/** Time on a monotonic clock, or a span of it, in microseconds. */
export type Micros = Quantity<'µs'>;
/** Electric current in amperes. */
export type Amps = Quantity<'A'>;
/** Electric potential in volts. */
export type Volts = Quantity<'V'>;
/** A share of a whole, 0..1. */
export type Ratio = Quantity<'1'>;

export const celsius = (value: number): Celsius => value as Celsius;
export const micros = (value: number): Micros => value as Micros;
export const amps = (value: number): Amps => value as Amps;
export const volts = (value: number): Volts => value as Volts;
export const ratio = (value: number): Ratio => value as Ratio;

export const SECOND: Micros = micros(1_000_000);

/** Seconds to microseconds, rounded to a whole microsecond. */
export const seconds = (value: number): Micros => micros(Math.round(value * 1e6));
/** Milliseconds to microseconds, rounded to a whole microsecond. */
export const millis = (value: number): Micros => micros(Math.round(value * 1e3));
/** Microseconds to seconds. */
export const inSeconds = (value: Micros): number => value / 1e6;

/** The kelvin value of 0 °C (ITS-90). */
export const ZERO_CELSIUS_K = 273.15;

/**
 * A programmer's error. It is thrown, never caught for control flow: the process ends and the gate, hearing nothing,
 * turns the heater off.
 */
export class AssertionError extends Error {
  override name = 'AssertionError';
}

/** Stops the program when something that the code relies on is not so. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}

/** Marks the branch that a union's exhaustive switch leaves over; reaching it is a programmer's error. */
export function unreachable(value: never, where: string): never {
  throw new AssertionError(`${where}: unexpected ${JSON.stringify(value)}`);
}

export const clamp = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value;
