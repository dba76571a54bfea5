/** Every key in every state: what it was answered stands on the screen, and a refusal also in the record. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { linkTeller, press } from '../../../src/fronts/terminal/front.ts';
import { Recent } from '../../../src/fronts/terminal/recent.ts';
import { KEY_LINES, type Shown, screen } from '../../../src/fronts/terminal/view.ts';
import { statusLine } from '../../../src/fronts/terminal/words.ts';
import { COMMAND_NAMES, commandRow } from '../../../src/params/commands.ts';
import { FAULT_NAMES } from '../../../src/params/faults.ts';
import { linkTrouble } from '../../../src/params/link-trouble.ts';
import { remedyOf } from '../../../src/params/severity.ts';
import type { Snapshot } from '../../../src/params/snapshot.ts';
import { type Latch, SAFETY_STATES, type SafetyState } from '../../../src/params/states.ts';
import { FakeBench, snapshot } from '../../support/desk.ts';

const ARROWS = ['\x1b[A', '\x1b[B', '\x1b[C', '\x1b[D'];
const LETTERS = COMMAND_NAMES.flatMap((name) => commandRow(name).aliases.key ?? []).filter((key) => key.length === 1);

function latchOf(state: SafetyState): Latch | null {
  if (state === 'tripped') return { kind: 'tripped', trip: 3, fault: 'estop' };
  return state === 'lockout' ? { kind: 'lockout', trip: 3, fault: 'leak-current' } : null;
}

describe.each(SAFETY_STATES)('in state %s', (state) => {
  it.each([...LETTERS, ...ARROWS])('key %j has an answer, and a refusal is recorded with its reason', (key) => {
    for (const ordered of [false, true]) {
      for (const ending of [false, true]) {
        const bench = new FakeBench();
        bench.state(state, latchOf(state));
        bench.set({ ordered });
        if (ending) bench.desk.end();
        const text = press(bench.desk, key, () => {});
        expect(text).toMatch(/^[A-Z].*\.$/s);
        const event = bench.events.at(-1);
        if (event?.kind === 'refused') expect(event).toMatchObject({ text, name: expect.any(String) });
        else expect(['command', 'tuning']).toContain(event?.kind);
      }
    }
  });
});

describe('the keys', () => {
  it('are all on the list that ? shows, with what they do', () => {
    const listed = KEY_LINES.map(([key]) => key).join(' ');
    for (const key of [...LETTERS, 'q', '?', '↑', '→']) expect(listed).toContain(key);
    const text = plain({ ...shown(), help: true });
    for (const [, what] of KEY_LINES) expect(text).toContain(what.slice(0, 30));
    expect(plain(shown())).toContain('? all keys');
  });

  it('that do not exist say so, and write nothing down', () => {
    const bench = new FakeBench();
    expect(press(bench.desk, 'x', () => {})).toBe('There is no key "x"; ? lists the keys.');
    expect(press(bench.desk, '?', () => {})).toBeNull();
    expect(bench.events).toEqual([]);
  });

  it('that change the pulse say what it is now, and when the mode does not use it', () => {
    const bench = new FakeBench();
    expect(press(bench.desk, ARROWS[0] ?? '', () => {})).toBe('Changed. Pulse 550 ms every 5000 ms.');
    bench.set({ driven: true, order: { ...snapshot().order, mode: 'pid' } });
    expect(press(bench.desk, ARROWS[0] ?? '', () => {})).toContain('The mode pid does not use it.');
  });
});

function shown(changes: Partial<Snapshot> = {}, kernel: Partial<Snapshot['kernel']> = {}): Shown {
  const rest = {
    speed: 1,
    recipe: 'r',
    folder: 'f',
    truth: null,
    colour: false,
    answer: null,
    trial: null,
    remote: null,
    page: 'http://127.0.0.1:8017',
  };
  return { snapshot: snapshot(changes, kernel), recent: new Recent(), ...rest, trouble: null, help: false };
}
const plain = (view: Shown): string => screen(view, 120, 60).map(stripVTControlCharacters).join('\n');

describe('the screen', () => {
  it('shows an order that waits, and what it waits for', () => {
    expect(plain(shown())).not.toContain('waits to arm');
    expect(plain(shown({ ordered: true }))).toMatch(/order +waits to arm/);
    expect(plain(shown({ ordered: true, faults: ['lid'] }))).toContain(
      'waits to arm, for 5 s without a fault: E402 Lid open',
    );
    expect(statusLine(shown({ ordered: true }))).toContain('waits to arm');
  });

  it('shows a pause with its cause and how it ends', () => {
    const paused = { driven: false, faults: ['ir-unreadable'] } satisfies Partial<Snapshot>;
    const text = plain(shown(paused, { name: 'paused' }));
    expect(text).toMatch(/safety +PAUSED/);
    expect(text).toMatch(/paused +E\d+ .*goes on by itself, or trips after 12 s/);
    expect(text).toContain('paused: pulse 0.5 s every 5 s');
    expect(plain(shown({}, { name: 'paused' }))).toContain('the run goes on within');
  });

  it('does not ask for an acknowledgement where nothing is latched', () => {
    expect(plain(shown({ faults: ['estop'] }))).toMatch(/E401 E-stop pressed: Release the E-stop\.(?! .*acknowledge)/);
    for (const name of FAULT_NAMES) expect(remedyOf(name, false)).not.toMatch(/acknowledge/);
    for (const name of FAULT_NAMES) expect(remedyOf(name, false)).toMatch(/^[A-Z].*\.$/);
  });

  it('shows what does not work of the remote side, with its remedy', () => {
    const trouble = linkTrouble('LINK_CERT_EXPIRED', 'certificate has expired');
    const text = plain({ ...shown(), trouble }).replace(/\s+/g, ' ');
    expect(text).toContain(
      '! MQTT LINK_CERT_EXPIRED: The broker’s certificate has expired (certificate has expired). Renew',
    );
    expect(statusLine({ ...shown(), trouble })).toContain('MQTT LINK_CERT_EXPIRED');
  });
});

describe('a trouble of the link', () => {
  it('is said once on the standard error, and its end too', () => {
    const said: string[] = [];
    const tell = linkTeller((text) => said.push(text));
    for (let n = 0; n < 3; n += 1) tell(linkTrouble('LINK_REFUSED', `try ${n}`));
    tell(null);
    tell(null);
    expect(said).toEqual([
      expect.stringMatching(
        /^MQTT: The broker refuses connections: try 0 {3}\[LINK_REFUSED\]\n {4}cause {4}.*\n {4}remedy {3}/,
      ),
      'MQTT works again.\n',
    ]);
  });
});
