import { describe, expect, it } from 'vitest';
import type { Reading, Sensor } from '../../src/hal/ports.ts';
import { Sampler } from '../../src/runtime/sampler.ts';
import { type Instant, instant, millis } from '../../src/units.ts';

const ms = (value: number): Instant => instant(value * 1000);

/** A sensor that answers when the test says so. */
class Slow implements Sensor<number> {
  readonly device = 'slow';
  readonly intervalUs = millis(100);
  reads: Instant[] = [];
  pending: ((reading: Reading<number>) => void)[] = [];
  read(now: Instant, done: (reading: Reading<number>) => void): void {
    this.reads.push(now);
    this.pending.push(done);
  }
  answer(value: number, at: Instant): void {
    this.pending.shift()?.({ ok: true, value, at });
  }
}

const make = (): { sensor: Slow; sampler: Sampler<number> } => {
  const sensor = new Slow();
  return { sensor, sampler: new Sampler(sensor, sensor.intervalUs) };
};

describe('the sampler', () => {
  it('reads at the sensor’s pace, not at the tick’s', () => {
    const { sensor, sampler } = make();
    for (let t = 0; t <= 1000; t += 50) {
      sampler.poll(ms(t));
      sensor.answer(1, ms(t));
    }
    expect(sensor.reads).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000].map(millis));
  });

  it('hands each reading over once', () => {
    const { sensor, sampler } = make();
    sampler.poll(instant(0));
    sensor.answer(7, instant(0));
    expect(sampler.poll(ms(10))).toEqual({ ok: true, value: 7, at: 0 });
    expect(sampler.poll(ms(20))).toBeNull();
  });

  it('makes a transfer that does not end into a timeout after 80 ms, once, and reads again after it', () => {
    const { sensor, sampler } = make();
    sampler.poll(instant(0));
    expect(sampler.poll(ms(79))).toBeNull();
    expect(sampler.poll(ms(80))).toMatchObject({
      ok: false,
      why: { kind: 'timeout', device: 'slow' },
      at: millis(80),
    });
    expect(sampler.poll(ms(90))).toBeNull();
    expect(sensor.reads).toHaveLength(1);
    sampler.poll(ms(110));
    expect(sensor.reads).toHaveLength(2);
  });

  it('has one read under way at a time, however often it is asked', () => {
    const sensor = new Slow();
    const eager = new Sampler(sensor, millis(10));
    for (let t = 0; t < 70; t += 10) eager.poll(ms(t));
    expect(sensor.reads).toEqual([0]);
  });

  it('does not catch up in a burst after a pause', () => {
    const { sensor, sampler } = make();
    sampler.poll(instant(0));
    for (let t = 1000; t < 1100; t += 10) sampler.poll(ms(t));
    expect(sensor.reads.length).toBeLessThanOrEqual(3);
  });
});
