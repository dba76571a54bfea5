/** The watch over the computer, with a clock, a history and disks that the test moves. */
import { describe, expect, it } from 'vitest';
import { ComputerWatch, type Space, spaceOf } from '../../../src/fronts/messages/computer.ts';

function scene(folders: readonly string[] = ['/state']) {
  const state = {
    nowS: 0,
    wallAheadS: 1_800_000_000 as number | null,
    failing: false,
    space: (async () => ({ freeBytes: 50, totalBytes: 100 })) as (folder: string) => Promise<Space>,
  };
  const notes: string[] = [];
  const watch = new ComputerWatch({
    folders,
    space: (folder) => state.space(folder),
    historyFailing: () => state.failing,
    wallS: () => (state.wallAheadS === null ? null : state.wallAheadS + state.nowS),
    nowS: () => state.nowS,
    note: (kind, code, text) => void notes.push(`${kind} ${code}: ${text}`),
  });
  /** Ticks for so long, and lets what runs beside come to its end. */
  const pass = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds; n += 1) {
      state.nowS += 1;
      watch.tick();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { state, notes, pass };
}

describe('the clock', () => {
  it('that jumps is told, in both directions, and one that is steered is not', async () => {
    const { state, notes, pass } = scene();
    await pass(5);
    state.wallAheadS = 1_800_000_001.9;
    await pass(5);
    expect(notes).toEqual([]);
    state.wallAheadS = 1_800_003_600;
    await pass(5);
    state.wallAheadS = 1_800_000_000;
    await pass(5);
    expect(notes).toEqual([
      'trouble clock-jumped: The clock of this computer jumped 3598 s ahead.',
      'trouble clock-jumped: The clock of this computer jumped 3600 s back.',
    ]);
  });

  it('that is set for the first time has not jumped, and one that was never set is not missed', async () => {
    const { state, notes, pass } = scene();
    state.wallAheadS = null;
    await pass(200);
    state.wallAheadS = 1_800_000_000;
    await pass(5);
    expect(notes).toEqual([]);
  });

  it('that is no longer synchronised is told after a minute, and when it is again', async () => {
    const { state, notes, pass } = scene();
    await pass(5);
    state.wallAheadS = null;
    await pass(60);
    expect(notes).toEqual([]);
    await pass(60);
    expect(notes).toEqual([expect.stringMatching(/^trouble clock-unset: /)]);
    state.wallAheadS = 1_800_000_000;
    await pass(2);
    expect(notes.slice(1)).toEqual([expect.stringMatching(/^note clock-unset: .*again/)]);
  });
});

describe('the history', () => {
  it('that cannot be written for 10 s is told once, and when it can be again', async () => {
    const { state, notes, pass } = scene();
    state.failing = true;
    await pass(10);
    state.failing = false;
    await pass(1);
    state.failing = true;
    await pass(10);
    expect(notes).toEqual([]);
    await pass(30);
    state.failing = false;
    await pass(30);
    expect(notes).toEqual([
      expect.stringMatching(/^trouble history-unwritable: /),
      'note history-unwritable: The history can be written again.',
    ]);
  });
});

describe('a disk', () => {
  it('with less than 5 % free is told once, and over it is 6 % again', async () => {
    const { state, notes, pass } = scene();
    const free = async (bytes: number): Promise<void> => {
      state.space = async () => ({ freeBytes: bytes, totalBytes: 1e9 });
      await pass(61);
    };
    await free(50e6);
    expect(notes).toEqual([]);
    await free(49e6);
    await free(10e6);
    await free(59e6);
    expect(notes).toEqual(['trouble disk-nearly-full: The disk of /state is nearly full: 49 MB (4.9 %) are free.']);
    await free(61e6);
    expect(notes[1]).toBe('note disk-nearly-full: The disk of /state has room again: 61 MB (6.1 %) are free.');
    expect(notes).toHaveLength(2);
  });

  it('that hangs is asked once, and one that cannot be asked is left out', async () => {
    const { state, notes, pass } = scene(['/hangs', '/runs']);
    let asked = 0;
    state.space = () => {
      asked += 1;
      return new Promise(() => {});
    };
    await pass(300);
    expect(asked).toBe(1);
    const other = scene(['/missing', '/full']);
    other.state.space = async (folder) => {
      if (folder === '/missing') throw new Error('ENOENT');
      return { freeBytes: 0, totalBytes: 100 };
    };
    await other.pass(2);
    expect([...notes, ...other.notes]).toEqual([expect.stringContaining('/full')]);
  });

  it('of this computer has a size', async () => {
    const { freeBytes, totalBytes } = await spaceOf('/');
    expect(totalBytes).toBeGreaterThan(0);
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
    await expect(spaceOf('/missing/folder')).rejects.toThrow('ENOENT');
  });
});
