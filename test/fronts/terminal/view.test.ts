import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { clip } from '../../../src/fronts/terminal/layout.ts';
import { Recent } from '../../../src/fronts/terminal/recent.ts';
import { type Shown, screen } from '../../../src/fronts/terminal/view.ts';
import { statusLine } from '../../../src/fronts/terminal/words.ts';
import { linkTrouble } from '../../../src/params/link-trouble.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';

function shown(injections: Parameters<typeof rig>[1] = {}, seconds = 40, colour = false): Shown {
  const { simulation } = rig(recipeOf(PULSE(600)), injections);
  simulation.arm();
  const recent = new Recent();
  simulation.feed.subscribe(recent);
  simulation.run(seconds);
  const { twin } = simulation.bench;
  return {
    snapshot: simulation.feed.latest,
    recent,
    speed: 1,
    recipe: 'hold-mixed',
    folder: 'runs/x',
    truth: { segregated: twin.film.segregated, filmC: twin.filmC },
    colour,
    answer: null,
    trial: null,
    remote: null,
    page: 'http://127.0.0.1:8017',
    trouble: null,
    help: false,
  };
}

describe('the live screen', () => {
  it('shows what a key was answered, and a trial with what it changes', () => {
    const told = {
      ...shown(),
      answer: 'Nothing is tripped.',
      trial: 'pulse.onMs = 400 (revision 1 of ann, 60 s left)',
    };
    const text = screen(told, 100, 40).map(stripVTControlCharacters).join('\n');
    expect(text).toMatch(/answer +Nothing is tripped\./);
    expect(text).toMatch(/trial +pulse\.onMs = 400/);
  });

  it('shows the step of a recipe and the time that is left', () => {
    const text = screen(shown(), 100, 40).map(stripVTControlCharacters).join('\n');
    expect(text).toMatch(/step 1 of 1, 00:09:2\d left/);
  });

  it.each([
    [100, 40],
    [80, 24],
    [50, 15],
  ])('fits a terminal of %i columns and %i rows and still tells state, cause and remedy of a trip', (columns, rows) => {
    for (const colour of [false, true]) {
      const lines = screen(shown({ injections: [{ name: 'mosfet-stuck-on', atS: 5 }] }, 20, colour), columns, rows - 1);
      const plain = lines.map((line) => stripVTControlCharacters(line));
      expect(lines.length).toBeLessThan(rows);
      for (const line of plain) expect([...line].length).toBeLessThanOrEqual(columns);
      const text = plain.join('\n');
      for (const word of ['SIMULATED', 'LOCKOUT', 'E201', 'cause', 'remedy', 'press r']) expect(text).toContain(word);
    }
  });

  it('shows what runs: state, temperatures, PL, heater strip, duties and the twin’s truth', () => {
    const text = screen(shown(), 100, 40).join('\n');
    for (const word of [
      'ARMED',
      'TC 2',
      'IR 2',
      'red 2',
      'pulse 0.5 s every 5 s',
      'desired 10.0 %',
      '▁█',
      'segregated',
    ]) {
      expect(text).toContain(word);
    }
  });

  it('shows the duty that was achieved over the time shown, not a budget that still fills', () => {
    const text = screen(shown({}, 90), 100, 40).join('\n');
    const duty = Number(/achieved ([\d.]+) %/.exec(text)?.[1]);
    expect(duty).toBeGreaterThan(9);
    expect(duty).toBeLessThan(11);
  });

  it.each([60, 80, 120, 200])(
    'has no line that is longer than %i columns, and draws up to its right edge',
    (columns) => {
      const worn = {
        ...shown({ injections: [{ name: 'estop', atS: 200 }] }, 260, true),
        answer: 'Changed. '.repeat(20).trim(),
        trial: 'pulse.onMs = 400 (revision 1 of ann, 60 s left)',
        remote: 'MQTT mqtt://127.0.0.1:1883, topics remix/1/bench/#',
        folder: `runs/${'x'.repeat(300)}`,
        trouble: linkTrouble('LINK_CERT_EXPIRED', 'certificate has expired'),
      };
      const calm = shown({}, 260);
      for (const view of [worn, calm, { ...calm, help: true }]) {
        const lines = screen(view, columns, 80).map(stripVTControlCharacters);
        for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(columns);
        expect(lines[1]).toBe('─'.repeat(columns));
      }
      const drawn = screen(calm, columns, 80)
        .map(stripVTControlCharacters)
        .filter((line) => /[▁▂▃▄▅▆▇█]{5}/.test(line));
      expect(drawn).toHaveLength(4);
      // A scale of the usual length ends within its last columns, so the width is used.
      for (const line of drawn) expect([...line].length).toBeGreaterThan(columns - 12);
    },
  );

  it('draws temperature, light and segregated share with their scales and the time that is shown', () => {
    const lines = screen(shown({}, 260), 120, 80).map(stripVTControlCharacters);
    const scale = (label: RegExp): RegExpExecArray | null => label.exec(lines.find((line) => label.test(line)) ?? '');
    const film = scale(/^ {2}TC +[▁-█ ]+ (\d+\.\d\d)\.\.(\d+\.\d\d) °C, 80 s$/);
    expect(Number(film?.[2]) - Number(film?.[1])).toBeGreaterThan(0.5);
    expect(Number(film?.[2])).toBeLessThan(40);
    expect(scale(/^ {2}red +[▁-█ ]+ \d\.\d{3}\.\.\d\.\d{3} V, 80 s$/)).not.toBeNull();
    const share = scale(/^ {2}segregated +[▁-█ ]+ (-?\d+\.\d\d)\.\.(-?\d+\.\d\d) %, 80 s$/);
    expect(Math.abs(Number(share?.[1]))).toBeLessThan(2);
    expect(scale(/^ {14}[▁█]+ on or off, 80 s$/)).not.toBeNull();
  });

  it('draws nothing of what was never seen', () => {
    const lines = screen({ ...shown(), recent: new Recent() }, 120, 80).map(stripVTControlCharacters);
    expect(lines.filter((line) => /[▁▂▃▄▅▆▇█]/.test(line))).toEqual([]);
  });

  it('gives up what it draws before it gives up what it says', () => {
    const view = shown();
    const all = screen(view, 100, 80);
    const drawn = (lines: readonly string[]): number => lines.filter((line) => /[▁▂▃▄▅▆▇█]{5}/.test(line)).length;
    expect(drawn(all)).toBe(4);
    for (const fewer of [1, 2, 3, 4]) {
      const lines = screen(view, 100, all.length - fewer);
      expect(drawn(lines)).toBe(4 - fewer);
      expect(lines.at(-1)).toBe(all.at(-1));
    }
    // The heater is drawn longest.
    expect(screen(view, 100, all.length - 3).join('\n')).toContain('on or off');
    expect(screen(view, 100, all.length - 5).at(-1)).toBe(all.at(-2));
  });

  it('sets what explains a trip under it, also where it takes two lines', () => {
    const lines = screen(shown({ injections: [{ name: 'lid', atS: 5 }] }, 20), 60, 80);
    const at = lines.findIndex((line) => line.startsWith('  ✖ trip 1: E402'));
    expect(lines[at + 1]).toMatch(/^ {4}what {4}The lid/);
    expect(lines[at + 2]).toMatch(/^ {12}\S/);
  });

  it('cuts coloured text at visible characters', () => {
    expect(clip('\u001b[31mabcdef\u001b[39m', 3)).toBe('\u001b[31mabc\u001b[39m');
    expect(clip('▁▂▃▄', 2)).toBe('▁▂');
  });
});

describe('the status line', () => {
  it('is one line and names a fault that only inhibits', () => {
    const line = statusLine(shown({ injections: [{ name: 'estop', atS: -1 }] }, 2));
    expect(line).not.toContain('\n');
    expect(line).toMatch(/^SIMULATED \| .* SAFE .*E401 E-stop pressed: Release/);
  });
});
