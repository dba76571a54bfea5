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
const IR = { objectC: 27, ambientC: 24, raw: 15000 };
const PD = { green: 0.5, red: 2, broadband: 1, reference: 1.5, full: 4.096 };

describe('commissioned corrections', () => {
  it('shift the couple, not its cold junction nor its code', () => {
    expect(read(calibratedThermocouple(giving(TC), -0.5))).toEqual({
      ok: true,
      at: 5,
      value: { celsius: 24.5, coldJunctionC: 24, raw: 3200 },
    });
  });

  it('stretch the rise over the sensor’s own temperature by 0.95 over the emissivity, then shift', () => {
    const reading = read(calibratedInfrared(giving(IR), 0.475, 0.25));
    expect(reading).toMatchObject({ ok: true, value: { ambientC: 24, raw: 15000 } });
    expect(reading.ok && reading.value.objectC).toBeCloseTo(24 + 3 * 2 + 0.25, 9);
    // At the sensor’s own temperature the emissivity does not matter.
    const level = read(calibratedInfrared(giving({ ...IR, objectC: 24 }), 0.2, 0));
    expect(level.ok && level.value.objectC).toBeCloseTo(24, 9);
  });

  it('take the dark levels away and leave the full scale', () => {
    const dark = { green: 0.1, red: 0.2, broadband: 0.3, reference: 0.4 };
    const reading = read(calibratedPhotodiodes(giving(PD), dark));
    expect(reading.ok && reading.value).toEqual({ green: 0.4, red: 1.8, broadband: 0.7, reference: 1.1, full: 4.096 });
  });

  it('that correct nothing hand the sensor back as it is', () => {
    const [tc, ir, pd] = [giving(TC), giving(IR), giving(PD)];
    expect(calibratedThermocouple(tc, 0)).toBe(tc);
    expect(calibratedInfrared(ir, 0.95, 0)).toBe(ir);
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
