/** The safety record and the heat: the controller killed at every tick around arming, and disks that answer as they like. */
import { describe, expect, it } from 'vitest';
import { simBench, simHal } from '../../src/hal/registry.ts';
import type { SimBench } from '../../src/hal/sim/bench.ts';
import type { Ask } from '../../src/params/controls.ts';
import { defaultSettings } from '../../src/params/settings.ts';
import type { LatchStore } from '../../src/runtime/latch.ts';
import type { DurableRecord } from '../../src/safety/kernel.ts';
import { Prng } from '../../src/twin/prng.ts';
import { after, instant, micros, millis, seconds } from '../../src/units.ts';
import { looped, PULSE, recipeOf } from '../support/bench.ts';
import { Oracle } from '../support/oracle.ts';

/** How a disk takes one record: after how long it is stored and answered for; null = never. An error stores nothing. */
interface Manner {
  readonly storedMs: number | null;
  readonly answeredMs: number | null;
  readonly error?: boolean;
}

/** A disk that stores in the order of the calls, as a store must, and answers in any. */
class Disk implements LatchStore {
  /** What a start would find. */
  record: DurableRecord | null = null;
  saves = 0;
  private storedUs = 0;
  private hung = false;
  private life = 0;

  constructor(
    private readonly bench: SimBench,
    private readonly manner: (save: number) => Manner,
  ) {}

  /** The process that was writing is gone, and with it what it had not stored. */
  killed(): void {
    this.life += 1;
    this.hung = false;
    this.storedUs = 0;
  }

  load(): DurableRecord | null {
    return this.record;
  }

  save(record: DurableRecord, done: (error: Error | null) => void): void {
    const { bench } = this;
    const { storedMs, answeredMs, error = false } = this.manner(this.saves);
    this.saves += 1;
    this.hung ||= storedMs === null && !error;
    if (this.hung) return;
    this.storedUs = Math.max(this.storedUs, bench.now + (storedMs ?? 0) * 1000);
    const { life } = this;
    if (!error)
      bench.schedule(instant(this.storedUs), () => {
        if (life === this.life) this.record = record;
      });
    if (answeredMs === null) return;
    bench.schedule(after(instant(this.storedUs), millis(answeredMs)), () => done(error ? new Error('EIO') : null));
  }
}

const always = (storedMs: number): (() => Manner) => {
  return () => ({ storedMs, answeredMs: 0 });
};

/** A bench whose controller can be killed and started again, looked at with every tick. */
function bench(manner: (save: number) => Manner) {
  const settings = { ...defaultSettings(), 'sim.efuse': false };
  const world = simBench(settings, null);
  const disk = new Disk(world, manner);
  const start = () => looped(settings, simHal(settings, world), recipeOf(PULSE(600)), { now: () => world.now }, disk);
  let running: ReturnType<typeof start> | null = start();
  const oracle = new Oracle(world);
  const refusals: string[] = [];
  const hear = (): void =>
    running?.feed.subscribe({
      event: (event) => {
        if (event.kind === 'refused') refusals.push(event.text);
      },
    });
  hear();
  /** Both switches at once heat; the gate alone is high in the proof test. Neither before the record says so. */
  const unrecorded: string[] = [];
  const tick = (): void => {
    world.advanceTo(after(world.now, millis(50)));
    running?.loop.tick();
    oracle.look();
    if ((world.gate.high || world.heaterA > 0.02) && disk.record?.armed !== true)
      unrecorded.push(`at ${world.now} µs with ${JSON.stringify(disk.record)}`);
  };
  return {
    world,
    disk,
    oracle,
    refusals,
    unrecorded,
    tick,
    name: () => running?.feed.latest.kernel.name ?? 'killed',
    latest: () => running?.feed.latest,
    ask: (ask: Ask) => running?.loop.ask(ask),
    run: (spanS: number) => {
      for (const end = after(world.now, seconds(spanS)); world.now < end; ) tick();
    },
    kill: () => {
      running = null;
      disk.killed();
    },
    start: () => {
      running = start();
      hear();
    },
  };
}

describe('the controller killed at every tick from the arm order to two seconds after the first pulse', () => {
  it.each([0, 30, 400, 3000])(
    'with a disk of %i ms: heat ends within 0.25 s, the record says what was, and the restart drives nothing',
    (diskMs) => {
      const states = new Set<string>();
      // 5 s of health have passed before the order; then the disk, the proof test, the first pulse and the rest.
      const last = Math.ceil((diskMs + 1200 + 105 + 500 + 2000) / 50);
      for (let kill = 1; kill <= last; kill += 1) {
        const prng = new Prng(diskMs, kill);
        const b = bench(always(diskMs));
        b.run(6);
        b.ask({ kind: 'arm' });
        for (let n = 0; n < kill; n += 1) b.tick();
        states.add(b.name());
        // The process dies somewhere between two ticks, which changes nothing that it could still do.
        b.world.advanceTo(after(b.world.now, micros(Math.floor(50_000 * prng.uniform()))));
        const killedAt = b.world.now;
        b.kill();
        b.run(2);
        const where = `killed after ${kill} ticks`;
        expect(b.world.heaterA, where).toBe(0);
        expect(b.world.lastHeatUs - killedAt, where).toBeLessThanOrEqual(250_000);
        const { record } = b.disk;
        const energyJ = b.world.energyJ;
        b.start();
        b.run(12);
        expect(b.world.energyJ, where).toBe(energyJ);
        expect(b.name(), where).toBe(record?.armed ? 'tripped' : 'safe');
        expect(b.disk.record?.armed ?? false, where).toBe(false);
        expect(b.disk.record?.latch?.fault ?? null, where).toBe(record?.armed ? 'restart-while-armed' : null);
        expect([b.unrecorded, b.oracle.longestUs], where).toEqual([[], 0]);
      }
      // The walk went through all of it.
      for (const state of ['test-enable', 'test-gate', 'prove', 'test-opening', 'armed'])
        expect(states).toContain(state);
    },
  );
});

describe('a disk that answers as it likes', () => {
  it('and never for the record “armed”: nothing is driven, the order is refused with the reason, again and again', () => {
    const b = bench(() => ({ storedMs: null, answeredMs: null }));
    b.run(6);
    for (let i = 1; i <= 3; i += 1) {
      b.ask({ kind: 'arm' });
      b.run(15);
      expect(b.name()).toBe('safe');
      expect(b.refusals).toHaveLength(i);
      expect(b.refusals.at(-1)).toMatch(/^E308: .*disk/);
    }
    expect(b.latest()?.faults).toContain('latch-unwritable');
    expect([b.world.energyJ, b.unrecorded]).toEqual([0, []]);
    // One record for each change of mind, not one for each tick.
    expect(b.disk.saves).toBeLessThanOrEqual(6);
  });

  it('stores the record but does not say so: nothing is driven, and the next start is a trip', () => {
    const b = bench((save) => ({ storedMs: 10, answeredMs: save === 0 ? null : 20_000 }));
    b.run(6);
    b.ask({ kind: 'arm' });
    b.run(4);
    expect([b.name(), b.world.energyJ, b.disk.record?.armed]).toEqual(['safe', 0, true]);
    b.kill();
    b.start();
    b.run(1);
    expect(b.name()).toBe('tripped');
  });

  it('answers for an older order after a newer one was given: only the answer to the newest arms', () => {
    // armed, not armed, armed: the first answer comes while the third record is on its way.
    const answers = [4000, 100, 9000];
    const b = bench((save) => ({ storedMs: 10, answeredMs: answers[save] ?? 10 }));
    b.run(6);
    b.ask({ kind: 'arm' });
    b.run(1);
    b.ask({ kind: 'stop' });
    b.run(1);
    b.ask({ kind: 'arm' });
    b.run(3);
    expect([b.name(), b.disk.saves, b.world.energyJ]).toEqual(['safe', 3, 0]);
  });

  it('at random, with errors, silence and answers out of order: no heat without the record, in 60 runs', () => {
    let armed = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const prng = new Prng(seed, 6);
      const b = bench(() => {
        const kind = prng.uniform();
        const storedMs = Math.floor(2000 * prng.uniform() ** 3);
        if (kind < 0.15) return { storedMs, answeredMs: 100 * prng.uniform(), error: true };
        if (kind < 0.2) return { storedMs, answeredMs: null };
        if (kind < 0.21) return { storedMs: null, answeredMs: null };
        return { storedMs, answeredMs: Math.floor(4000 * prng.uniform() ** 3) };
      });
      let down = 0;
      for (let n = 0; n < 60 * 20; n += 1) {
        const dice = prng.uniform();
        if (dice < 0.02) b.ask({ kind: 'arm' });
        else if (dice < 0.025) b.ask({ kind: 'stop' });
        else if (dice < 0.035) b.ask({ kind: 'acknowledge', trip: b.latest()?.kernel.latch?.trip ?? 0 });
        else if (dice < 0.037 && down === 0) {
          b.kill();
          down = 40;
        }
        if (down > 0) {
          down -= 1;
          if (down === 0) b.start();
        }
        b.tick();
        if (b.name() === 'armed') armed += 1;
      }
      expect([b.unrecorded, b.oracle.longestUs], `seed ${seed}`).toEqual([[], 0]);
    }
    expect(armed, 'some do arm').toBeGreaterThan(1000);
  });
});
