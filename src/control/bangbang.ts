/** Bang-bang control with hysteresis: heats below setpoint − h/2, rests above setpoint + h/2, keeps on between. */
import { after, type Celsius, type Instant, seconds } from '../units.ts';
import { LEAD, type ModeStep, type Pattern } from './wanted.ts';

export interface BangBangState {
  readonly heating: Pattern | null;
}

/** Heating in pieces inside the gate’s longest pulse, with rests in which the kernel sees that the MOSFET opens. */
const HEAT_ON_US = seconds(2);
const HEAT_PERIOD_US = seconds(2.2);

/** `hysteresisK` is the full width, > 0. */
export function stepBangBang(
  state: BangBangState,
  setpointC: Celsius,
  hysteresisK: number,
  measuredC: Celsius,
  now: Instant,
): ModeStep<BangBangState> {
  const half = hysteresisK / 2;
  let { heating } = state;
  if (measuredC >= setpointC + half) heating = null;
  else if (measuredC <= setpointC - half && !heating) {
    heating = { onUs: HEAT_ON_US, periodUs: HEAT_PERIOD_US, startUs: after(now, LEAD) };
  }
  const next = heating === state.heating ? state : { heating };
  return { state: next, wanted: heating, nextAt: now };
}
