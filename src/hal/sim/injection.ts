/**
 * Faults that can be put into the simulated bench while it runs. `expect` is what the controller must find, `boundS` how
 * soon the heater must be off, for the default pulse pattern.
 */
import { type Instant, micros, seconds } from '../../units.ts';
import type { SimBench } from './bench.ts';

export interface Injection {
  readonly label: string;
  /** Names of faults (params/faults) any of which names the cause rightly; empty = must not trip. */
  readonly expect: readonly string[];
  readonly boundS: number;
  /** Absent for what happens to the controller process itself. */
  readonly inject?: (bench: SimBench) => void;
  /** When the fault first did harm, for one that shows only at some later instant; null while it has not. */
  readonly begins?: (bench: SimBench) => Instant | null;
}

const injection = (
  label: string,
  expect: readonly string[],
  boundS: number,
  inject?: (bench: SimBench) => void,
  begins?: (bench: SimBench) => Instant | null,
): Injection => ({ label, expect, boundS, ...(inject && { inject }), ...(begins && { begins }) });

export const INJECTIONS = {
  // A converter may test for it only once in 16 conversions; see docs/SAFETY.md.
  'tc-open': injection('thermocouple wire breaks', ['tc-open'], 2.2, (b) => {
    b.thermocouple.fault = 'open';
  }),
  'tc-short-gnd': injection('thermocouple touches ground', ['tc-short-gnd', 'tc-short-vcc'], 0.6, (b) => {
    b.thermocouple.fault = 'shortGnd';
  }),
  'tc-short-vcc': injection('thermocouple touches the supply', ['tc-short-vcc'], 0.6, (b) => {
    b.thermocouple.fault = 'shortVcc';
  }),
  // The little that is left of the response hides inside one step of a coarse converter, which then looks frozen.
  'tc-shorted-far': injection('thermocouple wires touch before the junction', ['tc-response', 'tc-frozen'], 17, (b) => {
    b.twin.thermocoupleGain = 0.05;
  }),
  'tc-drift': injection('thermocouple drifts by -0.02 K/s', ['sensor-disagreement', 'model-residual'], 276, (b) => {
    b.twin.thermocoupleDriftKPerS = -0.02;
  }),
  'tc-offset': injection('thermocouple reads 5 K too little', ['sensor-disagreement'], 3.4, (b) => {
    b.twin.thermocoupleOffsetK = -5;
  }),
  'tc-reversed': injection('thermocouple wires swapped', ['tc-response', 'sensor-disagreement'], 15, (b) => {
    b.twin.thermocoupleGain = -1;
  }),
  'tc-frozen': injection('thermocouple converter stops converting', ['tc-frozen', 'tc-response'], 15, (b) => {
    b.thermocouple.frozen = true;
  }),
  'tc-detached': injection('thermocouple comes off the sample', ['tc-response', 'sensor-disagreement'], 17, (b) => {
    b.twin.thermocoupleDetached = true;
  }),
  'tc-hang': injection('thermocouple transfers never end', ['tc-stale'], 0.5, (b) => {
    b.disturb('thermocouple', 'hang');
  }),
  'miso-low': injection('MISO stuck low: all-zero frames', ['tc-frame'], 0.6, (b) => {
    b.disturb('thermocouple', 'low');
  }),
  'miso-high': injection('MISO stuck high: all-one frames', ['tc-frame'], 0.6, (b) => {
    b.disturb('thermocouple', 'high');
  }),
  // A matter of chance: a wrong bit of little weight is a reading like any other. See docs/SAFETY.md.
  'spi-bit-errors': injection(
    'one bit of every thermocouple frame flips',
    [
      'tc-frame',
      'tc-stale',
      'tc-implausible',
      'tc-open',
      'tc-short-vcc',
      'tc-short-gnd',
      'rise-rate',
      'over-temperature',
    ],
    1.4,
    (b) => {
      b.disturb('thermocouple', 'bit-errors');
    },
  ),
  'cold-junction-hot': injection(
    'converter takes its cold junction for 20 K hotter',
    ['sensor-disagreement', 'rise-rate', 'over-temperature'],
    3.4,
    (b) => {
      b.twin.coldJunctionErrorK = 20;
    },
  ),
  'tc-brown-out': injection('thermocouple converter resets once', [], 0, (b) => {
    b.thermocouple.powerCycle();
  }),
  'ir-pec': injection('infrared check code always wrong', ['ir-unreadable'], 0.6, (b) => {
    b.infrared.corruptPec = true;
  }),
  'ir-flag': injection('infrared error flag set', ['ir-unreadable'], 0.6, (b) => {
    b.infrared.errorFlag = true;
  }),
  'ir-obstructed': injection('infrared view blocked', ['ir-response', 'sensor-disagreement'], 18, (b) => {
    b.twin.infraredObstructed = true;
  }),
  'ir-hot-object': injection('a hot object in the infrared view', ['sensor-disagreement', 'rise-rate'], 3.4, (b) => {
    b.twin.infraredExtraK = 6;
  }),
  'i2c-corruption': injection(
    'bytes on the I2C bus change on their way',
    ['ir-unreadable', 'power-unreadable'],
    0.6,
    (b) => {
      b.disturb('infrared', 'corrupt');
    },
  ),
  'adc-missing': injection('photodiode converter does not acknowledge', [], 0, (b) => {
    b.unplug('photodiodes');
  }),
  'i2c-hang': injection('I2C data line held low', ['power-unreadable', 'ir-unreadable', 'ir-stale'], 0.5, (b) => {
    b.i2c.hung = true;
  }),
  'ir-missing': injection('infrared thermometer does not acknowledge', ['ir-unreadable'], 0.5, (b) => {
    b.unplug('infrared');
  }),
  'current-sense-missing': injection('current monitor does not acknowledge', ['power-unreadable'], 0.5, (b) => {
    b.unplug('power');
  }),
  'heater-open': injection('heater contact breaks', ['no-current'], 15, (b) => {
    b.twin.substrate.resistanceScale = Number.POSITIVE_INFINITY;
  }),
  'heater-cracked': injection('heater resistance rises by 30 %', ['current-envelope'], 5.5, (b) => {
    b.twin.substrate.resistanceScale = 1.3;
  }),
  'heater-short': injection('heater resistance halves', ['over-power', 'current-envelope', 'no-current'], 5.5, (b) => {
    b.twin.substrate.resistanceScale = 0.5;
  }),
  'mosfet-stuck-on': injection(
    'MOSFET does not open any more',
    ['leak-current'],
    0.8,
    (b) => {
      b.mosfet = 'stuck-on';
      b.strayAt = null;
    },
    (b) => b.strayAt,
  ),
  // ENABLE is closed for half a second around a pulse; what floats high for less than two readings needs three of them.
  'line-floating': injection(
    'the MOSFET’s pull-down is missing: it conducts at random while the gate is low',
    ['leak-current'],
    15.5,
    (b) => {
      b.mosfet = 'floating';
      b.strayAt = null;
    },
    (b) => b.strayAt,
  ),
  'mosfet-stuck-off': injection('MOSFET does not close any more', ['no-current'], 15, (b) => {
    b.mosfet = 'stuck-off';
  }),
  'enable-welded': injection('ENABLE switch welded (latent until the next arm)', [], 0, (b) => {
    b.enableWelded = true;
  }),
  'supply-12v': injection('12 V supply plugged in', ['supply-high'], 0.2, (b) => {
    b.supplyV = 12;
  }),
  'supply-24v': injection('24 V supply plugged in', ['supply-high'], 0.2, (b) => {
    b.supplyV = 24;
  }),
  'supply-sag': injection('supply sags by 15 %', ['supply-low', 'current-envelope'], 0.25, (b) => {
    b.supplyV *= 0.85;
  }),
  'current-sense-dead': injection('current monitor reads zero', ['no-current'], 5.5, (b) => {
    b.currentSense = 'dead';
  }),
  'monitor-frozen': injection('current monitor stops converting', ['no-current', 'leak-current'], 5.5, (b) => {
    b.currentSense = 'frozen';
  }),
  'cooling-blocked': injection(
    'the sample loses its heat three times as slowly (no harm at a low mean power)',
    [],
    0,
    (b) => {
      b.twin.substrate.insulation = 3;
    },
  ),
  'current-sense-high': injection('current monitor stuck at 0.25 A', ['leak-current', 'current-envelope'], 0.7, (b) => {
    b.currentSense = 'stuck-high';
  }),
  'controller-dead': injection(
    'controller stops (stall or kill) and is restarted 2 s later',
    ['restart-while-armed'],
    0.26,
  ),
  'gate-overrun': injection(
    'gate answers but does not end its pulse',
    ['gate-overrun', 'leak-current'],
    0.5,
    (b) => {
      b.gate.overrun();
    },
    (b) => b.gate.overranAt,
  ),
  'pump-slow': injection('pump holds ENABLE closed for 3 s (latent until the next arm)', [], 0, (b) => {
    b.pump.holdUs = seconds(3);
  }),
  'bus-hiccup': injection('one I2C transfer hangs for 1 s', [], 0, (b) => {
    b.hiccup();
  }),
  'bus-hiccups': injection(
    'every 20th I2C transfer hangs for 1 s',
    ['power-unreadable', 'ir-unreadable', 'ir-stale'],
    60,
    (b) => {
      b.i2c.stallEvery = 20;
    },
  ),
  // Nothing on the bench has a better clock than the computer: see “What cannot be detected” in docs/SAFETY.md.
  'clock-slow': injection('the computer’s clock runs 20 % slow', [], 0, (b) => {
    b.worldSpeed = 1.25;
    b.pump.holdUs = micros(b.pump.holdUs / b.worldSpeed);
  }),
  'disk-slow': injection('every write of the safety record takes 3 s', [], 0, (b) => {
    b.diskUs = seconds(3);
  }),
  'gate-dead': injection('gate process dies and its pin keeps the level', ['gate-lost'], 0.2, (b) => {
    b.gate.die();
  }),
  'photodiode-saturated': injection('photodiodes saturate', [], 0, (b) => {
    b.twin.photodiodesSaturated = true;
  }),
  estop: injection('E-stop pressed', ['estop'], 0.05, (b) => {
    b.estop.isClosed = false;
  }),
  lid: injection('lid opened', ['lid'], 0.05, (b) => {
    b.lid.isClosed = false;
  }),
} as const satisfies Record<string, Injection>;

export type InjectionName = keyof typeof INJECTIONS;
export const INJECTION_NAMES = Object.keys(INJECTIONS) as InjectionName[];
export const isInjectionName = (name: string): name is InjectionName => Object.hasOwn(INJECTIONS, name);
export const injectionOf = (name: InjectionName): Injection => INJECTIONS[name];
