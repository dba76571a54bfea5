/** The GPIO chips of a board, their lines and their sysfs interface. */
import type { Socket } from 'node:net';
import { type ChipSpec, type Holder, type Level, LineBank, type LineChange } from './lines.ts';
import { Tree } from './tree.ts';
import { ERRNO, Refusal } from './wire.ts';

const EXPANDER: ChipSpec = { name: 'gpiochip1', label: 'raspberrypi-exp-gpio', base: 570, lines: 8 };
const PI4: ChipSpec = { name: 'gpiochip0', label: 'pinctrl-bcm2711', base: 512, lines: 58 };
const PI5: ChipSpec = { name: 'gpiochip0', label: 'pinctrl-rp1', base: 569, lines: 54 };

/** Chips of each board; the first one with the bench on it. `none` has no chip with a known label. */
export const BOARDS: Record<string, readonly ChipSpec[]> = {
  pi4: [PI4, EXPANDER],
  pi5: [PI5, { name: 'gpiochip10', label: 'gpio-brcmstb@107d508500', base: 512, lines: 32 }],
  none: [{ ...PI4, label: 'some-other-pinctrl' }, EXPANDER],
  two: [PI4, { ...PI4, name: 'gpiochip2', base: 600 }, EXPANDER],
};

export interface BoardOptions {
  readonly folder: string;
  readonly chips: readonly ChipSpec[];
  readonly devices: readonly string[];
  /** False = a kernel without the sysfs interface. */
  readonly sysfs: boolean;
  readonly outside: (offset: number) => Level;
  readonly changed: (change: LineChange) => void;
}

interface Watched {
  readonly bank: LineBank;
  readonly offset: number;
}

export class Board {
  readonly banks: readonly LineBank[];
  /** The chip that the bench is wired to. */
  readonly main: LineBank;
  /** What a line does when its request on the character device ends. */
  release: 'keeps' | 'input' = 'keeps';
  /** Errno of writes, by the main chip's offset and the attribute's name. */
  readonly refused = new Map<string, number>();
  private readonly tree: Tree;
  private readonly sysfs: boolean;
  private readonly watchers = new Map<Socket, Watched>();

  constructor({ folder, chips, devices, sysfs, outside, changed }: BoardOptions) {
    this.sysfs = sysfs;
    this.tree = new Tree(folder, sysfs);
    this.banks = chips.map((spec, index) => {
      const bank: LineBank = new LineBank(spec, index === 0 ? outside : () => 0, (change) => {
        if (index === 0) changed(change);
        this.notify(bank, change);
      });
      return bank;
    });
    const main = this.banks[0];
    if (!main) throw new Error('a board has at least one chip');
    this.main = main;
    this.tree.build(chips, devices);
    this.setRelease('keeps');
  }

  setRelease(mode: 'keeps' | 'input'): void {
    this.release = mode;
    const module = this.main.spec.label === 'pinctrl-rp1' ? 'pinctrl_rp1' : 'pinctrl_bcm2835';
    this.tree.persist(module, mode === 'keeps');
  }

  /** The chip behind /dev/gpiochipN. */
  chipAt(path: string): LineBank {
    const bank = this.banks.find(({ spec }) => path === `/dev/${spec.name}`);
    if (!bank) throw new Refusal(ERRNO.ENOENT);
    return bank;
  }

  /** Offsets of the main chip's lines that sysfs exports. */
  exported(): number[] {
    return this.main.lines.flatMap((line, offset) => (line.holder?.sysfs ? [offset] : []));
  }

  held(): { line: number; consumer: string; pid: number }[] {
    return this.main.lines.flatMap(({ holder }, line) =>
      holder && !holder.sysfs ? [{ line, consumer: holder.consumer, pid: holder.pid }] : [],
    );
  }

  /** Checks that an attribute file is there. */
  openAttribute(path: string): void {
    if (path.endsWith('/export') || path.endsWith('/unexport')) {
      if (!this.sysfs) throw new Refusal(ERRNO.ENOENT);
    } else this.attribute(path);
  }

  read(path: string): string {
    const { bank, offset, name } = this.attribute(path);
    const line = bank.line(offset);
    if (name === 'value') return `${bank.value(offset)}\n`;
    if (name === 'direction') return line.out ? 'out\n' : 'in\n';
    if (name === 'edge') return `${line.edge}\n`;
    return line.activeLow ? '1\n' : '0\n';
  }

  write(path: string, written: string, at: number): void {
    const value = written.trim();
    if (path.endsWith('/export') || path.endsWith('/unexport')) {
      this.export(value, path.endsWith('/unexport'), at);
      return;
    }
    const { bank, offset, name } = this.attribute(path);
    const line = bank.line(offset);
    const errno = this.refused.get(`${offset} ${name}`);
    if (errno) throw new Refusal(errno);
    if (name === 'value') {
      if (!/^-?\d+$/.test(value)) throw new Refusal(ERRNO.EINVAL);
      bank.drive(offset, Number(value) === 0 ? 0 : 1, at, 'sysfs');
    } else if (name === 'direction') {
      bank.direct(offset, value, at);
    } else if (name === 'edge') {
      if (value !== 'none' && value !== 'rising' && value !== 'falling' && value !== 'both')
        throw new Refusal(ERRNO.EINVAL);
      if (line.out && value !== 'none') throw new Refusal(ERRNO.EIO);
      line.edge = value;
    } else {
      line.activeLow = value !== '0';
    }
  }

  /** From now on the socket gets a byte at each edge that the line's `edge` asks for. */
  watch(socket: Socket, path: string): void {
    const { bank, offset } = this.attribute(path);
    this.watchers.set(socket, { bank, offset });
  }

  unwatch(socket: Socket): void {
    this.watchers.delete(socket);
  }

  private export(value: string, end: boolean, at: number): void {
    const number = Number(value);
    const bank = this.banks.find(({ spec }) => number >= spec.base && number < spec.base + spec.lines);
    if (!/^\d+$/.test(value) || !bank) throw new Refusal(ERRNO.EINVAL);
    const offset = number - bank.spec.base;
    if (end) {
      bank.unexport(offset, this.release, at);
      this.tree.unexport(number);
    } else {
      bank.export(offset, at);
      this.tree.export(number);
    }
  }

  private attribute(path: string): { bank: LineBank; offset: number; name: string } {
    const found = /^\/sys\/class\/gpio\/gpio(\d+)\/(\w+)$/.exec(path);
    const number = Number(found?.[1]);
    const bank = this.banks.find(({ spec }) => number >= spec.base && number < spec.base + spec.lines);
    if (!found || !this.sysfs || !bank) throw new Refusal(ERRNO.ENOENT);
    const offset = number - bank.spec.base;
    // An open file of a line that was unexported meanwhile says so.
    if (!bank.line(offset).holder?.sysfs) throw new Refusal(ERRNO.ENOENT);
    return { bank, offset, name: found[2] ?? '' };
  }

  private notify(bank: LineBank, { offset, level }: LineChange): void {
    const line = bank.line(offset);
    const value: Level = line.activeLow ? (level === 1 ? 0 : 1) : level;
    const wanted =
      line.edge === 'both' || (line.edge === 'rising' ? value === 1 : line.edge === 'falling' && value === 0);
    if (!wanted) return;
    for (const [socket, watched] of this.watchers)
      if (watched.bank === bank && watched.offset === offset) socket.write('!');
  }
}

export const lineHolder = (consumer: string, pid: number): Holder => ({ consumer, pid, sysfs: false });
