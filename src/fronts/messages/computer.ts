/** What people must hear of the computer itself: its disk, its history, its clock. Each is told once, and when it is over. */
import { statfs } from 'node:fs/promises';
import type { TROUBLES } from '../../params/messages.ts';
import { LEAST_FREE } from '../../params/storage.ts';

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface ComputerParts {
  /** Folders whose disks must not run full. */
  readonly folders: readonly string[];
  readonly space: (folder: string) => Promise<Space>;
  /** What was handed to the history cannot be written. */
  readonly historyFailing: () => boolean;
  /** s since 1970 while the clock is set, else null. */
  readonly wallS: () => number | null;
  /** Monotonic time of this computer, s: a simulated bench may be faster. */
  readonly nowS: () => number;
  readonly note: (kind: 'note' | 'trouble', code: keyof typeof TROUBLES, text: string) => void;
}

/** Between two looks, and between two looks at the disk, s. */
const LOOK_S = 1;
const SPACE_S = 60;
/** A trouble must last so long before it is told, s: a slow sync of the disk, a time server that is asked once more. */
const HISTORY_S = 10;
const UNSET_S = 60;
/** Wall and monotonic time may part by so much between two looks before it counts as a jump, s. */
const JUMP_S = 2;
/** A disk that was nearly full is no longer when this much more than the least is free. */
const MARGIN = 1.2;

/** Something that lasts: told once when it has lasted, and once when it is over. */
class Condition {
  private since: number | null = null;
  private told = false;

  constructor(private readonly lastsS: number) {}

  check(holds: boolean, nowS: number): 'begins' | 'ends' | null {
    this.since = holds ? (this.since ?? nowS) : null;
    const lasts = this.since !== null && nowS - this.since >= this.lastsS;
    if (holds ? !lasts || this.told : !this.told) return null;
    this.told = holds;
    return holds ? 'begins' : 'ends';
  }
}

export class ComputerWatch {
  private lookS = Number.NEGATIVE_INFINITY;
  private spaceS = Number.NEGATIVE_INFINITY;
  private isMeasuring = false;
  private wasSet = false;
  /** Wall time minus monotonic time at the look before, s; null while the clock was not set. */
  private offsetS: number | null = null;
  private readonly history = new Condition(HISTORY_S);
  private readonly unset = new Condition(UNSET_S);
  private readonly full = new Set<string>();

  constructor(private readonly parts: ComputerParts) {}

  /** After each control tick. */
  tick(): void {
    const { nowS, historyFailing } = this.parts;
    const now = nowS();
    if (now - this.lookS < LOOK_S) return;
    this.lookS = now;
    this.tell(this.history.check(historyFailing(), now), 'history-unwritable', [
      'The history cannot be written; what happens is kept in memory, as much as fits.',
      'The history can be written again.',
    ]);
    this.clock(now);
    if (now - this.spaceS < SPACE_S || this.isMeasuring) return;
    this.spaceS = now;
    this.isMeasuring = true;
    void this.disks().finally(() => {
      this.isMeasuring = false;
    });
  }

  private clock(now: number): void {
    const { wallS, note } = this.parts;
    const wall = wallS();
    this.wasSet ||= wall !== null;
    this.tell(this.unset.check(this.wasSet && wall === null, now), 'clock-unset', [
      'The clock of this computer is no longer synchronised; the calendar waits for it.',
      'The clock of this computer is synchronised again.',
    ]);
    // What it did while nobody knew it is a jump, too, once it is known again.
    if (wall === null) return;
    const before = this.offsetS;
    this.offsetS = wall - now;
    const jump = before === null ? 0 : this.offsetS - before;
    if (Math.abs(jump) < JUMP_S) return;
    const far = `${Math.abs(jump).toFixed(0)} s ${jump > 0 ? 'ahead' : 'back'}`;
    note('trouble', 'clock-jumped', `The clock of this computer jumped ${far}.`);
  }

  private async disks(): Promise<void> {
    // One after the other: a disk that hangs holds one thread of the pool, and no second look begins.
    for (const folder of this.parts.folders) {
      const space = await this.parts.space(folder).catch(() => null);
      if (space === null || space.totalBytes === 0) continue;
      const share = space.freeBytes / space.totalBytes;
      const isFull = share < (this.full.has(folder) ? MARGIN * LEAST_FREE : LEAST_FREE);
      if (isFull === this.full.has(folder)) continue;
      if (isFull) this.full.add(folder);
      else this.full.delete(folder);
      const free = `${Math.round(space.freeBytes / 1e6)} MB (${(100 * share).toFixed(1)} %) are free`;
      this.tell(isFull ? 'begins' : 'ends', 'disk-nearly-full', [
        `The disk of ${folder} is nearly full: ${free}.`,
        `The disk of ${folder} has room again: ${free}.`,
      ]);
    }
  }

  private tell(
    what: 'begins' | 'ends' | null,
    code: keyof typeof TROUBLES,
    [begins, ends]: readonly [string, string],
  ): void {
    if (what !== null) this.parts.note(what === 'begins' ? 'trouble' : 'note', code, what === 'begins' ? begins : ends);
  }
}

/** Room on the disk of a folder, as this account may use it. Rejects with a file error. */
export async function spaceOf(folder: string): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
