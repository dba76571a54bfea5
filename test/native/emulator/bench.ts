/**
 * The simulated bench in real time. Its clock is CLOCK_MONOTONIC in µs; it lags a little behind, so that the changes of
 * a line, which carry the instant of the program's own call, still find it in their past.
 */
import type { Hal } from '../../../src/hal/ports.ts';
import { simBench, simHal } from '../../../src/hal/registry.ts';
import type { SimBench } from '../../../src/hal/sim/bench.ts';
import type { Settings } from '../../../src/params/settings.ts';
import { before, type Instant, instant, later, millis, NEVER, ratio } from '../../../src/units.ts';
import type { Level, LineChange } from './lines.ts';

/** How far the bench stays behind the clock when nobody asks it. */
const LAG_US = millis(10);

export const monotonicUs = (): Instant => instant(Number(process.hrtime.bigint() / 1000n));

export class LiveBench {
  readonly bench: SimBench;
  /** Drivers on the simulated ports of the same chips, to compare with. */
  readonly drivers: Hal;
  /** Carries out line changes that nobody has looked at yet. */
  beforeAdvance: () => void = () => {};
  private readonly pin = { high: false, nextUs: () => NEVER, advance: () => {} };
  private readonly step: SimBench['twin']['step'];

  constructor(private readonly settings: Settings) {
    this.bench = simBench(settings, null, { pin: this.pin, startUs: monotonicUs() });
    this.drivers = simHal(settings, this.bench);
    this.step = this.bench.twin.step.bind(this.bench.twin);
    setInterval(() => {
      this.beforeAdvance();
      this.advance(before(monotonicUs(), LAG_US));
    }, 5).unref();
  }

  /** Lets time pass until `at`, if that is not past already. */
  advance(at: number): void {
    this.bench.advanceTo(later(instant(at), this.bench.now));
  }

  /** Stops the twin; the chips' clocks go on. */
  freeze(on: boolean): void {
    this.advance(monotonicUs());
    this.bench.twin.step = on ? () => {} : this.step;
  }

  /** Level that the contacts give a line of the main chip; every other input is pulled down. */
  outside(offset: number): Level {
    if (offset === this.settings['gpio.estopLine']) return this.bench.estop.isClosed ? 1 : 0;
    if (offset === this.settings['gpio.lidLine']) return this.bench.lid.isClosed ? 1 : 0;
    return 0;
  }

  /** A line of the main chip has another level since `at`. */
  changed({ offset, level, at }: LineChange): void {
    const { bench, settings } = this;
    this.advance(at);
    if (offset === settings['gpio.heaterLine']) this.pin.high = level === 1;
    else if (offset === settings['gpio.enableLine']) bench.pump.toggle();
    else if (offset === settings['gpio.lightLine']) bench.light.set(ratio(level));
    else if (offset === settings['gpio.sensorPowerLine'] && offset !== 0 && level === 1) {
      // A sensor that held the data line lets go of it when its supply comes back.
      bench.i2c.hung = false;
      bench.infrared.powerCycle();
    }
  }
}
