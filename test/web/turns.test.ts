/** How much of the work that requests start goes on at once, with work that ends when the test says so. */
import { describe, expect, it } from 'vitest';
import { Shared, Turns } from '../../src/web/turns.ts';

/** Work under way, oldest first; each ends by a call. */
class Work {
  begun = 0;
  private readonly under: { end: (value: number) => void; fail: (error: Error) => void }[] = [];

  readonly make = (): Promise<number> => {
    this.begun += 1;
    return new Promise((end, fail) => this.under.push({ end, fail }));
  };

  async end(): Promise<void> {
    this.under.shift()?.end(this.begun);
    await settled();
  }

  async fail(): Promise<void> {
    this.under.shift()?.fail(new Error('the disk'));
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a queue', () => {
  it('does one thing at a time, in the order of the calls, also after one that failed', async () => {
    const work = new Work();
    const turns = new Turns();
    const all = [1, 2, 3].map(() => turns.take(work.make).catch(() => 'failed'));
    await settled();
    expect(work.begun).toBe(1);
    await work.fail();
    expect(work.begun).toBe(2);
    await work.end();
    await work.end();
    expect(await Promise.all(all)).toEqual(['failed', 2, 3]);
  });

  it('refuses one more than may wait, and takes it when there is room again', async () => {
    const work = new Work();
    const turns = new Turns(2, 'Too many.');
    const first = [turns.take(work.make), turns.take(work.make)];
    await expect(turns.take(work.make)).rejects.toMatchObject({ code: 429, message: 'Too many.' });
    await settled();
    await work.end();
    const third = turns.take(work.make);
    await work.end();
    await work.end();
    expect(await Promise.all([...first, third])).toEqual([1, 2, 3]);
  });
});

describe('an answer that is shared', () => {
  const scene = () => {
    const work = new Work();
    const clock = { ms: 0 };
    return { work, clock, shared: new Shared(work.make, 2000, () => clock.ms) };
  };

  it('is made once for all who ask while it is made, and is good for its time after that', async () => {
    const { work, clock, shared } = scene();
    const asked = Array.from({ length: 90 }, () => shared.ask());
    await settled();
    clock.ms = 10_000;
    asked.push(shared.ask());
    await work.end();
    clock.ms += 1999;
    asked.push(shared.ask());
    expect(new Set(await Promise.all(asked))).toEqual(new Set([1]));
    clock.ms += 1;
    void shared.ask();
    await settled();
    expect(work.begun).toBe(2);
  });

  it('is made anew after a change, after the one under way, and once for all changes until it begins', async () => {
    const { work, shared } = scene();
    const before = shared.ask();
    await settled();
    const after: Promise<number>[] = [];
    for (let n = 0; n < 5; n += 1) {
      shared.forget();
      after.push(shared.ask());
    }
    await settled();
    expect(work.begun).toBe(1);
    await work.end();
    expect(await before).toBe(1);
    await work.end();
    expect(await Promise.all(after)).toEqual([2, 2, 2, 2, 2]);
    shared.forget();
    void shared.ask();
    await settled();
    expect(work.begun).toBe(3);
  });

  it('that failed is made again by the next who asks', async () => {
    const { work, shared } = scene();
    const failed = shared.ask().catch(() => 'failed');
    await settled();
    await work.fail();
    expect(await failed).toBe('failed');
    const again = shared.ask();
    await settled();
    await work.end();
    expect(await again).toBe(2);
  });
});
