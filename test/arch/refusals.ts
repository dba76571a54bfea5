/**
 * What must not compile. Each expected error stands above a mistake that somebody could make; where the mistake compiles,
 * the error is missing and the type check fails. Nothing here ever runs.
 */
import { stepPulse } from '../../src/control/pulse.ts';
import { CHIPS, type ChipRow } from '../../src/hal/chips.ts';
import type { GatePort, Hal } from '../../src/hal/ports.ts';
import type { LoopParts } from '../../src/runtime/loop.ts';
import type { GateKeeper } from '../../src/safety/gate-keeper.ts';
import type { Lasting } from '../../src/safety/watch.ts';
import {
  after,
  type Celsius,
  type Instant,
  inSeconds,
  instant,
  later,
  micros,
  plus,
  SECOND,
  type Span,
  seconds,
  secondsOf,
  since,
  times,
  type Volts,
  volts,
} from '../../src/units.ts';

declare const now: Instant;
declare const before: Instant;
declare const span: Span;

export const aBareNumberIsNoTime = (): unknown[] => {
  // @ts-expect-error: a number is no instant
  const at: Instant = 1_000_000;
  // @ts-expect-error: nor a span
  const length: Span = 1_000_000;
  // @ts-expect-error: the plain operators give bare numbers; `after` gives an instant
  const due: Instant = now + span;
  // @ts-expect-error: `since` gives a span
  const elapsed: Span = now - before;
  // @ts-expect-error: milliseconds from a setting go through `millis`
  const pulse = stepPulse(null, 500, seconds(5), now);
  return [at, length, due, elapsed, pulse];
};

export const anInstantIsNoSpan = (): unknown[] => {
  // @ts-expect-error: a length of time is no point on the clock
  const at: Instant = seconds(5);
  // @ts-expect-error: and a point on the clock is no length of time
  const length: Span = instant(5);
  // @ts-expect-error: two instants cannot be added
  const sum = after(now, before);
  // @ts-expect-error: a span lies between two instants
  const between = since(now, span);
  // @ts-expect-error: nor is there a later one of an instant and a span
  const latest = later(now, span);
  // @ts-expect-error: a span grows by a span
  const longer = plus(span, now);
  // @ts-expect-error: twice an instant is nothing
  const twice = times(now, 2);
  // @ts-expect-error: the seconds of a span are not what a clock shows
  const shown = secondsOf(span);
  // @ts-expect-error: and the other way round
  const lasted = inSeconds(now);
  // @ts-expect-error: equality of the two is a mistake
  const same = now === span;
  return [at, length, sum, between, latest, longer, twice, shown, lasted, same];
};

export const argumentsCannotBeSwapped = (gate: GatePort, keeper: GateKeeper, lasting: Lasting): void => {
  const pattern = { onUs: span, periodUs: SECOND, startUs: now };
  // @ts-expect-error: a lease is a span, not the instant at which it ends
  gate.play(pattern, now);
  // @ts-expect-error: a pattern starts at an instant
  gate.play({ ...pattern, startUs: SECOND }, SECOND);
  // @ts-expect-error: until when ENABLE is held, not for how long
  keeper.account(now, SECOND);
  // @ts-expect-error: first the instant, then how long
  lasting.check(true, SECOND, now);
};

export const quantitiesDoNotMix = (heat: (to: Celsius) => void, supply: (at: Volts) => void): void => {
  // @ts-expect-error: a time is no temperature
  heat(micros(31));
  // @ts-expect-error: nor is an instant
  heat(instant(31));
  // @ts-expect-error: nor is a voltage
  heat(volts(5));
  // @ts-expect-error: a time is no voltage
  supply(span);
};

export const onlyTheKeeperSpeaksToTheGate = ({ hal }: LoopParts, whole: Hal): unknown[] => {
  // @ts-expect-error: the loop’s ports have no gate
  const { gate } = hal;
  // @ts-expect-error: by whatever name
  const direct = hal.gate;
  // @ts-expect-error: and a gate cannot be written among them
  const parts: Pick<LoopParts, 'hal'> = { hal: { ...whole, gate: whole.gate } };
  return [gate, direct, parts];
};

export const aChipHasADriverAndAModel = (): unknown[] => {
  const { driver, model, ...facts } = CHIPS.thermocouple.max31855;
  const whole: ChipRow<'thermocouple'> = { ...facts, driver, model };
  // @ts-expect-error: no model
  const withoutModel: ChipRow<'thermocouple'> = { ...facts, driver };
  // @ts-expect-error: no driver
  const withoutDriver: ChipRow<'thermocouple'> = { ...facts, model };
  // @ts-expect-error: an infrared thermometer is no thermocouple converter
  const foreign: ChipRow<'thermocouple'> = CHIPS.infrared.mlx90614;
  return [whole, withoutModel, withoutDriver, foreign];
};
