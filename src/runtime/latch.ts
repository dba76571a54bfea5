/** What the loop needs of the record that survives a restart; the file itself is in files/latch.ts. */
import type { DurableRecord } from '../safety/kernel.ts';

export interface LatchStore {
  /** Null when there is none yet; 'damaged' when there is one that cannot be trusted. */
  load(): DurableRecord | 'damaged' | null;
  /** Returns when the record would survive a power cut. Throws when it could not be written. */
  save(record: DurableRecord): void;
}

/** Keeps the record for as long as the object lives: a bench that restarts its controller, not the computer. */
export function latchInMemory(): LatchStore {
  let kept: DurableRecord | null = null;
  return {
    load: () => kept,
    save: (record) => {
      kept = record;
    },
  };
}
