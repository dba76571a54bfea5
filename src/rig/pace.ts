/** When the next control tick is due. The commands tick a rig; how fast is the pace’s business. */
export interface Pace {
  /** Waits until there may be something to do. */
  wait(): Promise<void>;
  /** Takes one tick that is due; false when none is. */
  take(): boolean;
}

const REST_MS = 20;
/** A stretch of ticks is interrupted after this long, so that a person sees the screen move. */
const BUSY_MS = 200;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The simulated bench’s own time at `speed` times real time. A busy computer delays the show, never its outcome. */
export function simulatedPace(tickMs: number, speed: number): Pace {
  let wall = performance.now();
  let since = wall;
  let owedMs = 0;
  return {
    wait: async () => {
      await pause(REST_MS);
      since = performance.now();
      // After a suspended laptop the bench goes on where it was instead of racing to catch up.
      owedMs = Math.min(owedMs + (since - wall) * speed, 500 * speed);
      wall = since;
    },
    take: () => {
      if (owedMs < tickMs || performance.now() - since >= BUSY_MS) return false;
      owedMs -= tickMs;
      return true;
    },
  };
}

/** Real time: a tick every `tickMs` on a fixed grid. Ticks that were slept through are skipped, never repeated. */
export function realPace(tickMs: number): Pace {
  let nextMs = performance.now();
  let due = false;
  return {
    wait: async () => {
      await pause(Math.max(0, nextMs - performance.now()));
      const now = performance.now();
      due = now >= nextMs - 0.5;
      if (!due) return;
      nextMs += tickMs;
      if (nextMs <= now) nextMs = now + tickMs;
    },
    take: () => {
      const taken = due;
      due = false;
      return taken;
    },
  };
}
