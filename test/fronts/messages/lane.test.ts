/** One way that fails and works again, by a clock of the test. */
import { describe, expect, it } from 'vitest';
import { Lane, pauseMs } from '../../../src/fronts/messages/lane.ts';
import type { Outcome, Way } from '../../../src/fronts/messages/way.ts';
import type { Delivery, Told } from '../../../src/params/messages.ts';
import { delivery } from '../../support/messages.ts';

const AGAIN: Outcome = { why: 'answered 500', again: true };
const REFUSED: Outcome = { why: 'answered 413', again: false };

/** A way that answers when the test says so. */
class Scene {
  nowMs = 0;
  chance = 1;
  readonly got: Delivery[] = [];
  readonly told: string[] = [];
  aborted = 0;
  /** What is under way, by its code. */
  private readonly under = new Map<string, (outcome: Outcome) => void>();
  readonly lane: Lane;

  constructor() {
    const way: Way = {
      name: 'messages.ntfyUrl',
      deliver: (message, done) => {
        this.got.push(message);
        this.under.set(message.code, done);
      },
      abort: () => {
        this.aborted += 1;
      },
    };
    this.lane = new Lane(way, {
      nowMs: () => this.nowMs,
      chance: () => this.chance,
      tell: (kind, text) => void this.told.push(`${kind} ${text}`),
    });
  }

  /** Of the message with this code, or of the only one under way. */
  answer(outcome: Outcome, code?: string): void {
    if (code === undefined) expect(this.under.size, 'one at a time').toBeLessThanOrEqual(1);
    const of = code ?? [...this.under.keys()][0] ?? '';
    const done = this.under.get(of);
    this.under.delete(of);
    done?.(outcome);
  }

  /** Waits until the lane begins by itself; returns how long that took, s. */
  wait(): number {
    const from = this.nowMs;
    while (!this.lane.begin() && this.nowMs - from < 7_200_000) this.nowMs += 100;
    return (this.nowMs - from) / 1000;
  }
}

const message = (changes: Partial<Told> = {}): Told => {
  const { missed: _missed, late_s: _late, ...told } = delivery({ kind: 'trouble', urgent: false, ...changes });
  return told;
};

describe('a way that fails', () => {
  it('is tried again after longer and longer pauses, with the same id, until the message is out', () => {
    const scene = new Scene();
    scene.lane.add(message({ id: 'a' }));
    const pauses = [500, 500, 500].map(() => {
      const waited = scene.wait();
      scene.answer(AGAIN);
      return waited;
    });
    pauses.push(scene.wait());
    scene.answer(null);
    expect(pauses).toEqual([0, 5, 10, 20]);
    expect(scene.got.map(({ id }) => id)).toEqual(['a', 'a', 'a', 'a']);
    expect(scene.got.at(-1)?.late_s).toBe(35);
    expect(scene.lane.begin()).toBe(false);
  });

  it('is in the record once when it begins to fail, and once when it works again', () => {
    const scene = new Scene();
    scene.lane.add(message());
    for (const outcome of [AGAIN, { why: 'cannot be reached', again: true }, AGAIN, null]) {
      scene.wait();
      scene.answer(outcome);
    }
    scene.lane.add(message({ id: 'b' }));
    scene.wait();
    scene.answer(null);
    expect(scene.told).toEqual(['trouble messages.ntfyUrl answered 500', 'note messages.ntfyUrl works again']);
  });

  it('never gets a message twice that it has taken', () => {
    const scene = new Scene();
    scene.lane.add(message({ kind: 'trip', urgent: true }));
    scene.wait();
    scene.answer(AGAIN);
    scene.wait();
    scene.answer(null);
    expect(scene.wait()).toBeGreaterThan(7000);
    expect(scene.got).toHaveLength(2);
  });

  it('is tried at once for a trip, and the trip goes first', () => {
    const scene = new Scene();
    scene.lane.add(message({ code: 'a' }));
    scene.wait();
    scene.answer(AGAIN);
    expect(scene.lane.begin()).toBe(false);
    scene.lane.add(message({ kind: 'trip', code: 'E402', urgent: true }));
    expect(scene.lane.begin()).toBe(true);
    expect(scene.got.at(-1)?.code).toBe('E402');
  });

  it('loses a message that it refuses, and only that one, and the next one says so', () => {
    const scene = new Scene();
    scene.lane.add(message({ code: 'a', count: 3 }));
    scene.lane.add(message({ code: 'b' }));
    scene.lane.begin();
    scene.answer(REFUSED);
    expect(scene.lane.begin()).toBe(true);
    expect(scene.got.at(-1)).toMatchObject({ code: 'b', missed: 3 });
    scene.answer(null);
    scene.lane.add(message({ code: 'c' }));
    scene.lane.begin();
    expect(scene.got.at(-1)?.missed).toBe(0);
  });

  it('keeps what it said it missed until it has said so', () => {
    const scene = new Scene();
    scene.lane.lose(4);
    scene.lane.add(message());
    for (const outcome of [AGAIN, AGAIN, null]) {
      scene.wait();
      scene.answer(outcome);
    }
    expect(scene.got.map(({ missed }) => missed)).toEqual([4, 4, 4]);
  });

  it('is not asked for ever: after 30 tries a message is lost', () => {
    const scene = new Scene();
    scene.lane.add(message({ code: 'a' }));
    for (let n = 0; n < 30; n += 1) {
      scene.wait();
      scene.answer(AGAIN);
    }
    expect(scene.nowMs / 3.6e6).toBeGreaterThan(3);
    expect(scene.nowMs / 3.6e6).toBeLessThan(5);
    scene.lane.add(message({ code: 'b' }));
    scene.wait();
    expect(scene.got).toHaveLength(31);
    expect(scene.got.at(-1)).toMatchObject({ code: 'b', missed: 1 });
  });

  it('waits as long as it asks for', () => {
    const scene = new Scene();
    scene.lane.add(message());
    scene.lane.begin();
    scene.answer({ why: 'answered 429', again: true, waitS: 90 });
    expect(scene.wait()).toBe(90);
  });

  it('tells the newest about a subject, with the count of those that failed', () => {
    const scene = new Scene();
    scene.lane.add(message({ code: 'a', text: 'old' }));
    scene.lane.begin();
    scene.lane.add(message({ code: 'a', text: 'new' }));
    scene.answer(AGAIN);
    scene.wait();
    expect(scene.got.at(-1)).toMatchObject({ text: 'new', count: 2 });
    scene.answer(null);
    expect(scene.lane.begin()).toBe(false);
  });
});

describe('a delivery that hangs', () => {
  const calm = message({ code: 'calm' });
  const urgent = message({ kind: 'alarm', code: 'urgent', urgent: true });
  const trip = message({ kind: 'trip', code: 'E402', urgent: true });

  it('holds up nothing that is more important, and everything that is not', () => {
    const scene = new Scene();
    for (const one of [calm, urgent, trip]) {
      scene.lane.add({ ...one, id: 'first' });
      expect(scene.lane.begin(), one.code).toBe(true);
    }
    for (const one of [calm, urgent, trip]) scene.lane.add({ ...one, id: 'second', code: `${one.code}-2` });
    expect(scene.lane.begin()).toBe(false);
    expect(scene.got.map(({ code }) => code)).toEqual(['calm', 'urgent', 'E402']);
    expect(scene.aborted).toBe(0);
    scene.answer(null, 'E402');
    expect(scene.lane.begin()).toBe(true);
    expect(scene.got.at(-1)?.code).toBe('E402-2');
  });

  it('is tried again after its pause when a trip went out beside it, and comes once', () => {
    const scene = new Scene();
    scene.lane.add(calm);
    scene.lane.begin();
    scene.lane.add(trip);
    expect(scene.wait()).toBe(0);
    scene.answer(null, 'E402');
    scene.nowMs += 20_000;
    scene.answer(AGAIN, 'calm');
    expect(scene.wait()).toBe(5);
    scene.answer(null, 'calm');
    expect(scene.wait()).toBeGreaterThan(7000);
    expect(scene.got.map(({ code }) => code)).toEqual(['calm', 'E402', 'calm']);
    expect(scene.got.map(({ missed }) => missed)).toEqual([0, 0, 0]);
    expect(scene.told).toEqual(['trouble messages.ntfyUrl answered 500', 'note messages.ntfyUrl works again']);
  });

  it('and fails when a trip has just come lays its pause upon the trip only after a try of it', () => {
    const scene = new Scene();
    scene.lane.add(calm);
    scene.lane.begin();
    scene.lane.add(trip);
    scene.answer(AGAIN, 'calm');
    expect(scene.wait()).toBe(0);
    scene.answer(AGAIN, 'E402');
    expect(scene.wait()).toBe(10);
    expect(scene.got.map(({ code }) => code)).toEqual(['calm', 'E402', 'E402']);
  });

  it('at the end of the controller holds up no trip', async () => {
    const scene = new Scene();
    scene.lane.add(calm);
    scene.lane.begin();
    scene.lane.add(trip);
    let late = (): void => {};
    const drained = scene.lane.drain(
      new Promise((resolve) => {
        late = resolve;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(scene.got.at(-1)?.code).toBe('E402');
    late();
    await drained;
    expect(scene.aborted).toBe(1);
  });
});

describe('the pause', () => {
  it('doubles from 5 s to 10 min, and chance takes away half of it at the most', () => {
    expect([1, 2, 3, 7, 8, 30].map((n) => pauseMs(n, 1) / 1000)).toEqual([5, 10, 20, 320, 600, 600]);
    expect(pauseMs(1, 0)).toBe(2500);
    expect(pauseMs(30, 0)).toBe(300_000);
  });
});

describe('at the end of the controller', () => {
  const never = new Promise<void>(() => {});

  it('what waits goes out, also within a pause', async () => {
    const scene = new Scene();
    scene.lane.add(message({ code: 'a' }));
    scene.wait();
    scene.answer(AGAIN);
    scene.lane.add(message({ code: 'b' }));
    const drained = scene.lane.drain(never);
    for (let n = 0; n < 2; n += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      scene.answer(null);
    }
    await drained;
    expect(scene.got.map(({ code }) => code)).toEqual(['a', 'a', 'b']);
  });

  it('a way that still fails is not waited for', async () => {
    const scene = new Scene();
    scene.lane.add(message());
    const drained = scene.lane.drain(never);
    await new Promise((resolve) => setImmediate(resolve));
    scene.answer(AGAIN);
    await drained;
    expect(scene.told).toEqual([]);
  });

  it('a way that hangs is given up', async () => {
    const scene = new Scene();
    scene.lane.add(message());
    await scene.lane.drain(new Promise((resolve) => setTimeout(resolve, 20)));
    expect(scene.aborted).toBe(1);
  });
});
