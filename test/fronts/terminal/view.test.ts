import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Minute } from '../../../src/fronts/terminal/minute.ts';
import { clip, type Shown, screen, statusLine } from '../../../src/fronts/terminal/view.ts';
import { PULSE, recipeOf, rig } from '../../support/bench.ts';

function shown(injections: Parameters<typeof rig>[1] = {}, seconds = 40, colour = false): Shown {
  const { simulation } = rig(recipeOf(PULSE(600)), injections);
  simulation.arm();
  const minute = new Minute();
  simulation.feed.subscribe(minute);
  simulation.run(seconds);
  const { twin } = simulation.bench;
  return {
    snapshot: simulation.feed.latest,
    minute,
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
