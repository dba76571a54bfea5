import { describe, expect, it } from 'vitest';
import {
  calibratedInfrared,
  calibratedPhotodiodes,
  calibratedThermocouple,
} from '../../../src/hal/drivers/calibrated.ts';
import type { Reading, Sensor } from '../../../src/hal/ports.ts';
import { instant, micros } from '../../../src/units.ts';

const giving = <T>(value: T): Sensor<T> => ({
  device: 'test',
  intervalUs: micros(100),
  read: (at, done) => done({ ok: true, value, at }),
});
function read<T>(sensor: Sensor<T>): Reading<T> {
  let got: Reading<T> | null = null;
  sensor.read(instant(5), (reading) => {
    got = reading;
  });
  if (got === null) throw new Error('no answer');
  return got;
}
const TC = { celsius: 25, coldJunctionC: 24, raw: 3200 };
const IR = { objectC: 27, ambientC: 24, raw: 15000, emissivity: 1, filterLagUs: micros(22_000) };
const TAKEN_AT = { green: instant(1), red: instant(2), broadband: instant(3), reference: instant(4) };
const PD = { green: 0.5, red: 2, broadband: 1, reference: 1.5, full: 4.096, takenAt: TAKEN_AT };

describe('commissioned corrections', () => {
  it('shift the couple, not its cold junction nor its code', () => {
    expect(read(calibratedThermocouple(giving(TC), -0.5))).toEqual({
      ok: true,
      at: 5,
      value: { celsius: 24.5, coldJunctionC: 24, raw: 3200 },
    });
  });

  // Worked out from ε'·(T'⁴ − Ta⁴) = ε·(T⁴ − Ta⁴), a spot at 45 °C and surroundings at 24 °C. A straight line through the
  // surroundings would be wrong by the last number, K.
  it.each([
    [1, 0.95, 44.0452, 0.1],
    [1, 0.3, 30.7653, 1.55],
    [0.95, 0.3, 31.1091, 1.51],
    [0.5, 0.95, 60.8806, -1.59],
  ])('take a chip set to %d for a spot of %d at its word by the fourth power', (from, to, shown) => {
    const reading = read(calibratedInfrared(giving({ ...IR, emissivity: from, objectC: shown }), to, 0));
    expect(reading.ok && reading.value.objectC).toBeCloseTo(45, 3);
  });

  it('of emissivity end in the offset, and do nothing at the sensor’s own temperature', () => {
    const reading = read(calibratedInfrared(giving(IR), 1, 0.25));
    expect(reading).toEqual({ ok: true, at: 5, value: { ...IR, objectC: 27.25 } });
    const level = read(calibratedInfrared(giving({ ...IR, objectC: 24 }), 0.2, 0));
    expect(level.ok && level.value.objectC).toBeCloseTo(24, 9);
  });

  it('take the dark levels away, and the largest from the full scale: a saturated channel still shows', () => {
    const dark = { green: 0.1, red: 0.2, broadband: 0.3, reference: 0.4 };
    const reading = read(calibratedPhotodiodes(giving(PD), dark));
    expect(reading.ok && reading.value).toEqual({
      green: 0.4,
      red: 1.8,
      broadband: 0.7,
      reference: 1.1,
      full: 3.696,
      takenAt: TAKEN_AT,
    });
  });

  it('that correct nothing hand the sensor back as it is', () => {
    const [tc, pd] = [giving(TC), giving(PD)];
    expect(calibratedThermocouple(tc, 0)).toBe(tc);
    expect(calibratedPhotodiodes(pd, { green: 0, red: 0, broadband: 0, reference: 0 })).toBe(pd);
  });

  it('leave an absent reading absent, with its reason', () => {
    const why = { kind: 'nak', device: 'x', op: 'read', errno: 121, transient: true, detail: '' } as const;
    const broken: Sensor<typeof TC> = {
      device: 'x',
      intervalUs: micros(1),
      read: (at, done) => done({ ok: false, why, at }),
    };
    expect(read(calibratedThermocouple(broken, 1))).toEqual({ ok: false, why, at: 5 });
  });
});
