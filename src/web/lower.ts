/** Processes beside the controller give way to it. */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const FIRST_TO_GO = '1000';

/** Behind the controller for the processor (`nice`, 0..19), and the first to go when memory runs out. */
export function lower(pid: number, nice: number): void {
  const steps = [() => writeFileSync(`/proc/${pid}/oom_score_adj`, FIRST_TO_GO), () => setPriority(pid, nice)];
  for (const step of steps) {
    try {
      step();
    } catch {
      // It has ended already, or may not be lowered here: then it runs as it is.
    }
  }
}
