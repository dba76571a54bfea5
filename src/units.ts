/**
 * Units as types. A number that carries its unit cannot be handed to a place that wants another one:
 * `heat(celsius(31))` compiles, `heat(micros(31))` does not. At run time these are plain numbers.
 *
 * Time is stricter: an instant and a span are different types, and a bare number is neither. What an operator gives is a
 * bare number, so the functions below say what becomes of a sum or a difference. Two instants, or two spans, are compared
 * by the plain operators; a span divided by a span is a plain share. (`<` between an instant and a span compiles.)
 */
declare const unit: unique symbol;
export type Quantity<U extends string> = number & { readonly [unit]?: U };

/** Temperature in degrees Celsius. */
export type Celsius = Quantity<'°C'>;
/** Electric current in amperes. */
export type Amps = Quantity<'A'>;
/** Electric potential in volts. */
export type Volts = Quantity<'V'>;
/** A share of a whole, 0..1. */
export type Ratio = Quantity<'1'>;

/** A point on a monotonic clock, µs since that clock’s own zero. */
export type Instant = number & { readonly [unit]: 'µs on the clock' };
/** A length of time, µs; negative = back in time. */
export type Span = number & { readonly [unit]: 'µs' };

export const celsius = (value: number): Celsius => value as Celsius;
export const amps = (value: number): Amps => value as Amps;
export const volts = (value: number): Volts => value as Volts;
export const ratio = (value: number): Ratio => value as Ratio;

/** Microseconds on a clock. */
export const instant = (us: number): Instant => us as Instant;
/** Seconds on a clock, rounded to a whole microsecond. */
export const atSeconds = (value: number): Instant => instant(Math.round(value * 1e6));

/** A span of so many microseconds. */
export const micros = (value: number): Span => value as Span;
/** A span of so many milliseconds, rounded to a whole microsecond. */
export const millis = (value: number): Span => micros(Math.round(value * 1e3));
/** A span of so many seconds, rounded to a whole microsecond. */
export const seconds = (value: number): Span => micros(Math.round(value * 1e6));

export const SECOND: Span = seconds(1);
/** Later, and earlier, than any instant that a clock shows. */
export const NEVER: Instant = instant(Number.MAX_SAFE_INTEGER);
export const LONG_AGO: Instant = instant(-Number.MAX_SAFE_INTEGER);

/** From `earlier` to `later`. */
export const since = (later: Instant, earlier: Instant): Span => micros(later - earlier);
export const after = (at: Instant, span: Span): Instant => instant(at + span);
export const before = (at: Instant, span: Span): Instant => instant(at - span);
/** The earlier, and the later, of two instants. */
export const earlier = (a: Instant, b: Instant): Instant => instant(Math.min(a, b));
export const later = (a: Instant, b: Instant): Instant => instant(Math.max(a, b));

export const plus = (a: Span, b: Span): Span => micros(a + b);
export const minus = (a: Span, b: Span): Span => micros(a - b);
export const times = (span: Span, factor: number): Span => micros(span * factor);

/** The seconds of a span. */
export const inSeconds = (span: Span): number => span / 1e6;
/** The seconds that the clock shows at an instant. */
export const secondsOf = (at: Instant): number => at / 1e6;

/** The kelvin value of 0 °C (ITS-90). */
export const ZERO_CELSIUS_K = 273.15;
/** Gas constant, kJ/(mol K). */
export const GAS_CONSTANT_KJ = 8.314e-3;

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
