import { describe, expect, it } from 'vitest';
import type { LatchStore } from '../../src/runtime/latch.ts';
import { Durable } from '../../src/runtime/latch.ts';
import { bootState, type DurableRecord, type KernelState } from '../../src/safety/kernel.ts';
import { atSeconds, instant } from '../../src/units.ts';
import { PULSE, recipeOf, rig } from '../support/bench.ts';

/** A disk that answers when the test says so. */
function slowDisk(): LatchStore & { records: DurableRecord[]; answer(error?: Error): void } {
  const waiting: ((error: Error | null) => void)[] = [];
  const records: DurableRecord[] = [];
  return {
    records,
    load: () => null,
    save: (record, done) => {
      records.push(record);
      waiting.push(done);
    },
    answer: (error) => waiting.shift()?.(error ?? null),
  };
}

const inState = (name: KernelState['name'], more: Partial<KernelState> = {}): KernelState => ({
  ...bootState(instant(0)),
  name,
  ...more,
});

describe('the safety record on its way to the disk', () => {
  it('is there when the disk says so, and is written once', () => {
    const disk = slowDisk();
    const durable = new Durable(disk);
    expect(durable.keep(inState('armed'), atSeconds(1))).toBe(false);
    expect(durable.keep(inState('armed'), atSeconds(2))).toBe(false);
    disk.answer();
    expect(durable.keep(inState('armed'), atSeconds(3))).toBe(true);
    expect(disk.records).toHaveLength(1);
  });

  it('is the newest: an older one that arrives late counts for nothing', () => {
    const disk = slowDisk();
    const durable = new Durable(disk);
    durable.keep(inState('armed'), atSeconds(1));
    durable.keep(inState('safe'), atSeconds(2));
    disk.answer();
    expect(durable.kept).toBe(false);
    disk.answer();
    expect(durable.kept).toBe(true);
    expect(disk.records.map(({ armed }) => armed)).toEqual([true, false]);
  });

  it('is told as missing after five seconds without an answer, and at once after an error', () => {
    const disk = slowDisk();
    const durable = new Durable(disk);
    durable.keep(inState('armed'), atSeconds(1));
    expect([durable.unsaved(atSeconds(6)), durable.unsaved(atSeconds(6.001))]).toEqual([false, true]);
    disk.answer(new Error('input/output error'));
    expect([durable.unsaved(atSeconds(1)), durable.error]).toEqual([true, 'input/output error']);
    durable.keep(inState('armed'), atSeconds(1.999));
    expect(disk.records).toHaveLength(1);
    durable.keep(inState('armed'), atSeconds(2));
    expect(disk.records).toHaveLength(2);
    disk.answer();
    expect([durable.unsaved(atSeconds(2)), durable.error]).toEqual([false, null]);
  });

  it('is written anew in place of a damaged one', () => {
    const disk = slowDisk();
    const durable = new Durable({ ...disk, load: () => 'damaged' });
    durable.load();
    expect(durable.keep(inState('safe'), atSeconds(1))).toBe(false);
    expect(disk.records).toHaveLength(1);
  });
});

describe('a disk that takes three seconds for every record', () => {
  const injections = [{ name: 'disk-slow', atS: -1 }] as const;

  it('delays arming by three seconds and no tick: no failed proof, no lockout', () => {
    const quick = rig(recipeOf(PULSE(60)));
    quick.simulation.arm();
    const { simulation, events } = rig(recipeOf(PULSE(60)), { injections });
    expect(simulation.arm()).toBe(true);
    const later = simulation.bench.now - quick.simulation.bench.now;
    expect(Math.abs(later / 1e6 - 3)).toBeLessThan(0.06);
    simulation.run(70);
    expect(simulation.trips()).toEqual([]);
    expect(events.filter((e) => e.kind === 'edge' && e.code === 'on').length).toBeGreaterThan(12);
  });

  it('energises nothing before the record is there, and arms five times in a row', () => {
    const { simulation } = rig(recipeOf(PULSE(60)), { injections });
    for (let i = 0; i < 5; i += 1) {
      while (simulation.feed.latest.kernel.name === 'safe') {
        simulation.controls.ask({ kind: 'arm' });
        simulation.tick();
      }
      simulation.run(3);
      simulation.controls.ask({ kind: 'stop' });
      simulation.run(5);
    }
    expect(simulation.trips()).toEqual([]);
  });

  it('that takes eleven refuses the order in words about the disk, and leaves “not armed” behind', () => {
    const { simulation, events, latch } = rig(recipeOf(PULSE(60)));
    simulation.bench.diskUs = 11e6 as typeof simulation.bench.diskUs;
    simulation.run(6);
    simulation.controls.ask({ kind: 'arm' });
    simulation.run(40);
    expect(simulation.feed.latest.kernel.name).toBe('safe');
    expect(simulation.bench.energyJ).toBe(0);
    const refused = events.find((e) => e.kind === 'refused');
    expect(`${refused?.text}`).toMatch(/^E308: .*disk/);
    expect(latch.load()).toMatchObject({ armed: false });
  });
});
