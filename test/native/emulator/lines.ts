/**
 * The lines of one GPIO chip as gpiolib keeps them: who holds a line, which way it goes and what it drives. A line has
 * one holder, either the sysfs interface or one request on the character device, and nobody else gets it meanwhile.
 */
import { ERRNO, Refusal } from './wire.ts';

export type Cause = 'set' | 'sysfs' | 'release' | 'export' | 'outside';
export type Level = 0 | 1;

export interface ChipSpec {
  /** gpiochipN */
  readonly name: string;
  readonly label: string;
  /** Number of the first line in sysfs. */
  readonly base: number;
  readonly lines: number;
}

export interface Holder {
  readonly consumer: string;
  readonly pid: number;
  readonly sysfs: boolean;
}

export interface LineChange {
  readonly offset: number;
  readonly level: Level;
  readonly at: number;
  readonly cause: Cause;
}

export interface Line {
  out: boolean;
  driven: Level;
  /** The pin's level as last told to the outside. */
  level: Level;
  holder: Holder | null;
  /** sysfs attributes */
  activeLow: boolean;
  edge: 'none' | 'rising' | 'falling' | 'both';
}

export const FLAG = { used: 1, activeLow: 2, input: 4, output: 8 } as const;

export interface WantedLine {
  readonly offset: number;
  readonly value: Level;
  readonly flags: number;
}

export class LineBank {
  readonly lines: Line[];

  constructor(
    readonly spec: ChipSpec,
    /** Level that the surroundings give a line that is an input. */
    private readonly outside: (offset: number) => Level,
    private readonly changed: (change: LineChange) => void,
  ) {
    this.lines = Array.from({ length: spec.lines }, (_, offset) => ({
      out: false,
      driven: 0,
      level: outside(offset),
      holder: null,
      activeLow: false,
      edge: 'none',
    }));
  }

  line(offset: number): Line {
    const line = this.lines[offset];
    if (!line) throw new Refusal(ERRNO.EINVAL);
    return line;
  }

  /** Takes all lines or none. */
  take(wanted: readonly WantedLine[], holder: Holder, at: number): void {
    for (const { offset } of wanted) if (this.line(offset).holder) throw new Refusal(ERRNO.EBUSY);
    if (new Set(wanted.map((w) => w.offset)).size !== wanted.length) throw new Refusal(ERRNO.EBUSY);
    for (const w of wanted) {
      const line = this.line(w.offset);
      line.holder = holder;
      line.activeLow = false;
      line.edge = 'none';
    }
    this.configure(wanted, at);
  }

  configure(wanted: readonly WantedLine[], at: number): void {
    for (const w of wanted) {
      const line = this.line(w.offset);
      line.activeLow = (w.flags & FLAG.activeLow) !== 0;
      line.out = (w.flags & FLAG.output) !== 0;
      if (line.out) line.driven = physical(line, w.value);
      this.settle(w.offset, at, 'set');
    }
  }

  /** The request ends: nobody holds the lines any more, and what they do then is the kernel's choice. */
  release(offsets: readonly number[], mode: 'keeps' | 'input', at: number): void {
    for (const offset of offsets) {
      const line = this.line(offset);
      line.holder = null;
      line.activeLow = false;
      if (mode === 'input') line.out = false;
      this.settle(offset, at, 'release');
    }
  }

  /** Drives an output to a logical value; an input refuses. */
  drive(offset: number, value: Level, at: number, cause: Cause): void {
    const line = this.line(offset);
    if (!line.out) throw new Refusal(ERRNO.EPERM);
    line.driven = physical(line, value);
    this.settle(offset, at, cause);
  }

  value(offset: number): Level {
    const line = this.line(offset);
    return physical(line, line.out ? line.driven : this.outside(offset));
  }

  export(offset: number, at: number): void {
    const line = this.line(offset);
    if (line.holder) throw new Refusal(ERRNO.EBUSY);
    line.holder = { consumer: 'sysfs', pid: 0, sysfs: true };
    line.activeLow = false;
    line.edge = 'none';
    this.settle(offset, at, 'export');
  }

  unexport(offset: number, mode: 'keeps' | 'input', at: number): void {
    if (!this.line(offset).holder?.sysfs) throw new Refusal(ERRNO.EINVAL);
    this.release([offset], mode, at);
  }

  direct(offset: number, way: string, at: number): void {
    const line = this.line(offset);
    if (way === 'in') line.out = false;
    else if (way === 'out' || way === 'low' || way === 'high') {
      line.out = true;
      line.driven = physical(line, way === 'high' ? 1 : 0);
    } else throw new Refusal(ERRNO.EINVAL);
    this.settle(offset, at, 'sysfs');
  }

  /** Tells the outside when the pin's level is another one than before. */
  settle(offset: number, at: number, cause: Cause): void {
    const line = this.line(offset);
    const level = line.out ? line.driven : this.outside(offset);
    if (level === line.level) return;
    line.level = level;
    this.changed({ offset, level, at, cause });
  }
}

const physical = (line: Line, value: Level): Level => (line.activeLow ? (value === 1 ? 0 : 1) : value);
